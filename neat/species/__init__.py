"""Species: the compatibility distance, who belongs to whom, and which species may still reproduce."""
