"""The version of neat-arena, which files that it writes name."""

__all__ = ["__version__"]

__version__ = "0.1.0"
