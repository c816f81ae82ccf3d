"""A champion's network as a picture file."""

from __future__ import annotations

from pathlib import Path

from experiments.directory import Champion
from experiments.saved import names_for
from neat.errors import ConfigError, RunDirectoryError, did_you_mean

__all__ = ["write_drawing"]

_FORMATS = ("png", "svg", "pdf", "jpg")


def write_drawing(champion: Champion, path: Path, *, theme: str = "light", innovations: bool = False) -> None:
    """Draw a champion's network into a file, on a canvas on which it has room.

    Args:
        champion: What to draw.
        path: Where; the ending says the format.
        theme: ``"light"`` or ``"dark"``.
        innovations: Whether to write innovation numbers.

    Raises:
        ConfigError: The ending is none of a picture, or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in _FORMATS:
        raise ConfigError(
            f"{path}: expected a name ending in {', '.join('.' + name for name in _FORMATS)}, got {path.suffix!r}"
            f"{did_you_mean(kind, _FORMATS)}"
        )
    from matplotlib.figure import Figure

    from neat.visualize import arrange, default_size, draw_genome, find_theme

    placed = arrange(champion.genome)
    width, height = default_size(placed, innovations=innovations)
    figure = Figure(figsize=(width / 72, height / 72), facecolor=find_theme(theme).background)
    draw_genome(
        champion.genome,
        ax=figure.add_axes((0.0, 0.0, 1.0, 1.0)),
        theme=theme,
        innovations=innovations,
        placed=placed,
        **names_for(champion.task, champion.genome),
    )
    try:
        figure.savefig(path, dpi=160)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
