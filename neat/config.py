"""Every setting of NEAT: one frozen record per concern, nested as in experiment files.

Fields named after the literature carry its symbols. Published values are presets (`PRESETS`): ``paper`` is Stanley &
Miikkulainen (2002), "Evolving Neural Networks through Augmenting Topologies", sections 3.3 and 4.1;
``stanley-1.2.1`` is Stanley's C++ program where it differs.
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
"""Default of ``mutation.recurrent`` for kinds of network with state (as tuned for double pole balancing)."""
_VALUE_SHARE = 0.3
"""Default mutation rate of a value that only some kinds of network have, such as the time constant."""
LEAST_SEARCHED = 3
"""Minimum number of genomes that a weight search produces: its mean, and two samples. A method may need more."""


@dataclass(frozen=True, kw_only=True)
class PopulationConfig:
    """The population as a whole."""

    size: int = 150
    """Number of genomes in every generation. Larger populations search more broadly, and each generation costs more."""
    innovation_scope: Literal["run", "generation"] = "run"
    """How long the same structural change gets the same innovation number: within the whole ``run``, or within one
    ``generation`` as in the 2002 paper."""
    extinction: Literal["restart", "stop"] = "restart"
    """What happens when no species may reproduce: ``restart`` with new initial genomes, or ``stop`` the run."""

    def __post_init__(self) -> None:
        check_fields(self, "population")
        check(2 <= self.size <= _LARGEST_POPULATION, "population.size", "from 2 to 10,000,000 genomes", self.size)


@dataclass(frozen=True, kw_only=True)
class CompatibilityConfig:
    """The compatibility distance δ = c1 E / N + c2 D / N + c3 W̄ (2002 paper, equation 1). Disabled genes count."""

    c1: float = 1.0
    """Coefficient c1 of the number of excess genes E; larger values separate species more by structure."""
    c2: float = 1.0
    """Coefficient c2 of the number of disjoint genes D; larger values separate species more by structure."""
    c3: float = 0.4
    """Coefficient c3 of W̄, the mean absolute weight difference of matching genes; larger values separate species more
    by weights."""
    normalise: bool = True
    """Whether E and D are divided by N, the number of connection genes in the larger genome (the C++ program does not).
    """
    small_genome: int = 20
    """N is set to 1 when both genomes have fewer connection genes than this."""
    threshold: float = 3.0
    """Compatibility threshold δt: a genome joins a species if its distance to the representative is below this. Larger
    values give fewer species."""
    target_species: int = 0
    """Number of species that the threshold is adjusted towards; 0 keeps the threshold fixed."""
    threshold_step: float = 0.3
    """Amount by which the threshold is adjusted in each generation, with ``target_species``."""
    threshold_min: float = 0.3
    """Lower bound of the adjusted threshold, with ``target_species``."""

    def __post_init__(self) -> None:
        check_fields(self, "compatibility")
        check_not_negative(self, "compatibility", "c1", "c2", "c3", "threshold", "threshold_step", "threshold_min")
        check_not_negative(self, "compatibility", "small_genome", "target_species")


@dataclass(frozen=True, kw_only=True)
class SpeciesConfig:
    """How species are represented, and when they stop reproducing."""

    representative: Literal["random", "champion"] = "random"
    """The member of the previous generation that represents a species, to which new genomes are compared: a ``random``
    member (2002 paper) or the ``champion``."""
    stagnation: int = 15
    """Generations without improvement of its best fitness after which a species may not reproduce; 0: no limit."""
    stagnation_factor: float = 0.0
    """Factor applied to the shared fitness of a stagnant species: 0 bars it from reproducing, 0.01 is the C++ program's
    penalty."""
    protected: int = 0
    """Number of the best species that are never treated as stagnant."""
    population_stagnation: int = 20
    """If the best fitness of the whole population has not improved for more than this many generations, only the best
    ``population_survivors`` species reproduce; 0: no limit."""
    population_survivors: int = 2
    """Number of species that still reproduce when the whole population stagnates; 0: none, and by default
    (``population.extinction``) new minimal genomes follow."""
    delta_coding: bool = False
    """Delta coding when the whole population stagnates (C++ program): the surviving species get equal numbers of
    offspring, all derived from the species' champion. One is an exact copy; the others get mutated weights or, one in
    five, one new connection."""
    lingering: bool = False
    """Keep extinct species open: a species that was allotted no offspring survives if another species' child is
    compatible with its representative (C++ program)."""
    cull_interval: int = 0
    """Every this many generations, the worst species that is at least ``cull_age`` generations old may not reproduce
    (C++ program: 30); 0: never."""
    cull_age: int = 20
    """Minimum age, in generations, of a species removed by ``cull_interval``."""

    def __post_init__(self) -> None:
        check_fields(self, "species")
        check_not_negative(self, "species", "stagnation", "stagnation_factor", "protected", "population_stagnation")
        check_not_negative(self, "species", "cull_interval", "cull_age")
        check_not_negative(self, "species", "population_survivors")


@dataclass(frozen=True, kw_only=True)
class ReproductionConfig:
    """Which genomes reproduce, and how offspring are produced."""

    survival: float = 0.2
    """Fraction of each species, fittest first, whose genomes may become parents (at least one genome; C++ program: 0.2,
    DPNV: 0.4). Smaller values select more strongly."""
    survivors: Literal["up", "beyond"] = "up"
    """How that fraction becomes a number of parents: rounded ``up``, or the next whole number ``beyond`` it (C++
    program)."""
    elites: int = 1
    """Number of genomes of each species, fittest first, that are copied unchanged into the next generation."""
    elite_species_size: int = 6
    """Minimum size of a species whose elites are copied (2002 paper: more than five members)."""
    elite_by: Literal["members", "offspring"] = "members"
    """What ``elite_species_size`` refers to: the species' current ``members`` (2002 paper) or its allotted
    ``offspring`` (C++ program)."""
    mutate_only: float = 0.25
    """Fraction of offspring produced by mutation without crossover, in species with at least two parents. A species
    with a single parent never uses crossover (C++ program), and elites are copies. Over 40 generations of XOR and
    CartPole, crossover therefore produces about 48% of the children with ``default``, 55 to 60% with ``paper`` and 65%
    with ``stanley-1.2.1``, not 75%."""
    mate_only: float = 0.0
    """Fraction of crossover offspring that are not mutated afterwards (C++ program: 0.2)."""
    interspecies: float = 0.001
    """Interspecies mating rate: probability that the second parent comes from another species."""
    selfing: bool = False
    """Whether both parents may be the same genome; such a child is always mutated (C++ program)."""

    def __post_init__(self) -> None:
        check_fields(self, "reproduction")
        check_share(self, "reproduction", "survival", "mutate_only", "mate_only", "interspecies")
        check_not_negative(self, "reproduction", "elites", "elite_species_size")


@dataclass(frozen=True, kw_only=True)
class SelectionConfig:
    """Which genomes reproduce (`neat.selection`). Champions are always chosen by fitness."""

    method: str = "fitness"
    """The score that decides which genomes reproduce: ``fitness``; one based on behaviour (``novelty``,
    ``local-competition``, ``blend``, ``dominated-novelty``); ``pareto``, for several objectives; ``random``, no
    selection pressure; or your own, ``module:name`` (`neat.register_score`)."""
    shaping_after: int = 0
    """``fitness``: environment steps of training before reward shaping (``task.step_reward``) decides which genomes
    reproduce; until then, fitness does."""
    neighbours: int = 15
    """k: novelty is the mean distance to the k nearest behaviours (Lehman & Stanley 2011)."""
    archive: int = 250
    """Capacity of the novelty archive, in behaviours; the oldest are dropped when it is full. 0: no archive."""
    admission: float = 6.0
    """Initial distance to all archived behaviours above which a behaviour is added to the archive, in the units of the
    behaviour. The distance then adapts to how many are added (`neat.selection.archive`)."""
    blend: float = 0.5
    """``blend``: weight of novelty in the score, from 0 to 1; the rest is fitness."""
    minimum: float | None = None
    """Minimal criterion of novelty search: genomes with lower fitness get the lowest score."""
    goals: tuple[Literal["fitness", "connections", "hidden", "novelty", "objectives"], ...] = ("fitness", "connections")
    """``pareto``: the objectives. ``fitness``, ``novelty`` and ``objectives`` (reported by the environment, see
    ``task.objectives``) are maximised; ``connections`` (enabled ones) and ``hidden`` (nodes) are minimised."""

    def __post_init__(self) -> None:
        check_fields(self, "selection")
        check(
            0 <= self.shaping_after <= 10**15,
            "selection.shaping_after",
            "environment steps, from 0 to 10^15",
            self.shaping_after,
        )
        check(1 <= self.neighbours <= 10_000, "selection.neighbours", "from 1 to 10,000", self.neighbours)
        check(0 <= self.archive <= 1_000_000, "selection.archive", "from 0 to 1,000,000", self.archive)
        check(0.0 <= self.admission < math.inf, "selection.admission", "a distance", self.admission)
        check_share(self, "selection", "blend")
        check(self.minimum is None or math.isfinite(self.minimum), "selection.minimum", "a number", self.minimum)
        check(len(self.goals) > 0, "selection.goals", "at least one goal", self.goals)


@dataclass(frozen=True, kw_only=True)
class BreedingConfig:
    """Emitters that produce genomes besides NEAT's reproduction and the weight search (`neat.breeding`)."""

    emitters: dict[str, float] = field(default_factory=dict)
    """Fraction of every generation after the first that each additional emitter produces, by registered name
    (`neat.register_emitter`), with its module if needed: ``{ "my_ideas:random" = 0.2 }``. The fraction of the weight
    search is ``search.share``."""

    def __post_init__(self) -> None:
        check_fields(self, "breeding")
        for name, share in self.emitters.items():
            check(name != "search", "breeding.emitters", "the weight search as search.share", name)
            check(0.0 <= share <= 1.0, f"breeding.emitters.{name}", "a share from 0 to 1", share)


@dataclass(frozen=True, kw_only=True)
class RepertoireConfig:
    """The repertoire that the emitter ``map-elites`` fills (`neat.repertoires`): one elite for each cell."""

    archive: Literal["grid", "cvt"] = "grid"
    """How the space of descriptors is divided into cells: a ``grid`` of equal boxes, or ``cvt``, a centroidal Voronoi
    tessellation."""
    low: tuple[float, ...] = ()
    """Lower bound of each descriptor."""
    high: tuple[float, ...] = ()
    """Upper bound of each descriptor."""
    cells: tuple[int, ...] = (50, 50)
    """``grid``: number of cells along each descriptor. More cells keep finer differences and take longer to fill."""
    centroids: int = 1000
    """``cvt``: number of cells."""
    names: tuple[str, ...] = ()
    """Name of each descriptor, for axis labels."""
    reevaluate: float = 0.1
    """Fraction of the emitter's genomes that re-evaluate existing elites, for tasks whose episodes differ between
    generations."""
    offset: float = 0.0
    """Fitness that counts as 0 in the QD score, the sum of fitness minus this over all filled cells."""
    step: float = 1.0
    """CMA-ME and CMA-MAE (`neat illuminate --method cma-me`): initial standard deviation σ of each weight."""

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
    """All settings of evolution. Sections and fields have the names used in experiment files."""

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
        alone = self.search.starts == 1 or self.searched == self.population.size
        check(alone, "search.share", f"1, as search.starts is {self.search.starts}", self.search.share)

    @classmethod
    def preset(cls, name: str = "default", **sections: dict[str, Any]) -> Config:
        """Return a preset, with changes: ``Config.preset("paper", population={"size": 1000})``.

        Raises:
            ConfigError: Unknown preset, section or field, or a value out of range.
        """
        found = _preset(name)
        return replace(found, sections) if sections else found

    @property
    def searched(self) -> int:
        """Number of genomes that the weight search makes in every generation after the first."""
        return round(self.search.share * self.population.size)

    @property
    def emitted(self) -> dict[str, int]:
        """Number of genomes per generation after the first that each emitter besides reproduction makes, by name."""
        counts = {name: round(share * self.population.size) for name, share in self.breeding.emitters.items()}
        search = "search" if self.search.starts == 1 else "starts"
        return {name: count for name, count in {search: self.searched, **counts}.items() if count}

    @property
    def illuminates(self) -> bool:
        """Whether all genomes after the first generation come from MAP-Elites, so that the result is a repertoire."""
        return self.emitted.get("map-elites", 0) >= self.population.size

    @property
    def acyclic(self) -> bool:
        """Whether genomes are kept acyclic, including disabled connections. CPPNs of indirect encodings always are."""
        return self.network.encoding != "direct" or kind_of(self.network.kind).acyclic


@functools.cache  # frozen, and needed many times at the start of a run
def _preset(name: str) -> Config:
    from neat.presets import PRESETS

    if name not in PRESETS:
        hint = did_you_mean(name, PRESETS)
        raise ConfigError(f"unknown preset {name!r}{hint}: expected one of {', '.join(PRESETS)}")
    return replace(Config(), PRESETS[name])


def replace(config: Config, changes: dict[str, dict[str, Any]]) -> Config:
    """Return ``config`` with fields changed, given as ``{"section": {"field": value}}``.

    Two defaults follow from a change of ``network.kind``, unless they are given as well: for a kind with state,
    ``mutation.recurrent`` becomes 0.5; for a kind with node values of its own, such as time constants, their mutation
    rate becomes 0.3.

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
