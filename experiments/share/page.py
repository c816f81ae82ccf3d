"""One HTML file in which a champion's network runs. It plays its game there, or has a video and sliders for its inputs.

The page is complete in one file, and forbids the browser to load anything else.
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
"""Maximum number of inputs for which the page has sliders."""
_WIDE = 100.0
"""An input with bounds beyond this gets a slider from -1 to 1."""
_LARGEST = 16 << 20
"""Maximum size of the network's program in bytes."""


def share_html(
    champion: Champion, game: LiveGame | None, film: Film | None = None, *, score: str = "", title: str = ""
) -> str:
    """Return the HTML page of a champion.

    Args:
        champion: The champion.
        game: Its game in JavaScript, if there is one.
        film: A video of the champion, if the game does not exist in JavaScript.
        score: A sentence with its score.
        title: The title of the page; by default the name of the game.

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
            f"the network is too large for a page: its program has {len(program) >> 20} MB, expected at most "
            f"{_LARGEST >> 20} MB (neat export writes it as a file)"
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
            '<p class="lead">Nobody designed this network: its weights and connections evolved. It runs in your '
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
    """Return the part of the page with a slider for each input, and the values of the outputs."""
    low, high = _ranges(champion)
    inputs = inputs or tuple(f"input {i}" for i in range(len(low)))
    if len(low) > _SLIDERS:
        return f"<p>It has {len(low):,} inputs, which are too many for sliders.</p>"
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
        "<h3>Try it</h3><p>Move the inputs of the network, and watch its outputs.</p>"
        f'<div class="inputs">{rows}</div>'
        f'<dl class="numbers outputs">{answers}</dl>'
    )


def _ranges(champion: Champion) -> tuple[list[float], list[float]]:
    """Return the minimum and the maximum of each input's slider."""
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
    """Return data as JavaScript that is safe in an HTML page; numbers that are not finite become null."""

    def plain(item: object) -> object:
        if isinstance(item, float) and not math.isfinite(item):
            return None
        if isinstance(item, dict):
            return {str(key): plain(part) for key, part in item.items()}
        return [plain(part) for part in item] if isinstance(item, list | tuple) else item

    return json.dumps(plain(value), default=str).replace("<", "\\u003c")


def _text(value: str) -> str:
    return html.escape(value, quote=True)
