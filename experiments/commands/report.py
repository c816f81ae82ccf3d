"""`neat report`: one page about a run, or about several."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import option

__all__ = ["command"]

_CHARTS = "drawing charts"


def command(
    directories: Positional[Annotated[tuple[Path, ...], arg(metavar="DIR [DIR ...]")]],
    *,
    out: Annotated[Path | None, option("FILE")] = None,
    no_video: bool = False,
    elites: Annotated[int, arg(metavar="N")] = 6,
    open: bool = False,
) -> None:
    """Write one HTML page about a run: its score, its networks step by step, its evolution, its settings.

    Several runs are compared side by side. The page needs no network connection and can be sent as one file.

    Args:
        directories: Run folders.
        out: Page to write; by default report.html in the run folder, or in the current folder for several runs.
        no_video: Leave out the video of the champion, which takes some seconds to record.
        elites: For a repertoire: number of elites, far from each other, to record videos of; 0 for none.
        open: Show the page in a browser.
    """
    from functools import partial

    from environments.tasks.task import traits_of
    from experiments.display.canvas import draw_offscreen
    from experiments.display.diversity import film_cells
    from experiments.display.progress import telling
    from experiments.display.report import report_html
    from experiments.display.videos import Film, clip
    from experiments.folder.files import write_atomically
    from experiments.folder.saved import SavedRun
    from experiments.loop.ahead import compiling_ahead
    from neat.compiled.kernel import is_cached
    from neat.errors import ConfigError, RunDirectoryError

    if not directories:
        raise ConfigError("expected the folder of at least one run: neat report DIR")
    draw_offscreen()
    runs = [SavedRun.load(path) for path in directories]

    def film(run: SavedRun) -> Film | None:
        if not traits_of(run.champion.task).scene:
            return None
        made = clip(run.champion, lambda steps: tell(f"recording {run.name}: step {steps:,}"))
        tell(_CHARTS)
        if made.missing:
            print(f"{run.name}: no video in the report: {made.missing}", file=sys.stderr)
        return made

    def elite_films(run: SavedRun) -> dict[str, bytes]:
        found = {}
        for cell, champion in [] if no_video or not traits_of(run.champion.task).scene else film_cells(run, elites):
            made = clip(champion, lambda steps, cell=cell: tell(f"cell {cell}: step {steps:,}"))  # type: ignore[misc]
            if not made.missing:
                found[cell] = made.narrow
        return found

    path = out or (runs[0].path if len(runs) == 1 else Path()) / "report.html"
    compiling = not (no_video or is_cached("neat.networks.network"))
    with telling(_CHARTS) as tell, compiling_ahead(compiling, "compile_network"):
        films = [None if no_video else partial(film, run) for run in runs]
        filmed = [elite_films(run) for run in runs]
        page = report_html(runs, films, filmed)
    try:
        write_atomically(path, page)
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
    print(f"Written to {path}" + ("" if open else ": open it in a browser"))
    if open:
        webbrowser.open(path.resolve().as_uri())
