"""`neat report`: one page about a run, or about several."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import open_in_browser, option

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
    from environments.tasks.task import traits_of
    from experiments.display.canvas import draw_offscreen
    from experiments.display.diversity import film_cells
    from experiments.display.progress import telling
    from experiments.display.recording import recorded
    from experiments.display.report import report_html
    from experiments.display.videos import Film
    from experiments.folder.files import write_atomically
    from experiments.folder.saved import SavedRun
    from experiments.repertoire.folder import FOLDER, read_figures
    from neat.errors import ConfigError, RunDirectoryError

    if not directories:
        raise ConfigError("expected the folder of at least one run: neat report DIR")
    draw_offscreen()
    runs = [SavedRun.load(path) for path in directories]
    for run in runs:
        if (run.path / FOLDER).is_dir():
            read_figures(run.path)  # a damaged file is an error before videos are recorded
    shown = [not no_video and traits_of(run.champion.task).scene for run in runs]
    cells = [film_cells(run, elites) if scene else [] for run, scene in zip(runs, shown, strict=True)]
    champions = [(run.path, None) for run, scene in zip(runs, shown, strict=True) if scene]
    others = [(run.path, cell) for run, names in zip(runs, cells, strict=True) for cell in names]
    path = out or (runs[0].path if len(runs) == 1 else Path()) / "report.html"
    if not path.parent.is_dir():
        raise RunDirectoryError(f"cannot write {path}: there is no folder {path.parent}")
    with telling(_CHARTS) as tell, recorded([*champions, *others]) as made:
        waiting = iter(made)
        films = [next(waiting) if scene else None for scene in shown]
        filmed = [{name: next(waiting) for name in names} for names in cells]

        def film(number: int) -> Film | None:
            wanted = films[number]
            if wanted is None:
                return None
            tell(f"recording {runs[number].name}")
            found = wanted()
            tell(_CHARTS)
            if found.missing:
                print(f"{runs[number].name}: no video in the report: {found.missing}", file=sys.stderr)
            return found

        def elite_films(number: int) -> dict[str, bytes]:
            found = {}
            for cell, wanted in filmed[number].items():
                tell(f"recording cell {cell}")
                if (one := wanted()).narrow:
                    found[cell] = one.narrow
            return found

        each = range(len(runs))
        page = report_html(runs, [partial(film, n) for n in each], [partial(elite_films, n) for n in each])
    try:
        write_atomically(path, page)
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
    print(f"Written to {path}" + ("" if open else ": open it in a browser"))
    if open:
        open_in_browser(path.resolve().as_uri())
