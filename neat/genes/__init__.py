"""Genes: what a genome is made of, the table that a population is, and the rules of valid genomes."""
