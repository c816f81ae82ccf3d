"""How records of settings check themselves: types, ranges, plain values, and settings without effect."""
