"""Species: too short-lived to improve, or only one, in which new structure must compete with the best at once."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["alone", "dying"]

_FEWEST = 10
"""Minimum number of generations to judge species."""
_YOUNG, _SMALL = 0.5, 3.0
"""Species cannot improve if more than this share of them is new in each generation, and their mean size is below
this."""


def dying(case: Case) -> Finding | None:
    """Find a population that dies out, or species that last only one or two generations."""
    records, config = case.records, case.experiment.config
    ended = sum(bool(record["restarted"]) for record in records)
    if records and not records[-1]["species"]:
        ended += 1
    stagnation = config.species.stagnation
    if ended:
        setting = f"species.stagnation={4 * stagnation}" if stagnation else "species.population_stagnation=0"
        return Finding(
            name="species-dying",
            words="All species die out before they improve, and evolution starts again.",
            evidence=f"the population died out {ended} times in {len(records)} generations"
            if ended > 1
            else f"the population died out once in {len(records)} generations",
            setting=setting,
            advice=f"set {setting}, so that a species may go longer without improvement",
        )
    if not case.bred or len(records) < _FEWEST:
        return None
    late = records[1:]
    young = np.mean([np.mean([species["age"] < 2 for species in record["species"]]) for record in late])
    size = np.mean([config.population.size / len(record["species"]) for record in late])
    if young <= _YOUNG or size >= _SMALL:
        return None
    threshold = 2.0 * max(case.series("threshold")[-1], 0.5)
    setting = f"compatibility.threshold={threshold:.2g}"
    if config.compatibility.target_species:
        setting = f"compatibility.target_species={max(2, config.population.size // 15)}"
    return Finding(
        name="species-dying",
        words="Nearly every genome is a species of its own, which ends after one generation.",
        evidence=f"species have {size:.1f} genomes on average, and {young:.0%} of them are new in a generation",
        setting=setting,
        advice=f"set {setting}, so that species are large enough to reproduce",
    )


def alone(case: Case) -> Finding | None:
    """Find that all genomes have been in one species for many generations."""
    records, config = case.records, case.experiment.config
    if not case.bred or len(records) < _FEWEST:
        return None
    late = records[len(records) // 3 :]
    share = float(np.mean([len(record["species"]) == 1 for record in late]))
    if share < 0.9:
        return None
    setting = "compatibility.target_species=10"
    if config.compatibility.target_species:
        setting = f"compatibility.threshold={0.3 * case.series('threshold')[-1]:.2g}"
        if config.compatibility.target_species == 1:
            setting = "compatibility.target_species=10"
    return Finding(
        name="one-species",
        words="All genomes are in one species, so new structure must compete with the best at once, and is lost.",
        evidence=f"there was one species in {share:.0%} of the last {len(late)} generations, at a compatibility "
        f"threshold of {case.series('threshold')[-1]:.3g}",
        setting=setting,
        advice=f"set {setting}, so that new structure competes with similar genomes",
    )
