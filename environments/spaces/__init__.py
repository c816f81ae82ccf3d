"""Gymnasium spaces and vectors: observations to inputs (`observations`), outputs to actions (`actions`)."""

from __future__ import annotations

from environments.spaces.actions import ActionDecoder
from environments.spaces.observations import ObservationEncoder

__all__ = ["ActionDecoder", "ObservationEncoder"]
