"""`neat list`: the bundled experiments, and Gymnasium's environments."""

from __future__ import annotations

from typing import Any

__all__ = ["command"]


def command(*, environments: bool = False, json: bool = False) -> int:
    """List the bundled experiments, and whether the packages they need are installed.

    Args:
        environments: List the ids of all registered environments instead.
        json: Print JSON.
    """
    import json as writer

    from experiments.targets import bundled, environment_ids, load

    if environments:
        ids = environment_ids()
        print(writer.dumps(ids) if json else "\n".join(ids))
        return 0
    rows = [_row(name, load(name)) for name in bundled()]
    if json:
        print(writer.dumps(rows))
        return 0
    width = max(len(row["name"]) for row in rows)
    wide = max(len(row["environment"]) for row in rows)
    print(f"{'experiment':<{width}}  {'environment':<{wide}}  solved at  what it is")
    for row in rows:
        threshold = "-" if row["threshold"] is None else f"{row['threshold']:g}"
        missing = f"  [not installed: {row['missing']}]" if row["missing"] else ""
        print(f"{row['name']:<{width}}  {row['environment']:<{wide}}  {threshold:>9}  {row['description']}{missing}")
    print("\nneat run NAME evolves one; neat list --environments shows every environment that can be run by its id.")
    return 0


def _row(name: str, experiment: Any) -> dict[str, Any]:
    """Return what is shown of one experiment. No environment is created: that could compile a game."""
    from environments import make_task
    from environments.making.environment import find_spec, missing_extra
    from environments.tasks.registry import is_registered

    task = experiment.task
    if is_registered(task):
        threshold, extra = make_task(task).threshold, ""
    else:
        spec = find_spec(task.environment)
        threshold = spec.reward_threshold if task.threshold is None else task.threshold
        extra = missing_extra(task.environment)
    return {
        "name": name,
        "environment": task.environment,
        "threshold": threshold,
        "missing": f'pip install "neat-arena[{extra}]"' if extra else None,
        "description": experiment.description,
    }
