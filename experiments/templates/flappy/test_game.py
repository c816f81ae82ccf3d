"""Tests of the game: `pytest` runs them."""

import os
import random

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"  # windows are not shown

import pygame
import flappy
from flappy import Flappy


def play(seed, choose, steps=200):
    """Return what a player saw and got in one game."""
    random.seed(seed)
    game, moments = Flappy(), []
    game.reset(seed=seed)
    for step in range(steps):
        moments.append((game.observe(), *game.step(choose(step))))
        if moments[-1][-1]:
            break
    return moments


def test_the_same_seed_is_the_same_game():
    assert play(1, lambda step: 0) == play(1, lambda step: 0)
    assert play(1, lambda step: 0) != play(2, lambda step: 0)


def test_the_network_sees_small_numbers_with_names():
    for seen, _, _ in play(3, lambda step: step % 9 == 0):
        assert len(seen) == len(Flappy.input_names)
        assert all(-3 < number < 3 for number in seen)


def test_a_bird_that_does_nothing_falls():
    moments = play(1, lambda step: 0)
    assert moments[-1][-1]
    assert sum(reward for _, reward, _ in moments) < 1


def test_a_bird_in_the_gap_passes_pipes():
    random.seed(5)
    game = Flappy()
    game.reset()
    for _ in range(200):
        assert not game.step(game.y > game.pipes[0][1] + 25)[1]
    assert game.passed >= 5


def test_it_can_be_drawn():
    games, screen = [Flappy(), Flappy()], pygame.Surface(Flappy.size)
    for game in games:
        game.reset()
    games[0].draw(screen)
    Flappy.draw_all(screen, games, [True, False])


def test_a_person_can_play():
    pygame.init()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    flappy.main()
