"""The experiments of papers on NEAT, HyperNEAT and novelty search, with their published results.

Stanley & Miikkulainen (2002), "Evolving Neural Networks through Augmenting Topologies", Evolutionary Computation
10(2): XOR (section 4.1), double pole balancing with and without velocities (4.2, 4.3), and the four ablations of the
task with velocities (section 5, table 3). Physics and rules: `environments.tasks.double_pole`.

HyperNEAT: boxes (Stanley, D'Ambrosio & Gauci 2009) and the retina (Verbancsics & Stanley 2011). ES-HyperNEAT: results
published with programs, namely PUREPLES for XOR, and JAX-ESHN for parity, circle and sine. Each task is a file in
`environments.tasks`.

Lehman & Stanley (2011), "Abandoning Objectives: Evolution through the Search for Novelty Alone", Evolutionary
Computation 19(2): the mazes, by novelty, by fitness and by random selection. Robot and maps: `environments.games.maze`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.settings import Experiment, from_mapping, from_toml, to_toml
from experiments.targets import load
from neat.errors import ConfigError, did_you_mean

__all__ = ["GENERATIONS", "GROUPS", "STUDIES", "Published", "Study", "studies_called"]

GENERATIONS = 1_000
"""Generations after which a run counts as failed (2002 paper, section 5.1)."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """The results reported in the paper; None if not reported."""

    source: str = "2002 paper"
    """Name of the source in tables and pictures."""
    evaluations: float | None = None
    """Mean over the runs that solved the task."""
    failed: float | None = None
    """Fraction of runs that did not solve the task."""
    sd: float | None = None
    generations: float | None = None
    hidden: float | None = None
    connections: float | None = None
    runs: int | None = None
    generalisation: float | None = None
    """Mean number of the 625 starts that winners balance."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """One experiment of a paper."""

    name: str
    about: str
    """One-line description."""
    target: str
    """The bundled experiment on which it is based; the preset ``default`` uses it unchanged."""
    ablation: tuple[str, ...] = ()
    """Changes of settings that remove a part of the algorithm."""
    published: Published
    presets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Settings used for this task by the paper and by the C++ program, by preset."""
    usual: str = "paper"
    """The preset used by default."""
    own: tuple[str, ...] = ()
    """Further presets that can be combined with the bundled experiment's settings."""

    def experiment(self, preset: str | None = None, changes: Iterable[str] = ()) -> Experiment:
        """Return the experiment with the settings of a preset.

        Args:
            preset: ``paper`` and ``stanley-1.2.1`` reproduce the published experiment; the preset of the bundled
                experiment (``default``) uses it unchanged. By default `usual`.
            changes: Settings that override all others, each ``section.key=value``.

        Raises:
            ConfigError: The preset does not exist, or a setting is invalid.
        """
        preset = preset or self.usual
        bundled = load(self.target)
        if preset == bundled.preset:
            # Converted to TOML and parsed again, so that an ablation's settings override those of the file.
            everything = to_toml(bundled)
            experiment = from_toml(everything, name=self.name, changes=[*self.ablation, *changes])
        elif preset in self.own:
            experiment = load(self.target, changes=[*self.ablation, *changes], preset=preset)
        else:
            data: dict[str, Any] = {
                "name": self.name,
                "task": {"environment": bundled.task.environment, "episodes": 1},
                "run": {"generations": GENERATIONS},
            }
            given = [*self.presets.get(preset, ()), *self.ablation, *changes]
            experiment = from_mapping(data, changes=given, preset=preset)
        return dataclasses.replace(experiment, name=self.name, description=self.about)


_STANLEY_POLES = ("network.bias_value=0.5",)
"""The program's bias input is 0.5 in this task."""

_DPNV_PAPER = (
    "population.size=1000",
    "compatibility.c3=3.0",
    "compatibility.threshold=4.0",
    "mutation.add_connection=0.3",
    "network.kind=recurrent",
    # Settings that the paper does not give for this task are those of the C++ program. (The paper's 0.03 for add node
    # is for "smaller populations".)
    *_STANLEY_POLES,
    "mutation.add_node=0.01",
    "mutation.structure_exclusive=true",
    "mutation.weight_step=1.8",
    "mutation.weight_renewal=step",
    "mutation.recurrent_only=0.2",
    "mutation.loops=0.5",
    "reproduction.survival=0.4",
    "reproduction.survivors=beyond",
    "reproduction.mate_only=0.2",
    "task.examination=species",
)
_DPNV_STANLEY = (
    *_STANLEY_POLES,
    "population.size=1000",
    "compatibility.c3=3.0",
    "compatibility.threshold=4.0",
    "mutation.weight_step=1.8",
    "mutation.add_node=0.01",
    "mutation.add_connection=0.3",
    "mutation.toggle=0.1",
    "mutation.reenable=0.05",
    # The program reads recur_prob = 0.05, but does not use it.
    "mutation.recurrent_only=0.2",
    "network.kind=recurrent",
    "reproduction.survival=0.4",
    "task.examination=species",
)

_NO_GROWTH = (
    "genome.initial=hidden",
    "genome.initial_hidden=10",
    "mutation.add_node=0.0",
    "mutation.add_connection=0.0",
)
"""One fully connected hidden layer of ten nodes, like the fixed topologies that NEAT was compared with."""
_RANDOM_START = ("genome.initial=random", "genome.initial_hidden=10", "genome.initial_fraction=0.5")
"""One to ten hidden nodes and random connections in every genome of the first generation."""
_ONE_SPECIES = ("compatibility.threshold=1e9", "compatibility.target_species=0", "species.stagnation=0")
"""One species for all genomes. Stagnation is disabled: it would remove the only species and end the run."""

_MAZE_PAPER = (
    "population.size=250",
    "compatibility.c3=3.0",
    "compatibility.target_species=16",
    "mutation.add_connection=0.1",
    "mutation.add_node=0.005",
)
"""Settings from the paper's appendix; those that it does not give are as in the 2002 paper."""
_MAZE_ALWAYS = ("task.behaviour=info", "task.verify_episodes=1", "selection.method=novelty")
_MAZE_PRESETS = {
    "paper": (*_MAZE_PAPER, *_MAZE_ALWAYS),
    "stanley-1.2.1": (*_MAZE_PAPER, *_MAZE_ALWAYS),
}


def _mazes() -> Iterable[Study]:
    """Return the studies of each maze: selection by novelty, by fitness and at random."""
    published = {
        ("medium-maze", "novelty"): Published(evaluations=18_274, sd=20_447, failed=0.0, connections=24.6),
        ("medium-maze", "fitness"): Published(evaluations=56_334, sd=48_705, failed=0.0, connections=66.7),
        ("medium-maze", "random"): Published(evaluations=None, failed=19 / 40),
        ("hard-maze", "novelty"): Published(evaluations=35_109, sd=30_236, failed=1 / 40, connections=33.5),
        ("hard-maze", "fitness"): Published(evaluations=None, failed=37 / 40),
        ("hard-maze", "random"): Published(evaluations=None, failed=36 / 40),
    }
    for (maze, method), figures in published.items():
        yield Study(
            name=maze if method == "novelty" else f"{maze}-{method}",
            about=f"the {maze.replace('-', ' ')}, {method} selection (Lehman & Stanley 2011)",
            target=maze,
            ablation=() if method == "novelty" else (f"selection.method={method}",),
            presets=_MAZE_PRESETS,
            published=dataclasses.replace(figures, runs=40, source="2011 paper"),
        )


_DPV_PRESETS = {"stanley-1.2.1": _STANLEY_POLES}

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study(
            name="xor",
            about="evolve a hidden node: the exclusive or (2002 paper, section 4.1)",
            target="xor",
            published=Published(
                evaluations=4_755, sd=2_553, failed=0.0, generations=32, hidden=2.35, connections=7.48, runs=100
            ),
        ),
        Study(
            name="dpv",
            about="double pole balancing with velocities (section 4.2)",
            target="double-pole",
            published=Published(evaluations=3_600, failed=0.0, runs=120),
            presets=_DPV_PRESETS,
        ),
        Study(
            name="dpnv",
            about="double pole balancing without velocities (section 4.3)",
            target="double-pole-no-velocities",
            presets={"paper": _DPNV_PAPER, "stanley-1.2.1": _DPNV_STANLEY},
            published=Published(evaluations=33_184, failed=0.0, runs=20, generalisation=286),
        ),
        Study(
            name="dpv-no-growth",
            about="ablation: a fixed layer of ten hidden nodes, no structural mutation (section 5)",
            target="double-pole",
            ablation=_NO_GROWTH,
            published=Published(evaluations=30_239, failed=0.80),
            presets=_DPV_PRESETS,
        ),
        Study(
            name="dpv-no-speciation",
            about="ablation: one species, from random topologies (section 5)",
            target="double-pole",
            # With minimal genomes, no innovation would survive without species. The paper also starts at random.
            ablation=(*_ONE_SPECIES, *_RANDOM_START),
            published=Published(evaluations=25_600, failed=0.25),
            presets=_DPV_PRESETS,
        ),
        Study(
            name="dpv-random-topology",
            about="ablation: random first topologies instead of minimal ones (section 5)",
            target="double-pole",
            ablation=_RANDOM_START,
            published=Published(evaluations=23_033, failed=0.05),
            presets=_DPV_PRESETS,
        ),
        Study(
            name="dpv-no-mating",
            about="ablation: mutation only (section 5)",
            target="double-pole",
            ablation=("reproduction.mutate_only=1.0",),
            published=Published(evaluations=5_557, failed=0.0),
            presets=_DPV_PRESETS,
        ),
        *_mazes(),
    )
}
"""The studies, by name."""

_MAZES = tuple(name for name, study in STUDIES.items() if "maze" in study.target)
_PAPER = tuple(name for name in STUDIES if name not in _MAZES)
_ES: dict[str, Any] = {"usual": "es-hyperneat", "own": ("es-hyperneat",)}

STUDIES |= {
    study.name: study
    for study in (
        Study(
            name="boxes",
            about="HyperNEAT: the large box among two, on 11 x 11 pixels, and the same genome on finer fields",
            target="boxes",
            usual="hyperneat",
            own=("hyperneat", "hyperneat-leo"),
            published=Published(source="2009 paper"),
        ),
        Study(
            name="retina",
            about="HyperNEAT with LEO: objects in the left and the right half of eight pixels",
            target="retina",
            usual="hyperneat-leo",
            own=("hyperneat", "hyperneat-leo"),
            published=Published(source="2011 paper", failed=0.09),
        ),
        Study(
            name="es-xor",
            about="ES-HyperNEAT: XOR, quadtree to depth 3",
            target="es-xor",
            published=Published(source="PUREPLES", failed=1 - 0.625),
            **_ES,
        ),
        Study(
            name="es-xor-5",
            about="ES-HyperNEAT: XOR, quadtree to depth 5",
            target="es-xor",
            ablation=("network.substrate.max_depth=5",),
            published=Published(source="PUREPLES", failed=1 - 0.333),
            **_ES,
        ),
        Study(
            name="parity-3",
            about="ES-HyperNEAT: parity of three bits",
            target="parity-3",
            published=Published(source="JAX-ESHN", failed=1 - 5.5 / 30),
            **_ES,
        ),
        Study(
            name="circle",
            about="ES-HyperNEAT: the points within a circle",
            target="circle",
            published=Published(source="JAX-ESHN", failed=1.0),
            **_ES,
        ),
        Study(
            name="sine",
            about="ES-HyperNEAT: one period of the sine",
            target="sine",
            published=Published(source="JAX-ESHN", failed=0.0),
            **_ES,
        ),
    )
}

GROUPS: dict[str, tuple[str, ...]] = {
    "ablations": tuple(name for name in _PAPER if STUDIES[name].ablation),
    "all": _PAPER,
    "hyperneat": tuple(name for name in STUDIES if name not in (*_PAPER, *_MAZES)),
    "mazes": _MAZES,
}
"""Names that stand for several studies."""


def studies_called(name: str) -> tuple[Study, ...]:
    """Return the studies with a name, or those of the group with that name.

    Raises:
        ConfigError: No study or group has this name.
    """
    if name in GROUPS:
        return tuple(STUDIES[each] for each in GROUPS[name])
    if name not in STUDIES:
        known = (*STUDIES, *GROUPS)
        raise ConfigError(f"no study {name!r}{did_you_mean(name, known)}: expected one of {', '.join(known)}")
    return (STUDIES[name],)
