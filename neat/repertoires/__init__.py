"""Repertoires: the best genome for each kind of behaviour, rather than one best genome (quality-diversity).

A space of descriptors, which are behaviours, is divided into cells (`neat.repertoires.cells`); each holds its elite
(`neat.repertoires.repertoire`). `neat.breeding.map_elites` breeds from them.
"""
