"""Species: too short-lived to grow, or one alone in which every new idea has to beat the best at once."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["alone", "dying"]

_FEWEST = 10
"""Generations by which species are judged."""
_YOUNG, _SMALL = 0.5, 3.0
"""Share of species that are new in a generation, and their mean size, beyond and below which they cannot grow."""


def dying(case: Case) -> Finding | None:
    """Find a population that dies out, or species that last for a generation or two."""
    records, config = case.records, case.experiment.config
    ended = sum(bool(record["restarted"]) for record in records)
    if records and not records[-1]["species"]:
        ended += 1
    stagnation = config.species.stagnation
    if ended:
        setting = f"species.stagnation={4 * stagnation}" if stagnation else "species.population_stagnation=0"
        return Finding(
            name="species-dying",
            words="All species die out before they get anywhere, and evolution begins anew.",
            evidence=f"the population died out {ended} times in {len(records)} generations"
            if ended > 1
            else f"the population died out, in {len(records)} generations",
            setting=setting,
            advice=f"set {setting}: a species may then go longer without doing better",
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
        words="Nearly every genome is a species of its own, and gone in the next generation.",
        evidence=f"species have {size:.1f} genomes on average, and {young:.0%} of them are new in a generation",
        setting=setting,
        advice=f"set {setting}, so that species are large enough to breed",
    )


def alone(case: Case) -> Finding | None:
    """Find that all genomes have been one species for long."""
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
        words="All genomes are one species: a new idea has to beat the best at once, and is lost.",
        evidence=f"there was one species in {share:.0%} of the last {len(late)} generations, at a compatibility "
        f"threshold of {case.series('threshold')[-1]:.3g}",
        setting=setting,
        advice=f"set {setting}, so that new structure competes with its like",
    )
