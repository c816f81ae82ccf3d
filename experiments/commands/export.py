"""`neat export`: write a champion for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from experiments.commands import option

if TYPE_CHECKING:
    from experiments.folder.champion import Champion
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
    """Write a champion as a program: observation scaling, the network with its memory, and the choice of actions.

    Before a file is kept, it is run with the tool for it (Python, a C compiler, Node, onnxruntime, PyTorch) on
    observations of the champion's own game. If its outputs differ from the network's by more than 1e-6 (1e-4 in single
    precision), it is rejected.

    Args:
        target: A run's folder, or the file of a champion or a genome.
        to: One or more of {targets}.
        out: Folder to write into, by default RUN/export.
        name: What files and identifiers are called.
        precision: Numbers of 64 or 32 bits, for c, onnx and torch.
        drop: Of formulas: leave small terms out as long as no output changes by more than this.
        play: Also play this many fresh episodes from the files, in the game itself, beside the network. Ends with exit
            code 1 if a score is another one.
        task: What a genome's file plays (a Gymnasium id, a bundled experiment or a TOML file), which names no game.
    """
    from environments.tasks.settings import NO_GAME
    from experiments.folder.exportable import Exportable
    from experiments.folder.saved import load_champion
    from neat.errors import ConfigError
    from neat.exporters.exporting import export

    if play < 0:
        raise ConfigError(f"--play: expected at least 0 episodes, got {play}")
    champion = load_champion(target, task)
    if play and champion.task.environment == NO_GAME:
        raise ConfigError("--play: this champion has no game; --task names one")
    folder = out or (target if target.is_dir() else target.parent) / "export"
    source = Exportable(champion)
    done = export(source, to, folder, name=name, precision=precision, drop=drop)
    for exported in done:
        print(exported)
    print(f"Written to {folder}")
    if not play:
        return 0
    return 0 if _all_alike(champion, source.policy_plan(), done, play) else 1


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
