"""Tests of the game: `pytest` runs them."""

import os
import random

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"  # windows are not shown

import pygame
import cars
from cars import Cars


def play(seed, choose, steps=200):
    """Return what a player saw and got in one game."""
    random.seed(seed)
    game, moments = Cars(), []
    game.reset(seed=seed)
    for step in range(steps):
        moments.append((game.observe(), *game.step(choose(step))))
        if moments[-1][-1]:
            break
    return moments


def test_the_same_seed_is_the_same_game():
    assert play(1, lambda step: (0.0, 0.2)) == play(1, lambda step: (0.0, 0.2))
    assert play(1, lambda step: (0.0, 0.2)) != play(2, lambda step: (0.0, 0.2))


def test_the_network_sees_small_numbers_with_names():
    for seen, _, _ in play(3, lambda step: (0.1, 0.2)):
        assert len(seen) == len(Cars.input_names)
        assert all(-3 < number < 3 for number in seen)


def test_straight_ahead_leaves_the_road():
    moments = play(1, lambda step: (0.0, 1.0))
    assert moments[-1][-1]
    assert sum(reward for _, reward, _ in moments) < 0.5


def test_the_middle_of_the_road_is_road():
    random.seed(4)
    game = Cars()
    game.reset()
    assert all(game.on_road(x, y) for x, y in game.edge(0))
    assert not any(game.on_road(x, y) for x, y in game.edge(cars.HALF_ROAD + 12))


def test_it_can_be_drawn():
    games, screen = [Cars(), Cars()], pygame.Surface(Cars.size)
    for game in games:
        game.reset()
    games[0].draw(screen)
    Cars.draw_all(screen, games, [True, False])


def test_a_person_can_play():
    pygame.init()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_UP))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    cars.main()
