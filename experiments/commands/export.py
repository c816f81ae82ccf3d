"""`neat export`: write a champion for other programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from experiments.commands import option

if TYPE_CHECKING:
    from experiments.folder.champion import Champion
    from neat.errors import MissingExtraError
    from neat.exporters.exporting import Exported
    from neat.exporters.policy_plan import PolicyPlan

__all__ = ["command"]


def command(
    target: Positional[Annotated[Path, arg(metavar="RUN")]],
    *,
    to: Annotated[tuple[str, ...], arg(metavar="TARGET ...")],
    out: Annotated[Path | None, option("DIR")] = None,
    name: Annotated[str, arg(metavar="NAME")] = "policy",
    precision: Literal["double", "single"] = "double",
    drop: Annotated[float, arg(metavar="X")] = 0.0,
    play: Annotated[int, arg(metavar="N")] = 0,
    task: Annotated[str | None, option("TARGET")] = None,
) -> int:
    """Export a champion to other programs: observation scaling, the network with its memory, and the choice of actions.

    Every file is tested first: the tool for it (Python, a C compiler, Node, onnxruntime, PyTorch) runs it on
    observations from the champion's game. If its outputs differ from the network's by more than 1e-6 (1e-4 in single
    precision), it is not written.

    Args:
        target: A run's folder, or the file of a champion or a genome.
        to: One or more of {targets}.
        out: Folder to write into, by default RUN/export.
        name: Name of files and identifiers.
        precision: 64-bit or 32-bit numbers, for c, onnx and torch.
        drop: For formulas: omit small terms as long as no output changes by more than this.
        play: Also play this many fresh episodes with the files and with the network. If their returns differ, the exit
            code is 1.
        task: The game of a genome's file (a Gymnasium id, a bundled experiment or a TOML file): it does not name one.
    """
    from environments.tasks.settings import NO_GAME
    from experiments.display.progress import telling
    from experiments.folder.exportable import Exportable
    from experiments.folder.saved import load_champion
    from neat.errors import ConfigError
    from neat.exporters.exporting import export

    if play < 0:
        raise ConfigError(f"--play: expected at least 0 episodes, got {play}")
    champion = load_champion(target, task)
    if play and champion.task.environment == NO_GAME:
        raise ConfigError("--play: this champion has no game; give one with --task")
    folder = out or (target if target.is_dir() else target.parent) / "export"
    source = Exportable(champion)
    able, missing = _with_packages(to)
    with telling("writing and testing " + ", ".join(able)):
        done = export(source, able, folder, name=name, precision=precision, drop=drop)
    for exported in done:
        print(exported)
    print(f"Written to {folder}")
    for target_, error in missing.items():
        print(f"{target_}: not written: {error}", file=sys.stderr)
    alike = not play or _all_alike(champion, source.policy_plan(), done, play)
    return 0 if alike and not missing else 1


def _with_packages(targets: Sequence[str]) -> tuple[list[str], dict[str, MissingExtraError]]:
    """Return the targets whose packages are installed, and the errors of the others.

    Raises:
        MissingExtraError: There is no target left.
    """
    from neat.errors import MissingExtraError
    from neat.exporters.registry import EXPORTERS

    missing: dict[str, MissingExtraError] = {}
    for target in targets:
        try:
            EXPORTERS[target]()
        except MissingExtraError as error:
            missing[target] = error
    able = [target for target in targets if target not in missing]
    if missing and not able:
        raise next(iter(missing.values()))
    return able, missing


def _all_alike(champion: Champion, policy: PolicyPlan, done: Sequence[Exported], episodes: int) -> bool:
    """Play the first episodes of `neat verify` with exported files; return whether all returns equal the network's."""
    from environments.playing.episode import verification_seeds
    from environments.watching.exporting import play_exported
    from experiments.loop.selection import REPORT
    from neat.exporters.checking import Reference
    from neat.exporters.exporting import playing

    seeds = verification_seeds(champion.seed, episodes, REPORT)
    expected = play_exported(Reference(policy), champion.task, seeds)
    print(f"Mean return over {episodes} fresh episodes: {sum(expected) / episodes:.10g} by the network")
    alike = True
    for exported in done:
        with playing(exported, policy) as player:
            if player is None:
                print(f"  not played: {exported.target}")
                continue
            returns = play_exported(player, champion.task, seeds)
        same = sum(a == b for a, b in zip(returns, expected, strict=True))
        alike = alike and same == episodes
        print(f"  {sum(returns) / episodes:.10g} by {exported.target}, equal in {same} of {episodes} episodes")
    return alike
