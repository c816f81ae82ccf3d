"""`neat draw`: a picture of a champion's network, or a movie of how it grew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    target: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    out: Annotated[Path | None, option("FILE")] = None,
    theme: Literal["light", "dark"] = "light",
    innovations: bool = False,
    lineage: bool = False,
    view: Literal["genome", "substrate", "cppn", "quadtree"] = "genome",
    generation: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="N[,N ...]")]] = (),
) -> None:
    """Draw the network of a champion, inputs and outputs named as in its game; or a movie of how it grew.

    Args:
        target: A run's folder, or the file of a champion or a genome.
        out: Picture to write, by default champion.png beside the champion; its ending says the format (png, svg, pdf).
            With gif, mp4 or webp: a movie of the run's champions, one after the other.
        theme: Colours for a light or a dark page.
        innovations: Write innovation numbers on connections and nodes.
        lineage: Draw the champion's ancestry instead (by default into lineage.png): what made each ancestor, what it
            did to fitness, and when each gene was born.
        view: Of a champion with an indirect encoding: its genome, which is the CPPN; its substrate, with connections;
            the weights that the CPPN gives, as an image; or, of ES-HyperNEAT, the quadtree of each input and output
            (by default into substrate.png, and so on).
        generation: Draw the champion that the run had at this generation (0, 1, ... or last); several, as in
            0,10,last, side by side (by default into growth.png).
    """
    from experiments.display.canvas import draw_offscreen
    from experiments.display.draw import write_drawing, write_growth, write_lineage, write_view
    from experiments.display.replay import champions_at
    from experiments.folder.saved import SavedRun, load_champion

    draw_offscreen()
    if lineage:
        run = SavedRun.load(target)
        path = out or run.path / "lineage.png"
        count = write_lineage(run, path, theme=theme)
        print(f"{count} ancestors written to {path}")
        return
    if generation:
        champions = champions_at(target, generation)
        path = out or (target if target.is_dir() else target.parent) / "growth.png"
        write_growth(champions, path, theme=theme)
        print(f"Written to {path}")
        return
    if out is not None and out.suffix.lower() in (".gif", ".mp4", ".webp"):
        from experiments.display.videos import write_movie

        count = write_movie(SavedRun.load(target), out, theme=theme)
        print(f"{count} champions written to {out}")
        return
    champion = load_champion(target)
    if view != "genome":
        path = out or (target if target.is_dir() else target.parent) / f"{view}.png"
        write_view(champion, path, view, theme=theme)
        print(f"Written to {path}")
        return
    path = out or (target if target.is_dir() else target.parent) / "champion.png"
    write_drawing(champion, path, theme=theme, innovations=innovations)
    print(f"Written to {path}")
