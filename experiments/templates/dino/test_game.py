"""Tests of the game: `pytest` runs them."""

import os
import random

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"  # windows are not shown

import pygame
import dino
from dino import Dino


def play(seed, choose, steps=200):
    """Return what a player saw and got in one game."""
    random.seed(seed)
    game, moments = Dino(), []
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
    for seen, _, _ in play(3, lambda step: step % 3):
        assert len(seen) == len(Dino.input_names)
        assert all(-3 < number < 3 for number in seen)


def test_who_only_runs_runs_into_a_cactus():
    moments = play(1, lambda step: 0)
    assert moments[-1][-1]
    assert sum(reward for _, reward, _ in moments) < 20


def test_a_jump_clears_the_first_cactus():
    random.seed(1)
    game = Dino()
    game.reset()
    while game.obstacles[0][0] > dino.DINO_X + 70:
        game.step(0)
    for _ in range(23):
        assert not game.step(1)[1]


def test_ducking_makes_it_low():
    random.seed(1)
    game = Dino()
    game.reset()
    game.obstacles[0] = (150, 34, 30, 52)
    assert not any(game.step(2)[1] for _ in range(20))


def test_it_can_be_drawn():
    games, screen = [Dino(), Dino()], pygame.Surface(Dino.size)
    for game in games:
        game.reset()
    games[0].draw(screen)
    Dino.draw_all(screen, games, [True, False])


def test_a_person_can_play():
    pygame.init()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_UP))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    dino.main()
