"""The texts about a run, as lines. The live display and the plain one have the same texts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from environments.evaluators.backends import BACKENDS
from experiments.display.answers import answers_line
from experiments.loop.notes import notes

if TYPE_CHECKING:
    from environments.playing.verification import Verification
    from experiments.loop.events import Attempt, Faults, Noticed, Outcome, Started, Trying
    from experiments.settings import Experiment
    from neat.history.records import GenerationRecord

__all__ = [
    "Speedometer",
    "attempt",
    "counted",
    "duration",
    "faults",
    "generation",
    "noticed",
    "numbered",
    "outcome",
    "rate",
    "score",
    "start",
    "trying",
]

_CHANGES = 6
"""Maximum number of changed settings that are shown at the start of a run."""


def start(started: Started) -> list[str]:
    """Return lines about the task, the settings, the backend, and compilation."""
    experiment = started.experiment
    lines = [
        f"{started.task}: {counted(started.inputs, 'input')}, {counted(started.outputs, 'output')}, {_goal(started)}",
        f"settings: {experiment.name} (preset {experiment.preset}), seed {experiment.run.seed}, population "
        f"{experiment.config.population.size}, at most {counted(experiment.run.generations, 'generation')}",
        *_changed(experiment),
        f"backend: {_backend(started)}",
    ]
    lines[1:1] = started.about
    lines += [f"note: {line}" for line in notes(experiment)]
    if started.generation:
        lines.append(f"resumed before generation {started.generation}")
    if started.compiles:
        lines.append("compiling: needed once for this version; later runs load the cached code")
    return lines


def _changed(experiment: Experiment) -> list[str]:
    """Return a line with the settings of evolution that differ from the preset, if there are any."""
    changed = [f"{name} = {value}" for name, value in experiment.changed().items() if name != "population.size"]
    if not changed:
        return []
    shown = changed[:_CHANGES]
    rest = len(changed) - len(shown)
    return ["changed from the preset: " + ", ".join(shown) + (f" and {rest} more" if rest else "")]


def _goal(started: Started) -> str:
    """Return what counts as solved, and whether that ends the run."""
    if started.threshold is None and started.rule is None:
        patience = started.experiment.run.patience
        if patience:
            return f"no goal: ends after {patience} generations without a better champion (run.patience)"
        return "no goal: all generations are played (task.threshold=R ends a run at a mean return of R)"
    goal = f"solved at {started.threshold:g}" if started.rule is None else f"solved when {started.rule}"
    if started.aim is not None and started.aim != started.threshold:
        goal += f" (training aims at {started.aim:g})"
    return goal if started.experiment.run.stop_when_solved else f"{goal}; all generations are played"


def _backend(started: Started) -> str:
    """Return the name of the backend, how it plays episodes, and why it was chosen."""
    workers = f"{started.workers} at a time" if started.workers > 1 else "one at a time"
    if started.backend not in BACKENDS:
        return started.backend
    how = BACKENDS[started.backend].summary.format(workers=workers)
    if started.backend == "envpool":
        how += f", {_sharing(started)}"
    why = "the fastest for this task" if started.experiment.run.backend == "auto" else "as requested"
    return f"{started.backend} ({how}; {why})"


def _sharing(started: Started) -> str:
    """Return whether EnvPool has enough environments for all genomes to have the same episode seeds."""
    task, genomes = started.experiment.task, started.experiment.config.population.size
    episodes = genomes * task.episodes
    if episodes > task.slots:
        return f"{task.slots} for {episodes} episodes a generation: genomes do not share episode seeds"
    return "all genomes have the same episode seeds"


def generation(record: GenerationRecord, generations: int, speed: str) -> str:
    """Return a line about a generation."""
    return (
        f"generation {numbered(record.generation, generations):<14}   best {record.best:>9.2f}   "
        f"mean {record.mean:>9.2f}   species {len(record.species):>3}   hidden {record.hidden_mean:>5.1f}   "
        f"connections {record.connections_mean:>6.1f}   {speed}"
    )


def numbered(generation: int, generations: int) -> str:
    """Return the number of a generation, and of the last one. They are counted from 0, as in files."""
    return f"{generation:>4} (last {generations - 1})"


def faults(found: Faults) -> str:
    """Return how many genomes could not be scored, and the error and seed of the first."""
    first = found.faults[0]
    more = f" and {len(found.faults) - 1} more genomes" if len(found.faults) > 1 else ""
    return (
        f"generation {found.generation}: genome {first.genome}{more} got the worst fitness: the environment "
        f"{first.message} (seed {first.seed})"
    )


def noticed(found: Noticed) -> list[str]:
    """Return a line for each finding about what keeps a run from learning, with the setting that helps."""
    return [f"note: {finding}" for finding in found.findings]


def attempt(tried: Attempt, *, examples: bool = False) -> str:
    """Return a line about a trial of a genome, on fresh episodes or on the examples of the task."""
    if examples:
        verdict = "solves it" if tried.accepted else "not enough"
        return f"champion of generation {tried.generation}, fitness {tried.fitness:.2f}: {verdict}"
    fresh = tried.verification
    if tried.below:
        who = _tried(tried.mean)
        verdict = "will be verified" if fresh.solved else "the best so far" if tried.best else "not the best so far"
    else:
        who = "champion"
        verdict = "solves it" if tried.accepted else "not enough"
        if tried.report is not None:
            end = "solves it" if tried.accepted else "below the goal, the run continues"
            verdict = f"accepted; {tried.report.mean:.2f} over {tried.report.episodes} other episodes (reported): {end}"
    over, digits = counted(fresh.episodes, "fresh episode"), 2
    if fresh.measure:
        over, digits = f"{counted(fresh.episodes, 'row')} for validation", 3
    return (
        f"{who} of generation {tried.generation}: {tried.fitness:.{digits}f} in training, {fresh.mean:.{digits}f} over "
        f"{over}: {verdict}"
    )


def _tried(mean: bool) -> str:
    return "search mean" if mean else "fittest genome"


def trying(about: Trying, *, examples: bool = False) -> str:
    """Return a line about a trial that has begun, and why it is made."""
    if examples:
        return f"the champion of generation {about.generation} is tested on all examples …"
    if about.below:
        return f"the {_tried(about.mean)} of generation {about.generation} plays fresh episodes as a trial …"
    why = "for the reported score" if about.report else "to see whether it solves the task"
    return f"the champion of generation {about.generation} plays fresh episodes {why} …"


def outcome(result: Outcome) -> list[str]:
    """Return lines about the result of a run."""
    missed = "Not solved in" if result.threshold is None else f"Not solved ({result.threshold:g} not reached) in"
    no_goal = result.illuminates or (result.threshold is None and result.rule is None)
    head = {
        "solved": "Solved in",
        "finished": "Finished in" if no_goal else missed,
        "extinct": "Extinct after",
    }[result.status]
    genome, told = result.champion.genome, answers_line(result.champion)
    plain = told or (result.verification is not None and result.verification.measure)
    steps = "" if plain else f"{result.steps:,} steps, "
    lines = [
        f"{head} {counted(result.generations, 'generation')}: {result.evaluations:,} evaluations, "
        f"{steps}{duration(result.seconds)}"
    ]
    if result.cost < result.evaluations:
        lines.append(f"A champion was first accepted after {result.cost:,} evaluations")
    if told:
        lines.append(f"Outputs: {told}")
    elif result.verification is not None:
        lines.append(f"Verified: {score(result.verification)}")
        goal = -math.inf if result.threshold is None else result.threshold
        if result.status == "solved" and not plain and result.verification.low < goal:
            lines.append(f"The interval reaches below the goal of {goal:g}: neat verify RUN --episodes 1000 narrows it")
    lines.append(f"Champion: {counted(genome.hidden, 'hidden node')}, {counted(genome.enabled, 'enabled connection')}")
    return lines


def counted(number: int, thing: str) -> str:
    """Return a number with a noun, in the singular if the number is one."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def score(verification: Verification) -> str:
    """Return a line about a verification: mean, deviation, interval and minimum, or for rows the measure's interval."""
    v = verification
    if v.measure == "accuracy":
        return (
            f"accuracy {v.mean:.1%}, {v.returns.sum():.0f} of {counted(v.episodes, 'row')} held out for testing, "
            f"95% interval {v.low:.1%} to {v.high:.1%}"
        )
    if v.measure:
        return (
            f"{v.measure} {v.mean:.3f} over {counted(v.episodes, 'row')} held out for testing, 95% interval "
            f"{v.low:.3f} to {v.high:.3f}"
        )
    if v.episodes == 1:
        return f"{v.mean:.2f} in one episode"
    return (
        f"mean {v.mean:.2f} ± {v.sd:.2f} (sd), 95% interval {v.low:.2f} to {v.high:.2f}, min {v.minimum:.2f}, "
        f"over {v.episodes} fresh episodes"
    )


class Speedometer:
    """Computes steps (or evaluations) per second since its last call, from the totals in the records."""

    def __init__(self, *, examples: bool = False) -> None:
        self._examples = examples
        self._steps = 0
        self._seconds = 0.0

    def read(self, record: GenerationRecord) -> str:
        """Return the speed since the last call as text."""
        total = record.evaluations if self._examples else record.steps
        steps, seconds = total - self._steps, record.seconds - self._seconds
        self._steps, self._seconds = total, record.seconds
        return rate(steps, seconds, "evals" if self._examples else "steps")


def rate(steps: int, seconds: float, unit: str = "steps") -> str:
    """Return a speed as short text, such as ``1.2M steps/s``."""
    if seconds <= 0:
        return f"- {unit}/s"
    value = steps / seconds
    for size, prefix in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.1f}{prefix} {unit}/s"
    return f"{value:.0f} {unit}/s"


def duration(seconds: float) -> str:
    """Return a time as text: ``0.4 s``, ``12 s``, ``3:07`` or ``1:02:03``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
