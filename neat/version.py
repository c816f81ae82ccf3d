"""The version of neat-arena, which is also written into its files."""

__all__ = ["__version__"]

__version__ = "0.1.0"
