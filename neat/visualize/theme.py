"""Colours of pictures: one light and one dark theme, told apart with any common colour vision.

The hues are those of Okabe & Ito (2008), "Color Universal Design". Sign is blue against vermilion, never red against
green, and nothing is said by hue alone: disabled connections are also dashed, recurrent ones are also arcs.
"""

from __future__ import annotations

from dataclasses import dataclass

from neat.errors import ConfigError, did_you_mean

__all__ = ["DARK", "LIGHT", "THEMES", "Theme", "find_theme", "mix", "readable_on"]


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours, as ``#rrggbb``, by what they stand for.

    Attributes:
        name: How command lines call it.
        background: Behind everything.
        ink: Text and outlines.
        muted: Less important text, axes.
        grid: Grid lines.
        positive: Connections of positive weight.
        negative: Connections of negative weight.
        disabled: Disabled connections.
        input: Fill of input and bias nodes.
        output: Fill of output nodes.
        hidden: Fill of hidden nodes.
        matching: Genes that both genomes have.
        disjoint: Genes of one genome within the range of the other's innovation numbers.
        excess: Genes of one genome beyond that range.
        cycle: Colours given in turn to species and to lines of a chart.
    """

    name: str
    background: str
    ink: str
    muted: str
    grid: str
    positive: str
    negative: str
    disabled: str
    input: str
    output: str
    hidden: str
    matching: str
    disjoint: str
    excess: str
    cycle: tuple[str, ...]

    def colour(self, role: str) -> str:
        """Return the colour of a role: the name of one of this record's fields."""
        return str(getattr(self, role))


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1f2328",
    muted="#59636e",
    grid="#d8dee4",
    positive="#0072b2",
    negative="#d55e00",
    disabled="#9aa4ae",
    input="#e4e9ee",
    output="#c9d3dc",
    hidden="#ffffff",
    matching="#7a858f",
    disjoint="#009e73",
    excess="#b8508a",
    cycle=("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a7a00", "#7f6bb3"),
)
DARK = Theme(
    name="dark",
    background="#14181d",
    ink="#e6edf3",
    muted="#9aa7b4",
    grid="#30373f",
    positive="#56b4e9",
    negative="#f0883e",
    disabled="#65707c",
    input="#2b333c",
    output="#42505e",
    hidden="#1d242c",
    matching="#8b97a3",
    disjoint="#2fc79a",
    excess="#e08bbd",
    cycle=("#56b4e9", "#e69f00", "#2fc79a", "#e08bbd", "#3d8fd1", "#f0883e", "#d9cc3c", "#a695dd"),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


def find_theme(theme: Theme | str) -> Theme:
    """Return a theme given by name, or the theme itself.

    Raises:
        ConfigError: No theme has that name.
    """
    if isinstance(theme, Theme):
        return theme
    if theme not in THEMES:
        raise ConfigError(f"unknown theme {theme!r}: expected one of {', '.join(THEMES)}{did_you_mean(theme, THEMES)}")
    return THEMES[theme]


def mix(colour: str, other: str, share: float) -> str:
    """Return ``share`` of one ``#rrggbb`` colour and the rest of another."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def readable_on(colour: str) -> str:
    """Return black or white, whichever stands out more on a ``#rrggbb`` colour."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return "#000000" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else "#ffffff"
