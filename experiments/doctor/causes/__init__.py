"""The bundled causes, in the order of the checks; related causes share a file.

Each is a function that takes a `experiments.doctor.case.Case` and returns a `experiments.doctor.finding.Finding` or
None. Register your own with `experiments.doctor.registry.register_cause`.
"""

from __future__ import annotations

from experiments.doctor.causes.fitness import by_chance, constant
from experiments.doctor.causes.inputs import idle, scale
from experiments.doctor.causes.noise import lucky, noisy
from experiments.doctor.causes.outputs import alike, saturated
from experiments.doctor.causes.rewards import never_reached
from experiments.doctor.causes.slow import slow
from experiments.doctor.causes.species import alone, dying
from experiments.doctor.causes.stagnation import stagnant, still
from experiments.doctor.causes.structure import exploding, never_kept
from experiments.doctor.registry import CAUSES, register_cause

__all__ = ["CAUSES"]

register_cause("goal", by_chance, always=True)
register_cause("inputs", scale)
register_cause("outputs", alike)
register_cause("rewards", never_reached)
register_cause("fitness", constant)
register_cause("saturation", saturated)
register_cause("idle-inputs", idle)
register_cause("time", slow, always=True)
register_cause("dying", dying)
register_cause("noise", noisy)
register_cause("luck", lucky)
register_cause("one-species", alone)
register_cause("explosion", exploding)
register_cause("no-structure", never_kept)
register_cause("standstill", still)
register_cause("stagnation", stagnant)
