"""A window that shows the pictures of an episode at a speed that keys change."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from environments.watching.recording import has_screen
from neat.errors import EvaluationError, MissingExtraError

if TYPE_CHECKING:
    import pygame

__all__ = ["KEYS", "Pace", "show_frames"]

KEYS = "Space: pause    Right: one step    - slower    + faster    Q: close"
"""The text in the window that explains the keys."""
_DRAWN = 60  # maximum number of pictures per second; faster episodes leave steps out
_SLOWEST, _FASTEST = 1 / 16, 16.0
_NARROWEST = 560  # minimum width of the window, in pixels
_GLANCE = 1 / 60  # seconds between two checks of the keys
_BAR = 26  # height of the line that explains the keys, in pixels
_INK, _GROUND = (200, 204, 210), (24, 27, 32)


class Pace:
    """The speed at which pictures are shown.

    Attributes:
        rate: Steps per second at normal speed.
        speed: Factor on the normal speed.
        paused: Whether the episode is paused.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.speed = 1.0
        self.paused = False

    @property
    def stride(self) -> int:
        """Number of steps per picture: at high speed, steps are left out."""
        return 1 if self.paused else max(1, round(self.rate * self.speed / _DRAWN))

    @property
    def pictures(self) -> float:
        """Pictures per second."""
        return self.rate * self.speed / self.stride

    def wanted(self, step: int) -> bool:
        """Return whether a step of an episode is shown."""
        return step % self.stride == 0

    def change(self, factor: float) -> None:
        """Multiply the speed by a factor, within the limits."""
        self.speed = min(_FASTEST, max(_SLOWEST, self.speed * factor))

    @property
    def words(self) -> str:
        """The speed as text."""
        speed = f"{self.speed:g}" if self.speed >= 1 else f"1/{round(1 / self.speed)}"
        return "paused" if self.paused else f"speed {speed}x"


def show_frames(frames: Iterator[NDArray[np.uint8]], *, pace: Pace, title: str) -> bool:
    """Show pictures in a window, at a speed that keys change.

    Args:
        frames: The pictures, uint8, shape (height, width, 3), all of the same size. They are made while the window
            shows them.
        pace: The speed; `Pace.wanted` says which steps need no picture.
        title: Title of the window.

    Returns:
        Whether all pictures were shown; closing the window, Escape and Q end it before.

    Raises:
        EvaluationError: There is no screen.
        MissingExtraError: pygame is not installed.
    """
    if not has_screen():
        raise EvaluationError("there is no screen for a window: write a video instead")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError as error:
        raise MissingExtraError("a window needs a package that is not installed: pip install pygame") from error
    # Only the display is used: the game itself may use the rest of pygame.
    pygame.display.init()
    try:
        screen: pygame.Surface | None = None
        due = 0.0
        for frame in frames:
            height, width = frame.shape[:2]
            if screen is None:
                screen = pygame.display.set_mode((max(width, _NARROWEST), height + _BAR))
                pygame.display.set_caption(title)
            screen.fill(_GROUND)
            screen.blit(pygame.surfarray.make_surface(frame.swapaxes(0, 1)), ((screen.get_width() - width) // 2, 0))
            due = max(due + 1.0 / pace.pictures, time.monotonic())
            said = ""
            while True:
                if said != pace.words:
                    said = pace.words
                    screen.blit(_bar(pygame, screen.get_width(), said), (0, height))
                    pygame.display.flip()
                events = pygame.event.get()
                if any(_closes(pygame, event) for event in events):
                    return False
                onward = any(_obey(pygame, event, pace) for event in events)
                rest = due - time.monotonic()
                if onward or (rest <= 0 and not pace.paused):
                    break
                time.sleep(_GLANCE if pace.paused else min(rest, _GLANCE))
        return True
    except pygame.error as error:
        raise EvaluationError(f"the window cannot be shown: {error}") from None
    finally:
        pygame.display.quit()


def _closes(pygame: Any, event: Any) -> bool:
    pressed = event.type == pygame.KEYDOWN and event.key in (pygame.K_ESCAPE, pygame.K_q)
    return bool(pressed or event.type == pygame.QUIT)


def _obey(pygame: Any, event: Any, pace: Pace) -> bool:
    """Handle an event, and return whether it asks for the next picture."""
    if event.type != pygame.KEYDOWN:
        return False
    if event.key in (pygame.K_RIGHT, pygame.K_PERIOD):
        pace.paused = True
        return True
    if event.key == pygame.K_SPACE:
        pace.paused = not pace.paused
    elif event.key in (pygame.K_MINUS, pygame.K_KP_MINUS, pygame.K_DOWN):
        pace.change(0.5)
    elif event.key in (pygame.K_PLUS, pygame.K_KP_PLUS, pygame.K_EQUALS, pygame.K_UP):
        pace.change(2.0)
    return False


def _bar(pygame: Any, width: int, words: str) -> Any:
    """Return the line below the picture. Pillow draws it: pygame's fonts may be missing, or used by the game."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (width, _BAR), _GROUND)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(13)
    draw.text((10, _BAR / 2), KEYS, fill=_INK, font=font, anchor="lm")
    draw.text((width - 10, _BAR / 2), words, fill=_INK, font=font, anchor="rm")
    return pygame.surfarray.make_surface(np.asarray(image).swapaxes(0, 1))
