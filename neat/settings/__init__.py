"""Validation of settings: types, ranges and plain values."""
