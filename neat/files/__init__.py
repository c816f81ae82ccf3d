"""Files: checkpoints, genomes as JSON and as NetworkX graphs. No file can run code."""
