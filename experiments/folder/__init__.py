"""A run's folder: every file in it, written whole and read with care."""
