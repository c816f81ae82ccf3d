"""Watching: recorded episodes, pictures of any kind, films."""
