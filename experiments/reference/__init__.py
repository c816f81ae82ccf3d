"""The reference of settings and commands, read off the code: what `neat settings` and the documentation show."""
