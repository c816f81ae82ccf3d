"""Settings of other programs as experiments of this one."""
