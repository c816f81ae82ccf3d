"""Every setting of NEAT, one frozen record per concern, nested as in the experiment files.

Fields named after the literature carry its symbols. Published values are presets (`PRESETS`): ``paper`` is Stanley &
Miikkulainen (2002), "Evolving Neural Networks through Augmenting Topologies", sections 3.3 and 4.1;
``stanley-1.2.1`` is what Stanley's C++ program does where it differs.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neat.breeding.settings import SearchConfig
from neat.errors import ConfigError, did_you_mean
from neat.genes.schema import VALUES
from neat.genes.settings import GenomeConfig
from neat.networks.decoders import check_encoding
from neat.networks.kinds import kind_of
from neat.networks.settings import NetworkConfig
from neat.operators.crossover import CrossoverConfig
from neat.operators.registry import MutationConfig
from neat.settings.checking import check, check_fields, check_not_negative, check_share, shown

__all__ = [
    "BreedingConfig",
    "CompatibilityConfig",
    "Config",
    "CrossoverConfig",
    "GenomeConfig",
    "MutationConfig",
    "NetworkConfig",
    "PopulationConfig",
    "ReproductionConfig",
    "SearchConfig",
    "SelectionConfig",
    "SpeciesConfig",
    "replace",
]

_LARGEST_POPULATION = 10_000_000
_RECURRENT_SHARE = 0.5
"""``mutation.recurrent`` of a recurrent network whose settings do not say (as tuned for double pole balancing)."""
_VALUE_SHARE = 0.3
"""Probability that values which only a network's kind has mutate, whose settings do not say."""
LEAST_SEARCHED = 3
"""Genomes that a weight search draws at least: its mean, and two to compare. A method may need more."""


@dataclass(frozen=True, kw_only=True)
class PopulationConfig:
    """The population as a whole."""

    size: int = 150
    """Number of genomes in every generation."""
    innovation_scope: Literal["run", "generation"] = "run"
    """How long the register of innovations remembers: the whole run, or one generation as in the paper."""
    extinction: Literal["restart", "stop"] = "restart"
    """What happens when no species may reproduce: start again from new minimal genomes, or stop."""

    def __post_init__(self) -> None:
        check_fields(self, "population")
        check(2 <= self.size <= _LARGEST_POPULATION, "population.size", "from 2 to 10,000,000 genomes", self.size)


@dataclass(frozen=True, kw_only=True)
class CompatibilityConfig:
    """The compatibility distance δ = c1 E / N + c2 D / N + c3 W̄ (2002 paper, equation 1). Disabled genes count."""

    c1: float = 1.0
    """Coefficient of excess genes E."""
    c2: float = 1.0
    """Coefficient of disjoint genes D."""
    c3: float = 0.4
    """Coefficient of W̄, the mean absolute weight difference of matching genes."""
    normalise: bool = True
    """Divide by N, the number of connection genes in the larger genome (the C++ program does not)."""
    small_genome: int = 20
    """N is 1 when both genomes have fewer connection genes than this."""
    threshold: float = 3.0
    """δt: genomes within this distance of a representative belong to its species."""
    target_species: int = 0
    """Steer the threshold towards this number of species; 0 keeps it fixed."""
    threshold_step: float = 0.3
    """How far a steered threshold moves each generation."""
    threshold_min: float = 0.3
    """A steered threshold does not fall below this."""

    def __post_init__(self) -> None:
        check_fields(self, "compatibility")
        check_not_negative(self, "compatibility", "c1", "c2", "c3", "threshold", "threshold_step", "threshold_min")
        check_not_negative(self, "compatibility", "small_genome", "target_species")


@dataclass(frozen=True, kw_only=True)
class SpeciesConfig:
    """How species live and end."""

    representative: Literal["random", "champion"] = "random"
    """Which member of the last generation new genomes are compared with: a random one (paper) or the fittest."""
    stagnation: int = 15
    """A species without improvement for this many generations may not reproduce; 0 means never."""
    stagnation_factor: float = 0.0
    """What a stagnant species' shared fitness is multiplied by (0: it may not reproduce; C++ program: 0.01)."""
    protected: int = 0
    """This many of the best species are never counted as stagnant."""
    population_stagnation: int = 20
    """When the whole population has not improved for more generations than this, only the best
    ``population_survivors`` species reproduce; 0 means never."""
    population_survivors: int = 2
    """Number of species that reproduce when the whole population is stagnant; 0: none, so that it dies out and, by
    ``population.extinction``, begins anew."""
    delta_coding: bool = False
    """Those species then have offspring in equal shares, all of them copies of the species' champion: one unchanged,
    the others with mutated weights or, one in five, one more connection (the C++ program)."""
    lingering: bool = False
    """A species without offspring of its own lives on if a genome of another joins it (the C++ program)."""
    cull_interval: int = 0
    """Every this many generations the worst species of at least ``cull_age`` is removed (C++ program: 30); 0: never."""
    cull_age: int = 20
    """Youngest age at which a species can be removed so."""

    def __post_init__(self) -> None:
        check_fields(self, "species")
        check_not_negative(self, "species", "stagnation", "stagnation_factor", "protected", "population_stagnation")
        check_not_negative(self, "species", "cull_interval", "cull_age")
        check_not_negative(self, "species", "population_survivors")


@dataclass(frozen=True, kw_only=True)
class ReproductionConfig:
    """Who has offspring, and how many."""

    survival: float = 0.2
    """Share of each species, best first, that may be parents (at least one genome; C++ program: 0.2, DPNV 0.4)."""
    survivors: Literal["up", "beyond"] = "up"
    """How many that is: the share rounded up, or the first whole number beyond it (the C++ program)."""
    elites: int = 1
    """Champions of a species that are copied unchanged."""
    elite_species_size: int = 6
    """Smallest species whose champions are copied (paper: more than five members)."""
    elite_by: Literal["members", "offspring"] = "members"
    """Whether ``elite_species_size`` counts a species' members (paper) or its offspring (C++ program)."""
    mutate_only: float = 0.25
    """Share of offspring that come from mutation without crossover, where a species has two parents or more. One that
    has only one mates with nobody, as in the C++ program, and elites are copies: over 40 generations of XOR and
    CartPole crossover makes some 48% of the children with ``default``, 55 to 60% with ``paper`` and 65% with
    ``stanley-1.2.1``, not 75%."""
    mate_only: float = 0.0
    """Share of offspring of crossover that are not mutated (C++ program: 0.2)."""
    interspecies: float = 0.001
    """Share of matings whose second parent comes from another species."""
    selfing: bool = False
    """Whether a genome may be crossed with itself; the child is mutated in any case (the C++ program)."""

    def __post_init__(self) -> None:
        check_fields(self, "reproduction")
        check_share(self, "reproduction", "survival", "mutate_only", "mate_only", "interspecies")
        check_not_negative(self, "reproduction", "elites", "elite_species_size")


@dataclass(frozen=True, kw_only=True)
class SelectionConfig:
    """Which genomes breed (`neat.selection`). Champions are chosen by fitness in any case."""

    method: str = "fitness"
    """The score by which a generation breeds: ``fitness``; by what genomes do ``novelty``, ``local-competition``,
    ``blend``, ``dominated-novelty``; ``pareto``, several goals at once; ``random``, without any pressure; or one of
    your own, ``module:name`` (`neat.register_score`)."""
    neighbours: int = 15
    """Novelty is the mean distance to this many nearest behaviours."""
    archive: int = 250
    """Behaviours that novelty's archive keeps; of more it forgets the oldest. 0: none."""
    admission: float = 6.0
    """A behaviour farther than this from all in the archive is admitted, at first: the distance follows from how many
    are (`neat.selection.archive`). Its unit is that of behaviours."""
    blend: float = 0.5
    """``blend``: the share of novelty; the rest is fitness."""
    minimum: float | None = None
    """Novelty's minimal criterion: genomes of less fitness count nothing."""
    goals: tuple[Literal["fitness", "connections", "hidden", "novelty", "objectives"], ...] = ("fitness", "connections")
    """``pareto``: what is to be great, or, of ``connections`` (enabled ones) and ``hidden`` nodes, small.
    ``objectives`` are those of the game (``task.objectives``)."""

    def __post_init__(self) -> None:
        check_fields(self, "selection")
        check(1 <= self.neighbours <= 10_000, "selection.neighbours", "from 1 to 10,000", self.neighbours)
        check(0 <= self.archive <= 1_000_000, "selection.archive", "from 0 to 1,000,000", self.archive)
        check(0.0 <= self.admission < math.inf, "selection.admission", "a distance", self.admission)
        check_share(self, "selection", "blend")
        check(self.minimum is None or math.isfinite(self.minimum), "selection.minimum", "a number", self.minimum)
        check(len(self.goals) > 0, "selection.goals", "at least one goal", self.goals)


@dataclass(frozen=True, kw_only=True)
class BreedingConfig:
    """Who makes the genomes of a generation beside NEAT's reproduction and the weight search (`neat.breeding`)."""

    emitters: dict[str, float] = field(default_factory=dict)
    """Share of every generation but the first that each emitter makes, by the name under which it is registered
    (`neat.register_emitter`), behind its module if need be: ``{ "my_ideas:random" = 0.2 }``. The weight search has
    ``search.share``."""

    def __post_init__(self) -> None:
        check_fields(self, "breeding")
        for name, share in self.emitters.items():
            check(name != "search", "breeding.emitters", "the weight search as search.share", name)
            check(0.0 <= share <= 1.0, f"breeding.emitters.{name}", "a share from 0 to 1", share)


@dataclass(frozen=True, kw_only=True)
class RepertoireConfig:
    """What the emitter ``map-elites`` fills (`neat.repertoires`): descriptors are what networks do."""

    archive: Literal["grid", "cvt"] = "grid"
    """How the space of descriptors is divided: equal boxes, or the cells of spread-out centroids."""
    low: tuple[float, ...] = ()
    """Lower bound of each descriptor."""
    high: tuple[float, ...] = ()
    """Upper bound of each descriptor."""
    cells: tuple[int, ...] = (50, 50)
    """``grid``: how many boxes along each descriptor."""
    centroids: int = 1000
    """``cvt``: how many cells."""
    names: tuple[str, ...] = ()
    """What pictures call the descriptors."""
    reevaluate: float = 0.1
    """Share of what the emitter makes that are elites again, where episodes differ from generation to generation."""
    offset: float = 0.0
    """The QD score is the sum of fitness above this."""
    step: float = 1.0
    """CMA-MAE (`neat illuminate --method cma-mae`): the standard deviation of each weight with which it begins."""

    def __post_init__(self) -> None:
        check_fields(self, "repertoire")
        check(len(self.low) == len(self.high), "repertoire.high", f"{len(self.low)} bounds, as low has", self.high)
        proper = all(a < b and math.isfinite(b - a) for a, b in zip(self.low, self.high, strict=True))
        check(proper, "repertoire.low", "finite bounds below those of repertoire.high", self.low)
        fits = self.archive == "cvt" or not self.low or len(self.cells) == len(self.low)
        check(fits, "repertoire.cells", f"one number for each of {len(self.low)} descriptors", self.cells)
        total = math.prod(self.cells) if self.archive == "grid" else self.centroids
        check(min(self.cells, default=0) >= 1, "repertoire.cells", "at least 1 each", self.cells)
        check(1 <= self.centroids <= 100_000, "repertoire.centroids", "from 1 to 100,000", self.centroids)
        check(total <= 1_000_000, "repertoire.cells", "at most 1,000,000 in all", self.cells)
        check(not self.names or len(self.names) == len(self.low), "repertoire.names", "one each", self.names)
        check(0.0 <= self.reevaluate <= 0.9, "repertoire.reevaluate", "a share from 0 to 0.9", self.reevaluate)
        check(math.isfinite(self.offset), "repertoire.offset", "a finite number", self.offset)
        check(0.0 < self.step < math.inf, "repertoire.step", "a finite number above 0", self.step)


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings of evolution. Names of sections and fields are those of an experiment file."""

    population: PopulationConfig = field(default_factory=PopulationConfig)
    genome: GenomeConfig = field(default_factory=GenomeConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    mutation: MutationConfig = field(default_factory=MutationConfig)
    crossover: CrossoverConfig = field(default_factory=CrossoverConfig)
    compatibility: CompatibilityConfig = field(default_factory=CompatibilityConfig)
    species: SpeciesConfig = field(default_factory=SpeciesConfig)
    reproduction: ReproductionConfig = field(default_factory=ReproductionConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    selection: SelectionConfig = field(default_factory=SelectionConfig)
    breeding: BreedingConfig = field(default_factory=BreedingConfig)
    repertoire: RepertoireConfig = field(default_factory=RepertoireConfig)

    def __post_init__(self) -> None:
        check_fields(self)
        check_encoding(self.network.encoding)
        shared = sum(self.emitted.values())
        check(shared <= self.population.size, "breeding.emitters and search.share", "a sum of at most 1", shared)
        few = self.search.share > 0.0 and self.searched < LEAST_SEARCHED
        expected = f"0, or at least {LEAST_SEARCHED} of the {self.population.size} genomes"
        check(not few, "search.share", expected, self.search.share)

    @classmethod
    def preset(cls, name: str = "default", **sections: dict[str, Any]) -> Config:
        """Return a preset, with changes: ``Config.preset("paper", population={"size": 1000})``.

        Raises:
            ConfigError: Unknown preset, section or field, or a value out of range.
        """
        return replace(_preset(name), sections)

    @property
    def searched(self) -> int:
        """Number of genomes in every generation but the first that are drawn by the weight search."""
        return round(self.search.share * self.population.size)

    @property
    def emitted(self) -> dict[str, int]:
        """Number of genomes in every generation but the first that each emitter beside reproduction makes, by name."""
        counts = {name: round(share * self.population.size) for name, share in self.breeding.emitters.items()}
        return {name: count for name, count in {"search": self.searched, **counts}.items() if count}

    @property
    def acyclic(self) -> bool:
        """Whether genomes are kept free of cycles, disabled connections included; those of indirect encodings are."""
        return self.network.encoding != "direct" or kind_of(self.network.kind).acyclic


@functools.cache  # frozen, and asked for again and again at the start of a run
def _preset(name: str) -> Config:
    from neat.presets import PRESETS

    if name not in PRESETS:
        hint = did_you_mean(name, PRESETS)
        raise ConfigError(f"unknown preset {name!r}{hint}: expected one of {', '.join(PRESETS)}")
    return replace(Config(), PRESETS[name])


def replace(config: Config, changes: dict[str, dict[str, Any]]) -> Config:
    """Return ``config`` with fields changed, given as ``{"section": {"field": value}}``.

    A change to a kind of network that keeps state and leaves open how often a new connection may close a cycle lets
    half of them; one to a kind with values of its own that leaves open how often they mutate lets some.

    Raises:
        ConfigError: Unknown section or field (with the nearest valid name), or a value of another type or out of range.
    """
    sections = {f.name for f in dataclasses.fields(config)}
    records = {}
    for section, values in changes.items():
        if section not in sections:
            raise ConfigError(f"unknown section {section!r}{did_you_mean(section, sections)}")
        if not isinstance(values, Mapping):
            raise ConfigError(f"{section}: expected a table of settings, got {shown(values)}")
        record = getattr(config, section)
        known = {f.name for f in dataclasses.fields(record)}
        for name in values:
            if name not in known:
                raise ConfigError(f"unknown setting '{section}.{name}'{did_you_mean(name, known)}")
        substrate = values.get("substrate")
        if section == "network" and isinstance(substrate, Mapping):
            values = {**values, "substrate": config.network.substrate.merged(dict(substrate))}
        records[section] = dataclasses.replace(record, **values)
    found = dataclasses.replace(config, **records)
    if "kind" not in changes.get("network", {}):
        return found
    kind, mutation, given = kind_of(found.network.kind), found.mutation, changes.get("mutation", {})
    follows = {
        evolution.rate.name: _VALUE_SHARE
        for row, evolution in VALUES
        if row.name in kind.attributes
        and evolution.rate.name not in given
        and getattr(mutation, evolution.rate.name) == 0.0
    }
    cycles = {"recurrent", "recurrent_only"}
    if kind.keeps_state and not cycles & set(given) and not any(getattr(mutation, name) for name in cycles):
        follows["recurrent"] = _RECURRENT_SHARE
    return dataclasses.replace(found, mutation=dataclasses.replace(mutation, **follows)) if follows else found
