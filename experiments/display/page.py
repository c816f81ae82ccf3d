"""The frame of an HTML page that is complete in one file: its policy forbids the browser to load anything else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["LIT", "LIVE", "page", "policy"]

LIVE = "connect-src 'self' ws://localhost:* ws://127.0.0.1:*"
"""The addresses that a page served by this machine may connect to."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; media-src data:"
LIT = "Blue is positive, orange is negative: nodes show their values, lines the signals they carry"
"""The meaning of the colours of an active network; the watch page has the same text."""


def policy(*, live: bool = False) -> str:
    """Return the Content-Security-Policy of a page: what its browser may load.

    Args:
        live: Whether the page connects to this machine, which serves it.
    """
    return f"{_POLICY}; {LIVE}" if live else _POLICY


def page(title: str, style: str, body: Iterable[str], *, live: bool = False) -> str:
    """Return an HTML document.

    Args:
        title: The title of the document, as plain text.
        style: CSS.
        body: Lines of HTML, scripts among them.
        live: Whether the page connects to this machine, which serves it.
    """
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy(live=live)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)} · neat-arena</title>",
            f"<style>{style}</style></head><body>",
            *body,
            "</body></html>\n",
        ]
    )
