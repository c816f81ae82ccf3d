"""Between Gymnasium's spaces and vectors: observations in (`observations`), actions out (`actions`)."""

from __future__ import annotations

from environments.actions import ActionDecoder
from environments.observations import ObservationEncoder

__all__ = ["ActionDecoder", "ObservationEncoder"]
