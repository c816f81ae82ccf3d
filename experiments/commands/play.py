"""`neat play`: watch the champion of a run, in a window or as a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    video: Annotated[Path | None, option("FILE")] = None,
    network: bool = False,
    wave: bool = False,
    episodes: Annotated[int, arg(metavar="N")] = 1,
    seed: Annotated[int | None, option("N")] = None,
    task: Annotated[str | None, option("TARGET")] = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> int:
    """Watch the champion of a run play, in a window or as a video.

    Args:
        directory: A run's folder, or the file of a champion or a genome.
        video: Write a video instead of opening a window; its ending says which kind (.mp4, .gif, .webp). With several
            episodes, each has a file of its own, numbered.
        network: Show the network beside the game, its nodes lit as it plays.
        wave: Show every pass through a network of time steps, one picture each (with --network).
        episodes: How many episodes to play.
        seed: Which episodes, any number; by default those that the run was verified on.
        task: What a genome's file plays (a Gymnasium id, a bundled experiment or a TOML file), which names no game.
        theme: Colours of the network (with --network): auto goes with the game's own background.
    """
    from environments import make_task, record, show, verification_seeds
    from experiments.progress import counting
    from experiments.saved import load_champion
    from experiments.videos import Score, record_with_network, show_with_network
    from neat.errors import ConfigError, EvaluationError

    if episodes < 1:
        raise ConfigError(f"--episodes: expected at least 1, got {episodes}")
    if wave and not network:
        raise ConfigError("--wave: shows how activation spreads through the network, so it needs --network")
    champion = load_champion(directory, task)
    name = make_task(champion.task).name
    colours = None if theme == "auto" else theme
    seeds = verification_seeds(champion.seed if seed is None else seed, episodes)
    for number, episode in enumerate(seeds, start=1):
        if video is not None:
            file = video if episodes == 1 else video.with_stem(f"{video.stem}-{number}")
            if network:
                with counting("filming") as told:
                    score = Score(told=told)
                    result, steps = record_with_network(
                        champion, file, seed=episode, score=score, theme=colours, wave=wave
                    )
            else:
                result, steps = record(
                    champion.task, champion.genome, champion.network, file, seed=episode, scaling=champion.scaling
                )
            print(f"{name}: return {result:.2f} in {steps} steps, written to {file}")
            continue
        try:
            if network:
                result, steps = show_with_network(champion, seed=episode, theme=colours, wave=wave)
            else:
                result, steps = show(
                    champion.task, champion.genome, champion.network, seed=episode, scaling=champion.scaling
                )
        except EvaluationError as error:
            raise EvaluationError(f"{error} (--video FILE.mp4)") from None
        print(f"{name}: return {result:.2f} in {steps} steps")
    return 0
