"""The doctor finds out why a run does not learn. It reports each cause with its evidence and one setting to try.

A cause is a function in a file of `experiments.doctor.causes`. It gets a case (`experiments.doctor.case`), and returns
a `experiments.doctor.finding.Finding` or None. The most basic causes come first. A run checks some causes itself in its
first generation (`experiments.loop.firstlook`); `neat doctor` checks all of them (`experiments.doctor.examining`).
"""
