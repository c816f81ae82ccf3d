"""Genes: genomes, the table of a population's genomes, innovation numbers, and the rules of valid genomes."""
