"""Tests of the game: `pytest` runs them."""

import os
import random

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"  # windows are not shown

import pygame
import snake
from snake import Snake


def play(seed, choose, steps=200):
    """Return what a player saw and got in one game."""
    random.seed(seed)
    game, moments = Snake(), []
    game.reset(seed=seed)
    for step in range(steps):
        moments.append((game.observe(), *game.step(choose(step))))
        if moments[-1][-1]:
            break
    return moments


def test_the_same_seed_is_the_same_game():
    assert play(1, lambda step: 1) == play(1, lambda step: 1)
    assert play(1, lambda step: 1) != play(2, lambda step: 1)


def test_the_network_sees_small_numbers_with_names():
    for seen, _, _ in play(3, lambda step: step % 4 // 2 + 1):
        assert len(seen) == len(Snake.input_names)
        assert all(-3 < number < 3 for number in seen)


def test_the_wall_ends_the_game():
    moments = play(1, lambda step: 1)
    assert moments[-1][-1]
    assert len(moments) <= snake.ROWS


def test_an_apple_makes_it_longer():
    random.seed(1)
    game = Snake()
    game.reset()
    game.apple = game.body[0][0], game.body[0][1] - 1
    assert game.step(1) == (1, False)
    assert len(game.body) == 4


def test_it_may_follow_its_tail():
    game = Snake()
    game.reset()
    game.body = [(2, 2), (3, 2), (3, 3), (2, 3)]
    game.taken, game.heading, game.apple = set(game.body), 3, (9, 9)
    assert game.step(0) == (0, False)


def test_it_can_be_drawn():
    game, screen = Snake(), pygame.Surface(Snake.size)
    game.reset()
    game.draw(screen)


def test_a_person_can_play():
    pygame.init()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_LEFT))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    snake.main()
