"""Width of text without a renderer, so that a layout is the same on every machine and needs no Matplotlib."""

from __future__ import annotations

__all__ = ["LINE_HEIGHT", "rendered_width", "shorten", "text_width"]

LINE_HEIGHT = 1.25
"""Height of a line of text, in font sizes."""

# Advance widths of DejaVu Sans (Matplotlib's own font; common screen fonts are narrower), in hundredths of the font
# size, for the characters from space to tilde.
_ADVANCES = (
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 "
    "63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 "
    "58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
)
_WIDTHS = {chr(32 + i): int(advance) / 100 for i, advance in enumerate(_ADVANCES.split())}
_WIDEST = 1.0
_HINTED = 1.06


def text_width(text: str, size: float) -> float:
    """Return the width of one line of text set in DejaVu Sans, in the unit of the font size."""
    return size * sum(_WIDTHS.get(character, _WIDEST) for character in text)


def rendered_width(text: str, size: float) -> float:
    """Return the most room that a renderer takes for one line of text: small text in whole pixels comes out wider."""
    return _HINTED * text_width(text, size)


def shorten(text: str, size: float, width: float) -> str:
    """Return ``text``, cut with an ellipsis where it is wider than ``width``."""
    if rendered_width(text, size) <= width:
        return text
    while text and rendered_width(text + "…", size) > width:
        text = text[:-1].rstrip()
    return text + "…"
