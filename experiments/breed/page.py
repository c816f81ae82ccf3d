"""The HTML page of `neat breed`, with its styles and its script."""

from __future__ import annotations

from importlib.resources import files

from experiments.display.page import page
from neat.visualize.svg import theme_css

__all__ = ["document"]

_BODY = """
<header>
<h1>Breed pictures</h1>
<p id="what">Choose the pictures that you like. They become the parents of the next pictures. Each is painted by a small
network.</p>
</header>
<main id="pictures" aria-label="Pictures"></main>
<footer>
<button id="breed">New pictures</button>
<button id="back" disabled>Back</button>
<span id="when"></span>
<span id="note" role="status"></span>
</footer>
"""


def document(count: int) -> str:
    """Return the page for ``count`` pictures."""
    style, program = (files("experiments.breed").joinpath(f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
    figures = "".join(
        f'<figure><button class="choice" aria-pressed="false" aria-label="Picture {i + 1}"><img alt=""></button>'
        f'<button class="save" aria-label="Save picture {i + 1}">Save</button></figure>'
        for i in range(count)
    )
    body = _BODY.replace("></main>", f">{figures}</main>")
    return page("Breed pictures", theme_css() + style, [body, f"<script>{program}</script>"], live=True)
