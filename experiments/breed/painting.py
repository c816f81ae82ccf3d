"""Pictures painted by CPPNs, which give the colour of every point (Secretan et al. 2011, "Picbreeder").

The inputs of a CPPN are x and y, from -1 to 1 with y upwards, and the distance from the centre. Its outputs are hue,
saturation and brightness. Hue is periodic: 5 is the same as 0. The signs of saturation and brightness do not matter.
The largest saturation is 2, the largest brightness 1.
"""

from __future__ import annotations

import functools
import io

import numpy as np
from numpy.typing import NDArray

from neat.config import Config
from neat.genes.table import Genomes
from neat.networks.batch import outputs_of

__all__ = ["INPUTS", "OUTPUTS", "painted", "png", "settings"]

INPUTS, OUTPUTS = ("x", "y", "distance"), ("hue", "saturation", "brightness")
_PIXELS = 1 << 16
"""Number of pixels computed at once."""


@functools.cache
def settings(count: int) -> Config:
    """Return the settings for generations of ``count`` pictures; all chosen pictures survive and are parents."""
    return Config.preset(
        "hyperneat",
        population={"size": count},
        genome={
            "inputs": len(INPUTS), "outputs": len(OUTPUTS), "output_activation": "identity",
            "activations": ("gaussian", "sine", "bipolar_sigmoid", "abs", "cosine", "identity"),
            "initial": "random", "initial_hidden": 5, "initial_fraction": 0.6, "weight_scale": 1.5, "weight_limit": 8.0,
        },
        network={"encoding": "direct", "sigmoid_slope": 2.0},
        mutation={
            "add_node": 0.2, "add_connection": 0.3, "activation": 0.15, "biases": 0.3, "weight_step": 0.5,
            "weight_perturb": 0.4, "weight_replace": 0.05,
        },
        reproduction={"survival": 1.0, "mutate_only": 0.4, "elites": count, "elite_species_size": 1},
    )  # fmt: skip


def painted(genomes: Genomes, side: int) -> NDArray[np.uint8]:
    """Return the pictures of a table of CPPNs.

    Args:
        genomes: The CPPNs.
        side: Side of a picture in pixels.

    Returns:
        RGB, uint8, shape (genomes, side, side, 3).
    """
    along = (np.arange(side) + 0.5) * (2.0 / side) - 1.0
    x, y = np.meshgrid(along, -along)
    places = np.stack([x, y, np.hypot(x, y)], axis=-1).reshape(-1, 3)
    found = np.empty((len(genomes), len(places), 3), np.uint8)
    network = settings(2).network
    for begin in range(0, len(places), _PIXELS):
        answers = outputs_of(genomes, network, places[begin : begin + _PIXELS])
        found[:, begin : begin + _PIXELS] = _rgb(answers)
    return found.reshape(len(genomes), side, side, 3)


def _rgb(answers: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return RGB colours (uint8) for outputs of CPPNs, whose last axis is hue, saturation and brightness."""
    hue, saturation, value = (answers[..., k : k + 1] for k in range(3))
    saturation, value = np.minimum(np.abs(saturation) / 2.0, 1.0), np.minimum(np.abs(value), 1.0)
    k = (np.array([5.0, 3.0, 1.0]) + 1.2 * hue) % 6.0
    colour = value - value * saturation * np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)
    return np.asarray(np.rint(255.0 * colour), np.uint8)


def png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture (uint8 RGB, shape (height, width, 3)) as a PNG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()
