"""This project's games in Gymnasium's registry, without importing their code.

After ``import environments``, ``gymnasium.make("neat-arena/DoublePole-v0")`` works, in either order of the two imports.
A game is compiled when it is created.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["BUNDLED", "register_bundled"]

BUNDLED: dict[str, tuple[int, float | None]] = {
    "neat-arena/CartPole-v1": (500, 475.0),
    "neat-arena/CartPoleNoVelocities-v0": (500, 475.0),
    "neat-arena/Acrobot-v1": (500, -100.0),
    "neat-arena/MountainCar-v0": (200, -110.0),
    "neat-arena/MountainCarContinuous-v0": (999, 90.0),
    "neat-arena/Pendulum-v1": (200, None),
    "neat-arena/DoublePole-v0": (100000, 100000.0),
    "neat-arena/DoublePoleNoVelocities-v0": (100000, 100000.0),
    "neat-arena/DoublePoleDamping-v0": (1000, None),
    "neat-arena/MediumMaze-v0": (400, 295.0),
    "neat-arena/HardMaze-v0": (400, 295.0),
}
"""Limit on episode length, and threshold, of each id; they equal those in the games' own definitions."""


def register_bundled() -> None:
    """Register the games now if Gymnasium is imported, otherwise as soon as it is imported."""
    if "gymnasium.envs" in sys.modules:
        _register()
    elif not any(isinstance(finder, _AfterImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterImport())


def _register() -> None:
    from gymnasium.envs.registration import register, registry

    for name, (steps, threshold) in BUNDLED.items():
        if name not in registry:
            register(
                id=name,
                entry_point="environments.games.registry:make",
                vector_entry_point="environments.games.registry:make_vector",
                kwargs={"game": name},
                max_episode_steps=steps,
                reward_threshold=threshold,
            )


class _AfterImport:
    """An import hook that registers the games after Gymnasium is imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of ``gymnasium.envs``, extended to register the games after the import."""
        if name != "gymnasium.envs":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_register(module: ModuleType) -> None:
                run(module)
                _register()

            spec.loader.exec_module = run_and_register  # type: ignore[method-assign]
        return spec
