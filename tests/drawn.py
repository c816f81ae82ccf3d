"""What a figure really draws: its texts and where they come to lie, for tests of pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure


def drawn_texts(figure: Figure) -> list[tuple[str, np.ndarray]]:
    """Every text that drawing the figure puts on it, with its box in pixels: left, bottom, right, top."""
    found = {}
    plain = RendererAgg.draw_text

    def draw_text(renderer, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if mtext is not None and s.strip():
            found[id(mtext)] = (mtext.get_text(), mtext.get_window_extent(renderer).extents)
        return plain(renderer, gc, x, y, s, prop, angle, ismath=ismath, mtext=mtext)

    if not isinstance(figure.canvas, FigureCanvasAgg):
        FigureCanvasAgg(figure)
    RendererAgg.draw_text = draw_text
    try:
        figure.canvas.draw()
    finally:
        RendererAgg.draw_text = plain
    return list(found.values())


def check_inside(figure: Figure) -> None:
    """Every text lies inside the figure."""
    texts = drawn_texts(figure)
    right, top = figure.bbox.width, figure.bbox.height
    cut = [(t, b.round(1).tolist()) for t, b in texts if b[0] < 0 or b[1] < 0 or b[2] > right or b[3] > top]
    assert not cut, f"cut off by the border of {right} × {top} pixels"
    assert texts


def check_apart(figure: Figure, what: object = "") -> None:
    """No two texts overlap; ``what`` tells figures apart where they do."""
    texts = drawn_texts(figure)
    left, bottom, right, top = np.array([box for _, box in texts]).reshape(-1, 4).T
    over = (left[:, None] < right - 0.5) & (right[:, None] > left + 0.5)
    over &= (bottom[:, None] < top - 0.5) & (top[:, None] > bottom + 0.5)
    np.fill_diagonal(over, False)
    assert not [(texts[i][0], texts[j][0]) for i, j in np.argwhere(over) if i < j], what
