"""From genomes to networks: decoders, plans, kinds of network, compiled tapes, and the network of one genome."""
