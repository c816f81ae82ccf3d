"""Breeding pictures by hand: CPPNs whose fitness is that somebody likes what they paint (`neat breed`)."""
