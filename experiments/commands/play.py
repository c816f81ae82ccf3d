"""`neat play`: watch the champion of a run, in a window or as a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

if TYPE_CHECKING:
    from experiments.display.videos import Player

__all__ = ["command"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    video: Annotated[Path | None, option("FILE")] = None,
    network: bool = False,
    wave: bool = False,
    generation: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="N[,N ...]")]] = (),
    human: bool = False,
    cell: Annotated[str | None, option("CELL")] = None,
    episodes: Annotated[int, arg(metavar="N")] = 1,
    seed: Annotated[int | None, option("N")] = None,
    task: Annotated[str | None, option("TARGET")] = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> int:
    """Watch the champion of a run play, in a window or as a video; or earlier champions, side by side.

    In the window, Space pauses, Right shows one step, - and + change the speed, and Q closes it. With --human the arrow
    keys and Space are for playing.

    Args:
        directory: A run folder, or the file of a champion or a genome.
        video: Write a video instead of opening a window; the file extension selects the format (.mp4, .gif, .webp).
            With several episodes, each gets a numbered file.
        network: Show the network beside the game, with its active nodes lit.
        wave: Show every pass of a network with several passes, one image each (with --network).
        generation: Watch the champion of this generation (0, 1, ... or last); several, as in 0,10,last, play the same
            episode side by side.
        human: Play the same episode beside the champion, with the arrow keys and Space; both scores are printed.
        cell: Use the elite of this cell of a repertoire (`neat illuminate`), such as 12,30.
        episodes: Number of episodes.
        seed: Any number selects other episodes; by default those of the run's verification.
        task: Task to play, for a genome file, which does not name one (a Gymnasium id, a bundled experiment or a TOML
            file).
        theme: Colours of the network (with --network); auto matches the game's background.
    """
    from environments import make_task, show, verification_seeds
    from environments.watching.stage import draws_pictures
    from experiments.display.canvas import draw_offscreen
    from experiments.display.progress import counting
    from experiments.display.replay import champions_at
    from experiments.display.videos import Look, Player, film, watch
    from experiments.folder.saved import load_champion
    from neat.errors import ConfigError, EvaluationError

    if episodes < 1:
        raise ConfigError(f"--episodes: expected at least 1, got {episodes}")
    if wave and not network:
        raise ConfigError("--wave: shows how activation spreads through the network, so it needs --network")
    if human and (video is not None or network or len(generation) > 1):
        raise ConfigError("--human: goes with neither --video nor --network, nor with several generations")
    champions = champions_at(directory, generation) if generation else [("", load_champion(directory, task, cell))]
    first = champions[0][1]
    played = make_task(first.task).name
    look = Look(network=network, wave=wave, theme=None if theme == "auto" else theme)
    own_window = not human and video is None and len(champions) == 1 and not network and not draws_pictures(first.task)
    if not own_window:
        draw_offscreen()
    for number, episode in enumerate(verification_seeds(first.seed if seed is None else seed, episodes), start=1):
        players = [Player(champion, name) for name, champion in champions]
        if human:
            if not _human(played, players[0], seed=episode):
                break
            continue
        if video is not None:
            file = video if episodes == 1 else video.with_stem(f"{video.stem}-{number}")
            with counting("recording a video") as told:
                for player in players:
                    player.score.told = told
                film(players, file, look, seed=episode)
            *lines, end = _results(played, players, named=bool(generation))
            print("\n".join([*lines, f"{end}, written to {file}"]))
            continue
        try:
            if own_window:
                total, steps = show(first.task, first.genome, first.network, seed=episode, scaling=first.scaling)
                players[0].score.total, players[0].score.steps, players[0].score.ended = total, steps, True
                seen = True
            else:
                seen = watch(players, look, seed=episode)
        except EvaluationError as error:
            hint = " (--video FILE.mp4)" if "no screen" in str(error) else ""
            raise EvaluationError(f"{error}{hint}") from None
        for line in _results(played, players, named=bool(generation)):
            print(line)
        if not seen:
            break
    return 0


def _human(task: str, champion: Player, *, seed: int) -> bool:
    """Let a person play beside the champion, and print both scores; return whether the episode came to its end."""
    import dataclasses

    from experiments.display.human import play_beside
    from experiments.display.videos import Player

    got = play_beside(champion, seed=seed)
    if got is None:
        return False
    both = [Player(champion.champion, "you", got), dataclasses.replace(champion, name="champion")]
    print("\n".join(_results(task, both, named=True)))
    return got.ended


def _results(task: str, players: list[Player], *, named: bool) -> list[str]:
    """Return a line about the episode of each player. An episode that was not played to its end has no return."""
    lines = []
    for player in players:
        score, who = player.score, f"{task}, {player.name}" if named else task
        steps = f"{score.steps:,} step" if score.steps == 1 else f"{score.steps:,} steps"
        if score.ended:
            lines.append(f"{who}: return {score.total:.2f} in {steps}")
        else:
            lines.append(f"{who}: closed after {steps}, before the end of the episode (so far {score.total:.2f})")
    return lines
