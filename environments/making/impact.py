"""The impact of a lander as its behaviour: the descriptors of pyribs' tutorial on LunarLander."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

__all__ = ["Impact"]


class Impact(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Adds the position and speed of LunarLander's first contact with the ground as ``info["behaviour"]``.

    These are the horizontal position and the vertical velocity at the first contact of a leg. Without contact, they are
    the last position and the fastest descent. Use it as a wrapper: ``{ name = "environments.making.impact:Impact" }``.
    """

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Start an episode; see `gymnasium.Env.reset`."""
        self._impact: tuple[float, float] | None = None
        self._fastest = np.inf
        return self.env.reset(**options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Play one step; see `gymnasium.Env.step`."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        x, speed = float(observation[0]), float(observation[3])
        self._fastest = min(self._fastest, speed)
        if self._impact is None and (observation[6] or observation[7]):
            self._impact = x, speed
        behaviour = self._impact or (x, self._fastest)
        return observation, reward, terminated, truncated, {**info, "behaviour": np.array(behaviour)}
