"""One HTML file in which a champion's network runs: it plays its game there, or answers to sliders beside a film.

The page holds everything itself and forbids the browser to load anything from elsewhere.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from environments.making.environment import make_environment
from environments.playing.genome_policy import game_of
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import NO_GAME
from environments.watching.exporting import plan_of
from experiments.display.page import LIT, page
from experiments.display.report import film_html
from experiments.folder.champion import Champion
from experiments.folder.names import names_for
from experiments.share.games import LiveGame
from experiments.share.modules import enclosed
from experiments.share.picture import network_svg, slots
from neat.errors import ConfigError
from neat.exporters.javascript import module_text
from neat.exporters.policy_plan import Choice
from neat.genes.kinds import NodeKind
from neat.version import __version__

if TYPE_CHECKING:
    from experiments.display.videos import Film

__all__ = ["share_html"]

_SLIDERS = 24
"""Inputs that are offered as sliders, at most."""
_WIDE = 100.0
"""Bounds of an input beyond these are no range for a slider."""
_LARGEST = 16 << 20
"""Bytes of a network's program, at most."""


def share_html(
    champion: Champion, game: LiveGame | None, film: Film | None = None, *, score: str = "", title: str = ""
) -> str:
    """Return the page.

    Args:
        champion: Whose network it is.
        game: Its game in JavaScript, if there is one.
        film: Its champion at play, for a game that is not.
        score: What it has reached, in a line.
        title: What the page is called; by default by its game.

    Raises:
        ConfigError: The policy cannot be exported (`environments.watching.exporting.plan_of`), or is too large.
    """
    from neat.visualize.svg import theme_css

    champion = champion.expanded()
    names = names_for(champion.task, champion.genome, champion.names)
    policy = plan_of(champion.genome, champion.network, champion.task, scaling=champion.scaling, **names)
    own = champion.task.environment
    title = title or ("A network" if own == NO_GAME else own.rpartition(":")[2].rpartition("/")[2])
    program = module_text(policy, slots(champion.genome, policy))
    if len(program) > _LARGEST:
        raise ConfigError(
            f"the network is too large for a page: its program has {len(program) >> 20} MB, at most "
            f"{_LARGEST >> 20} are taken (neat export writes it as a file)"
        )
    svg, note = network_svg(champion.genome, policy.input_names, policy.output_names)
    choice = policy.actions[0] if len(policy.actions) == 1 and isinstance(policy.actions[0], Choice) else None
    outputs = np.flatnonzero(champion.genome.nodes["kind"] == NodeKind.OUTPUT.value).tolist()
    about = {
        "settings": dict(game.settings) if game else {},
        "maxSteps": game.max_steps if game else None,
        "choices": {str(choice.start + i): outputs[i] for i in range(choice.count)} if choice else {},
    }
    drawn = f'<div class="network">{svg}{f"<p>{_text(note)}.</p>" if note else ""}</div>'
    if game is not None:
        middle = f'<div class="stage"><div><canvas></canvas>{_CONTROLS}</div>{drawn}</div>'
    else:
        tried = _sliders(champion, policy.input_names, policy.output_names)
        middle = f'{film_html(film)}<div class="stage"><div>{tried}</div>{drawn}</div>'
    genome = champion.genome
    told = f"{genome.hidden} hidden nodes, {genome.enabled} connections, found in generation {champion.generation}"
    style = "".join(
        [
            theme_css(),
            files("experiments.display").joinpath("report.css").read_text("utf-8"),
            files("experiments.share").joinpath("page.css").read_text("utf-8"),
        ]
    )
    code = "\n".join(
        [
            f"const network = {enclosed(program, 'the network')};",
            f"const game = {game.code if game else 'null'};",
            f"const about = {_data(about)};",
            files("experiments.share").joinpath("page.js").read_text("utf-8"),
        ]
    )
    return page(
        title,
        style,
        [
            f"<h1>{_text(title)}</h1>",
            '<p class="lead">Nobody designed this network: its weights and its wiring evolved. It runs here, in your '
            f"browser. {LIT}.</p>",
            middle,
            f'<p class="small-print">{_text(told)}{". " + _text(score) if score else ""}. '
            f"Made with neat-arena {_text(__version__)}.</p>",
            f"<script>(() => {{\n{code}\n}})();</script>",
        ],
    )


_CONTROLS = (
    '<p class="told" aria-live="off"></p><div class="controls"><button class="pause" type="button">Pause</button>'
    '<button class="one" type="button">Step</button><button class="restart" type="button">Restart</button>'
    '<input class="speed" type="range" min="-3" max="3" step="1" value="0" aria-label="speed">'
    '<span class="rate">1×</span></div><p class="hint"></p>'
)


def _sliders(champion: Champion, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """Return a slider for each input, and a place for each output."""
    low, high = _ranges(champion)
    inputs = inputs or tuple(f"input {i}" for i in range(len(low)))
    if len(low) > _SLIDERS:
        return f"<p>It has {len(low):,} inputs: too many to be tried by hand.</p>"
    rows = "".join(
        f'<label><span>{_text(name)}</span><input type="range" min="{a:g}" max="{b:g}" step="any" '
        f'value="{min(max(0.0, a), b):g}"><output></output></label>'
        for name, a, b in zip(inputs, low, high, strict=True)
    )
    names = outputs or tuple(
        f"output {i}" for i in range(int((champion.genome.nodes["kind"] == NodeKind.OUTPUT.value).sum()))
    )
    answers = "".join(f"<div><dt>{_text(name)}</dt><dd></dd></div>" for name in names)
    return (
        f'<h3>Try it</h3><p>Move what the network sees, and watch what it answers.</p><div class="inputs">{rows}</div>'
        f'<dl class="numbers outputs">{answers}</dl>'
    )


def _ranges(champion: Champion) -> tuple[list[float], list[float]]:
    """Return the least and the greatest value of each input's slider."""
    count = int((champion.genome.nodes["kind"] == NodeKind.INPUT.value).sum())
    low, high = np.full(count, -1.0), np.full(count, 1.0)
    game = None if champion.task.environment == NO_GAME else game_of(champion.task)
    if game is not None:
        env = make_environment(game)
        encoder = ObservationEncoder(env.observation_space)
        env.close()
        narrow = (encoder.low > -_WIDE) & (encoder.high < _WIDE)
        low, high = np.where(narrow, encoder.low, low), np.where(narrow, encoder.high, high)
    return low.tolist(), high.tolist()


def _data(value: object) -> str:
    """Return data as JavaScript that may stand in a page."""

    def plain(item: object) -> object:
        if isinstance(item, float) and not math.isfinite(item):
            return None
        if isinstance(item, dict):
            return {str(key): plain(part) for key, part in item.items()}
        return [plain(part) for part in item] if isinstance(item, list | tuple) else item

    return json.dumps(plain(value), default=str).replace("<", "\\u003c")


def _text(value: str) -> str:
    return html.escape(value, quote=True)
