"""The report of results: a Markdown table of all tasks with PPO's published figures, and one of all runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.studies.leaderboard import count
from experiments.studies.provenance import made_with
from experiments.studies.results import FinishedRun, TaskResult
from experiments.studies.zoo import zoo_entry

__all__ = ["runs_table", "table", "words"]

_ARS = "-ars"
_OTHERS = {"HalfCheetah-v5": (5819.1, 663.5, 1_000_000)}
"""The zoo's PPO where `experiments.studies.zoo` has no settings: mean, standard deviation, steps (of
HalfCheetah-v3)."""


def table(results: Sequence[TaskResult]) -> str:
    """Return a row for each task: the share of runs that reach the goal, their returns, and their cost.

    If there are results of experiments called ``NAME-ars``, they are another column: the results of augmented random
    search alone on the task of ``NAME``.
    """
    alone = {result.name.removesuffix(_ARS): result for result in results if result.name.endswith(_ARS)}
    lines = [
        "| task | goal | runs that reach it (95% interval) | verified return | worst run | steps | seconds "
        f"| connections | hidden |{' ARS |' if alone else ''} PPO |",
        f"|---|---|---|---|---|---|---|---|---|{'---|' if alone else ''}---|",
    ]
    for result in results:
        figures = result.as_dict()
        sd = "" if result.sd is None else f" ± {result.sd:,.1f}"
        lines.append(
            f"| {_task(result)} | {_goal(result)} | {_share(result)} | {result.mean:,.1f}{sd} "
            f"| {figures['worst']:,.1f} | {count(figures['steps_median'])} | {figures['seconds_median']:,.1f} "
            f"| {figures['connections_mean']:,.1f} | {figures['hidden_mean']:,.1f} "
            f"{f'| {_mean(alone.get(result.name))} ' if alone else ''}| {_ppo(result.environment)} |"
        )
    return "\n".join(lines)


def runs_table(results: Sequence[TaskResult]) -> str:
    """Return a row for each run, failures included."""
    lines = [
        "| experiment | seed | reached | verified return | generations | evaluations | steps | seconds | connections "
        "| hidden |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for row in result.rows:
            reached = "–" if result.goal is None else "yes" if row.mean >= result.goal else "no"
            lines.append(
                f"| {row.experiment} | {row.seed} | {reached} | {row.mean:,.2f} ± {row.sd:,.2f} | {row.generations:,} "
                f"| {row.evaluations:,} | {row.all_steps:,} | {row.seconds:,.1f} | {row.connections} | {row.hidden} |"
            )
    return "\n".join(lines)


def words(rows: Sequence[FinishedRun]) -> list[str]:
    """Return notes on the columns of the table, and on the versions and backends of its runs."""
    backends = sorted({f"{row.experiment}: {row.backend}" for row in rows if row.backend != "auto"})
    episodes = sorted({row.episodes for row in rows})
    lines = [
        f"Verified return: the mean over {_listed(episodes)} fresh episodes of Gymnasium's own environment, which were "
        "not used to choose the champion. The table has the mean ± standard deviation of this over the runs.",
        "A run reaches the goal if its verified return does. The interval of the share is Wilson's.",
        "Steps: all environment steps of a run, including trials and verification. Seconds: its wall-clock time. Both "
        "are medians over all runs, also those that miss the goal. Connections (enabled) and hidden nodes: means over "
        "the champions.",
        "PPO: one trained agent each, as published by RL Baselines3 Zoo (benchmark.md): mean ± standard deviation over "
        "its episodes, and the number of training steps. LunarLander and HalfCheetah are earlier versions there "
        "(LunarLander-v2, HalfCheetah-v3).",
    ]
    if any(row.experiment.endswith(_ARS) for row in rows):
        lines.append("ARS: augmented random search alone, by the experiment NAME-ars: mean, and steps (median).")
    if backends:
        lines.append(f"Backends other than the default: {', '.join(backends)}.")
    lines.append(made_with(rows))
    return lines


def _task(result: TaskResult) -> str:
    return f"{result.environment} (`{result.name}`)"


def _mean(result: TaskResult | None) -> str:
    """Return mean, standard deviation and steps of some runs, in the form of the PPO column."""
    if result is None:
        return "–"
    sd = "" if result.sd is None else f" ± {result.sd:,.1f}"
    return f"{result.mean:,.1f}{sd}, {count(result.as_dict()['steps_median'])}"


def _goal(result: TaskResult) -> str:
    return "–" if result.goal is None else f"{result.goal:,g}"


def _share(result: TaskResult) -> str:
    if result.interval is None:
        return f"{len(result.rows)} runs"
    low, high = result.interval
    return f"{result.reached} of {len(result.rows)} ({low:.0%} – {high:.0%})"


def _ppo(environment: str) -> str:
    entry = zoo_entry(environment)
    mean, sd, steps = _OTHERS.get(environment, (entry.mean, entry.sd, entry.steps))
    return "–" if math.isnan(mean) else f"{mean:,.1f} ± {sd:,.1f}, {count(steps)}"


def _listed(values: Sequence[int]) -> str:
    return " or ".join(f"{value:,}" for value in values)
