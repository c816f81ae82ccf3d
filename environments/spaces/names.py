"""Names of the inputs and outputs of well-known environments.

They are from the observation and action tables in Gymnasium's documentation. For other ids, or if wrappers or arguments
change the number of inputs or outputs, names have the form ``obs[3]`` and ``action[0]``.
"""

from __future__ import annotations

__all__ = ["input_names", "output_names"]

_LANDER = (
    "x position", "y position", "x velocity", "y velocity", "angle", "angular velocity", "left leg touches",
    "right leg touches",
)  # fmt: skip
_WALKER = (
    "hull angle", "hull angular velocity", "x velocity", "y velocity", "hip 1 angle", "hip 1 speed", "knee 1 angle",
    "knee 1 speed", "leg 1 touches", "hip 2 angle", "hip 2 speed", "knee 2 angle", "knee 2 speed", "leg 2 touches",
    *(f"lidar {i}" for i in range(10)),
)  # fmt: skip
_CHEETAH = (
    "height", "front tip angle", "back thigh angle", "back shin angle", "back foot angle", "front thigh angle",
    "front shin angle", "front foot angle", "x velocity", "z velocity", "front tip angular velocity",
    "back thigh angular velocity", "back shin angular velocity", "back foot angular velocity",
    "front thigh angular velocity", "front shin angular velocity", "front foot angular velocity",
)  # fmt: skip

_INPUTS: dict[str, tuple[str, ...]] = {
    "Acrobot": (
        "cos first angle", "sin first angle", "cos second angle", "sin second angle", "first angular velocity",
        "second angular velocity",
    ),
    "BipedalWalker": _WALKER,
    "BipedalWalkerHardcore": _WALKER,
    "CartPole": ("cart position", "cart velocity", "pole angle", "pole angular velocity"),
    "HalfCheetah": _CHEETAH,
    "InvertedPendulum": ("cart position", "pole angle", "cart velocity", "pole angular velocity"),
    "LunarLander": _LANDER,
    "LunarLanderContinuous": _LANDER,
    "MountainCar": ("position", "velocity"),
    "MountainCarContinuous": ("position", "velocity"),
    "Pendulum": ("cos angle", "sin angle", "angular velocity"),
}  # fmt: skip

_GRID = ("left", "down", "right", "up")
_OUTPUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Acrobot": (("torque -1", "torque 0", "torque +1"),),
    "BipedalWalker": (("hip 1", "knee 1", "hip 2", "knee 2"),),
    "BipedalWalkerHardcore": (("hip 1", "knee 1", "hip 2", "knee 2"),),
    "Blackjack": (("stick", "hit"),),
    "CarRacing": (("steering", "gas", "brake"), ("idle", "steer right", "steer left", "gas", "brake")),
    "CartPole": (("push left", "push right"),),
    "CliffWalking": (("up", "right", "down", "left"),),
    "FrozenLake": (_GRID,),
    "FrozenLake8x8": (_GRID,),
    "HalfCheetah": (("back thigh", "back shin", "back foot", "front thigh", "front shin", "front foot"),),
    "InvertedPendulum": (("force",),),
    "LunarLander": (("nothing", "left engine", "main engine", "right engine"), ("main engine", "side engines")),
    "LunarLanderContinuous": (("main engine", "side engines"),),
    "MountainCar": (("accelerate left", "nothing", "accelerate right"),),
    "MountainCarContinuous": (("force",),),
    "Pendulum": (("torque",),),
    "Taxi": (("south", "north", "east", "west", "pick up", "drop off"),),
}


def _base(environment: str) -> str:
    """Return ``CartPole`` for ``module:namespace/CartPole-v1``."""
    name = environment.rpartition(":")[2].rpartition("/")[2]
    stem, dash, version = name.rpartition("-v")
    return stem if dash and version.isdigit() else name


def input_names(environment: str, fallback: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name per input: the listed names if their number equals that of ``fallback``, else ``fallback``."""
    names = _INPUTS.get(_base(environment), ())
    return names if len(names) == len(fallback) else fallback


def output_names(environment: str, fallback: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name per output: the listed names if their number equals that of ``fallback``, else ``fallback``."""
    for names in _OUTPUTS.get(_base(environment), ()):
        if len(names) == len(fallback):
            return names
    return fallback
