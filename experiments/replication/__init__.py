"""Replication of published experiments: many runs, compared with the published figures."""
