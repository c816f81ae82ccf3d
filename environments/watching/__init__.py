"""Watching: episodes step by step, pictures, videos, and whole populations at play."""
