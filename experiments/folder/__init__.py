"""Run folders: every file in them, written atomically and read with checks."""
