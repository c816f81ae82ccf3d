"""Between Gymnasium's spaces and vectors: observations in (`observations`), actions out (`actions`)."""

from __future__ import annotations

from environments.spaces.actions import ActionDecoder
from environments.spaces.observations import ObservationEncoder

__all__ = ["ActionDecoder", "ObservationEncoder"]
