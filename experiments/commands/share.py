"""`neat share`: a champion as one HTML page to hand on, in which it plays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import option

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
    """Write one HTML file in which the champion's network runs in the reader's browser, its nodes lit.

    The bundled classic games, and games of your own that bring a JavaScript file, play there, and can be poked; of
    others the page has a film, and sliders to try the network. It loads nothing and can be sent as it is.

    Args:
        directory: A run's folder, or the file of a champion or a genome.
        out: Page to write; by default share.html in the run's folder.
        title: What the page is called; by default by its game.
        task: What a genome's file plays (a Gymnasium id, a bundled experiment or a TOML file), which names no game.
        cell: Take the elite of this cell of a repertoire (`neat illuminate`), such as 12,30.
        no_video: Leave out the film of a game that does not play in a page.
        open: Show the page in a browser.
    """
    import sys
    import webbrowser

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
        with counting("filming") as told:
            film = clip(champion, told)
        if film.missing:
            print(f"no film in the page: {film.missing}", file=sys.stderr)
    page = share_html(champion, game, film, score="" if cell else score_of(directory), title=title or "")
    path = out or (directory if directory.is_dir() else directory.parent) / "share.html"
    try:
        write_atomically(path, page)
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
    filmed = film is not None and not film.missing
    what = "it plays live" if game is not None else "with a film" if filmed else "to be tried by hand"
    print(f"Written to {path} ({_size(len(page.encode()))}, {what})" + ("" if open else ": open it in a browser"))
    if open:
        webbrowser.open(path.resolve().as_uri())


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
