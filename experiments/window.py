"""A window that shows pictures one after the other: a champion at play beside its network."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from environments.recording import has_screen
from neat.errors import EvaluationError, MissingExtraError

__all__ = ["show_frames"]


def show_frames(frames: Iterator[NDArray[np.uint8]], *, fps: int, title: str) -> bool:
    """Show pictures (uint8, shape (height, width, 3), all of one size) in a window, at their own speed.

    Args:
        frames: The pictures; they are made while the window shows them.
        fps: Pictures per second.
        title: Of the window.

    Returns:
        Whether all were shown: closing the window, Escape and Q end the show.

    Raises:
        EvaluationError: There is no screen.
        MissingExtraError: pygame is not installed.
    """
    if not has_screen():
        raise EvaluationError("there is no screen to open a window on: write a video instead")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError as error:
        raise MissingExtraError("a window needs a package that is not installed: pip install pygame") from error
    # Only the display: the game that is drawn beside us may be using the rest of pygame.
    pygame.display.init()
    try:
        screen, clock = None, pygame.time.Clock()
        for frame in frames:
            if screen is None:
                screen = pygame.display.set_mode((frame.shape[1], frame.shape[0]))
                pygame.display.set_caption(title)
            screen.blit(pygame.surfarray.make_surface(frame.swapaxes(0, 1)), (0, 0))
            pygame.display.flip()
            for event in pygame.event.get():
                closed = event.type == pygame.KEYDOWN and event.key in (pygame.K_ESCAPE, pygame.K_q)
                if closed or event.type == pygame.QUIT:
                    return False
            clock.tick(fps)
        return True
    except pygame.error as error:
        raise EvaluationError(f"the window cannot be shown: {error}") from None
    finally:
        pygame.display.quit()
