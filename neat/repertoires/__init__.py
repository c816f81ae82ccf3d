"""Repertoires: the best genome for each kind of behaviour, instead of one best genome (quality-diversity).

The space of descriptors, which are behaviours, is divided into cells (`neat.repertoires.cells`); each cell holds its
elite (`neat.repertoires.repertoire`). `neat.breeding.map_elites` makes children of them.
"""
