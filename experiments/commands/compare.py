"""`neat compare`: NEAT, its fine-tuned champion, PPO and random search, on the same budget of environment steps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import again, option

if TYPE_CHECKING:
    from experiments.studies.arms import Curve

__all__ = ["command"]


def command(
    target: Positional[Annotated[str, arg(metavar="TARGET")]],
    *,
    seeds: Annotated[int, arg(metavar="N")] = 30,
    steps: Annotated[int, arg(metavar="N")] = 1_000_000,
    arms: Annotated[tuple[str, ...] | None, option("ARM ...")] = None,
    looks: Annotated[int, arg(metavar="N")] = 20,
    episodes: Annotated[int, arg(metavar="N")] = 20,
    final_episodes: Annotated[int, arg(metavar="N")] = 100,
    seed: Annotated[int, arg(metavar="N")] = 0,
    workers: Annotated[int | None, option("N")] = None,
    preset: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    as_is: bool = False,
    out: Annotated[Path | None, option("DIR")] = None,
    quiet: bool = False,
) -> int:
    """Compare NEAT with gradients and random search, with the same game, budget and fresh episodes.

    Writes curves.jsonl (raw data, seed by seed), comparison.json (settings and figures), table.md, table.tex for LaTeX,
    curves.png and curves.svg.

    Args:
        target: A Gymnasium id, a bundled experiment or a TOML file.
        seeds: Number of seeds of each arm.
        steps: Budget of environment steps for each seed of each arm.
        arms: Some of neat, neat+ppo, ppo, random; by default all.
        looks: Number of times at which each arm is evaluated.
        episodes: Fresh episodes of each evaluation.
        final_episodes: Fresh episodes of the last evaluation.
        seed: Number from which the arms' seeds are derived.
        workers: Number of seeds played in parallel, each on one core; by default one per core.
        preset: Preset for settings of evolution that the experiment does not give.
        set: Any setting of an experiment file, or of PPO, such as ppo.gamma=0.98.
        as_is: Use the experiment's population size and episodes per genome; by default they follow from the budget,
            unless --set gives them.
        out: Folder to write, or to continue; by default runs/compare-TARGET-seedN, with a number appended if it exists.
        quiet: Print only the table.
    """
    from experiments.gradients.blas import use_one_thread

    use_one_thread()
    import json

    from environments.tasks.data_settings import DATA
    from environments.tasks.registry import refuse_without_environment
    from environments.tasks.settings import TaskConfig
    from experiments.commands.run import experiment_from
    from experiments.display.decimals import decimals
    from experiments.folder.directory import default_folder
    from experiments.folder.files import finite, write_atomically
    from experiments.gradients.agent_study import changed
    from experiments.studies.compare import CompareConfig, compare, effort
    from experiments.studies.compare_report import curves_figure, latex_table, narrow_table, table
    from experiments.studies.provenance import made_here, provenance
    from experiments.studies.zoo import zoo_entry
    from experiments.targets import is_table
    from neat.compiled.parallel import available_cores
    from neat.errors import RunDirectoryError

    if is_table(target):
        refuse_without_environment(TaskConfig(environment=DATA), "neat compare")
    experiment = experiment_from(target, preset=preset, changes=tuple(c for c in set if not c.startswith("ppo.")))
    refuse_without_environment(experiment.task, "neat compare")
    ppo = changed(zoo_entry(experiment.task.environment).config, [c for c in set if c.startswith("ppo.")])
    defaults = {} if arms is None else {"arms": tuple(arms)}
    own = any(change.split("=")[0].strip() in ("population.size", "task.episodes") for change in set)
    config = CompareConfig(
        steps=steps, seeds=seeds, looks=looks, episodes=episodes, final_episodes=final_episodes, seed=seed,
        fit=not (as_is or own), **defaults,
    )  # fmt: skip
    folder = out or default_folder(f"compare-{experiment.name}", seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunDirectoryError(f"{folder}: cannot be written ({error}); choose another with --out") from error
    words = effort(experiment, config)
    if not quiet:
        print(f"{experiment.name}: {', '.join(config.arms)}")
        for line in words:
            print(f"  {line}")
        print(
            f"{'arm':>9}  {'seed':>11}  {'verified return':>15}  {'seconds':>8}  {'parameters':>10}  "
            f"{'budget':>6}  {'generations':>11}  {'policies':>8}"
        )

    def report(curve: Curve) -> None:
        last = curve.points[-1]
        digits = decimals([last.returns.std()], [last.mean])
        print(
            f"{curve.arm:>9}  {curve.seed:>11}  {last.mean:>15.{digits}f}  {last.seconds:>8.1f}  "
            f"{curve.parameters:>10,}  {curve.used / steps:>6.1%}  {curve.generations:>11,}  "
            f"{curve.policies or '–':>8}",
            flush=True,
        )

    try:
        result = compare(
            experiment,
            config,
            ppo=ppo,
            workers=workers or available_cores(),
            folder=folder,
            after_curve=None if quiet else report,
        )
    except BaseException as ending:
        if not isinstance(ending, Exception):  # Ctrl-C or SIGTERM
            more = () if out is not None else ("--out", str(folder))
            print(f"finished seeds are stored in {folder}. To continue: {again(*more)}", file=sys.stderr)
        raise
    text = table(result)
    print(f"\n{narrow_table(result)}\n")
    try:
        data = {**result.as_dict(), "effort": words, "machine": provenance()}
        write_atomically(folder / "comparison.json", json.dumps(finite(data)) + "\n")
        about = [*words, f"seeds: {', '.join(map(str, data['seeds']))}", made_here()]
        write_atomically(folder / "table.md", "\n".join([text, "", *(f"- {line}" for line in about), ""]))
        write_atomically(folder / "table.tex", latex_table(result, about))
        figure = curves_figure(result)
        figure.savefig(folder / "curves.png", dpi=150)
        figure.savefig(folder / "curves.svg")
    except OSError as error:
        raise RunDirectoryError(f"{folder}: cannot be written ({error}); choose another with --out") from error
    print(f"wrote curves.jsonl, comparison.json, table.md, table.tex, curves.png and curves.svg in {folder}")
    return 0
