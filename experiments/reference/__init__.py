"""The reference of settings and commands, generated from the code for `neat settings` and the documentation."""
