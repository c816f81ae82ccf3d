"""The doctor: why a run learns nothing, in plain words, each reason with its evidence and the one setting to try.

A reason is a function in a file of `experiments.doctor.causes`, which looks at a case (`experiments.doctor.case`) and
returns a `experiments.doctor.finding.Finding` or nothing; the list there is their order, the root of the trouble first.
A run tells some of them on its own in its first generation (`experiments.loop.firstlook`); `neat doctor` asks them all
(`experiments.doctor.examining`).
"""
