"""Outputs that do not depend on the inputs: always equal, always the same action, or at the ends of their range."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["alike", "saturated"]

_OFFSET = 5.0
"""An input hides its changes if it is larger than this, and its mean is more than this many standard deviations from
0."""
_FEWEST = 5
"""Minimum number of networks with a connection to judge all of them."""
_END, _SATURATED = 0.01, 0.95
"""Part of its range in which an output counts as being at the end, and the share of such outputs that is too large."""
_WIDE, _HEAVY = 1.0, 2.0
"""Standard deviation of first weights that is suggested, and the one above which it is suggested."""


def alike(case: Case) -> Finding | None:
    """Find networks that act the same for all observations."""
    if case.genomes is not None and case.records and not any(genome.enabled for genome in case.genomes):
        return Finding(
            name="same-outputs",
            words="Networks have no connection from an input to an output: they cannot react.",
            evidence=f"none of {len(case.genomes)} genomes has an enabled connection after {len(case.records)} "
            "generations",
            setting="mutation.add_connection=0.3",
            advice="set mutation.add_connection=0.3, or genome.initial=full",
        )
    answers = case.answers
    if len(answers) < _FEWEST or case.view is None or (case.view.x.shape[1] and np.ptp(case.view.x, axis=0).max() == 0):
        return None
    genome = case.experiment.config.genome
    x = case.view.x
    choices = isinstance(case.view.actions, spaces.Discrete)
    for name, test, what in (
        ("same-outputs", _same, "have the same outputs for all observations"),
        ("one-action", _one_action, "choose the same action for all observations"),
    ):
        if name == "one-action" and not choices:
            continue
        # An evolved population may have found that one action is best. Random networks have found nothing.
        if all(map(test, answers)) and all(map(test, case.answers_of(case.first))):
            setting = "genome.output_activation=identity"
            advice = f"set {setting}, or smaller first weights (genome.weight_scale=0.5)"
            offset = (np.abs(x.mean(axis=0)) > _OFFSET * x.std(axis=0)).any() and np.abs(x).max() > _OFFSET
            if offset or genome.output_activation == "identity":
                setting = "task.observation_scaling=running"
                advice = f"set {setting}, which makes the changes of inputs visible to networks"
            return Finding(
                name=name,
                words="Networks do not react to their observations.",
                evidence=f"all of {len(answers)} networks {what}",
                setting=setting,
                advice=advice,
            )
    return None


def _same(y: NDArray[np.float64]) -> bool:
    return bool((np.ptp(y, axis=0) < 1e-6).all())


def _one_action(y: NDArray[np.float64]) -> bool:
    return len(np.unique(y.argmax(axis=1))) == 1


def saturated(case: Case) -> Finding | None:
    """Find continuous actions that are always at an end of their range."""
    answers, view = case.answers, case.view
    genome = case.experiment.config.genome
    low = {"sigmoid": 0.0, "tanh": -1.0, "bipolar_sigmoid": -1.0}.get(genome.output_activation)
    if len(answers) < _FEWEST or view is None or not isinstance(view.actions, spaces.Box) or low is None:
        return None
    y = np.concatenate(answers)
    near = np.minimum(y - low, 1.0 - y) < _END * (1.0 - low)
    share = float(near.mean())
    if share < _SATURATED:
        return None
    setting = "genome.output_activation=identity"
    advice = f"set {setting}, which is not limited"
    if genome.weight_scale > _HEAVY:
        setting = f"genome.weight_scale={_WIDE:g}"
        advice = f"set {setting}: first weights of {genome.weight_scale:g} are large"
    return Finding(
        name="saturated-outputs",
        words="Networks choose only the smallest or the largest action, and nothing between.",
        evidence=f"{share:.0%} of the outputs of {len(answers)} networks are at an end of their range",
        setting=setting,
        advice=advice,
    )
