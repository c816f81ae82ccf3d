"""From genomes to networks: plans, decoders, kinds of network, compiled tapes, and the network of one genome."""
