"""The frame of a page that stands by itself: nothing is loaded from elsewhere, whatever the page says."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["LIT", "LIVE", "page", "policy"]

LIVE = "connect-src 'self' ws://localhost:* ws://127.0.0.1:*"
"""What a page may talk to that this machine serves."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; media-src data:"
LIT = "Blue is positive, orange negative: nodes show their values, lines what they carry"
"""What the colours of a network at play mean; the watcher's page says it too."""


def policy(*, live: bool = False) -> str:
    """Return what a browser may load; ``live``: of a page that talks to this machine."""
    return f"{_POLICY}; {LIVE}" if live else _POLICY


def page(title: str, style: str, body: Iterable[str], *, live: bool = False) -> str:
    """Return an HTML document.

    Args:
        title: What the browser calls it, as text.
        style: CSS.
        body: Lines of HTML, scripts among them.
        live: Whether it talks to this machine, which serves it.
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
