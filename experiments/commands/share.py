"""`neat share`: one HTML page in which a champion plays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import open_in_browser, option

__all__ = ["command"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="RUN")]],
    *,
    out: Annotated[Path | None, option("FILE")] = None,
    title: Annotated[str | None, option("TEXT")] = None,
    task: Annotated[str | None, option("TARGET")] = None,
    cell: Annotated[str | None, option("CELL")] = None,
    no_video: bool = False,
    open: bool = False,
) -> None:
    """Write one HTML file in which the champion's network runs in the reader's browser, with active nodes lit.

    The champion plays the bundled classic games there, and your own games if they have a JavaScript file; the reader
    can disturb the game. For other games, the page has a video, and sliders to try the network. The file needs no
    network connection and can be sent as it is.

    Args:
        directory: A run folder, or the file of a champion or a genome.
        out: Page to write; by default share.html in the run folder.
        title: Title of the page; by default the name of the game.
        task: Task to play, for a genome file, which does not name one (a Gymnasium id, a bundled experiment or a TOML
            file).
        cell: Use the elite of this cell of a repertoire (`neat illuminate`), such as 12,30.
        no_video: Leave out the video.
        open: Show the page in a browser.
    """
    import sys

    from environments.watching.recording import watchable
    from experiments.display.canvas import draw_offscreen
    from experiments.display.progress import counting
    from experiments.display.videos import clip
    from experiments.folder.files import write_atomically
    from experiments.folder.saved import load_champion
    from experiments.share.facts import score_of
    from experiments.share.games import live_game
    from experiments.share.page import share_html
    from neat.errors import RunDirectoryError

    champion = load_champion(directory, task, cell)
    game = live_game(champion.task)
    film = None
    if game is None and not no_video and watchable(champion.task):
        draw_offscreen()
        with counting("recording a video") as told:
            film = clip(champion, told)
        if film.missing:
            print(f"no video in the page: {film.missing}", file=sys.stderr)
    page = share_html(champion, game, film, score="" if cell else score_of(directory), title=title or "")
    path = out or (directory if directory.is_dir() else directory.parent) / "share.html"
    try:
        write_atomically(path, page)
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
    filmed = film is not None and not film.missing
    what = "it plays in the page" if game is not None else "with a video" if filmed else "with sliders"
    print(f"Written to {path} ({_size(len(page.encode()))}, {what})" + ("" if open else ": open it in a browser"))
    if open:
        open_in_browser(path.resolve().as_uri())


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
