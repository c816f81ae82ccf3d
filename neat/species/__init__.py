"""Species: the compatibility distance, speciation, and which species may reproduce."""
