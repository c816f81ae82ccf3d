"""Tests of the game: `pytest` runs them."""

import os
import random

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"  # windows are not shown

import pygame
import my_game
from my_game import Stars, Thing


def play(seed, choose, steps=200):
    """Return what a player saw and got in one game."""
    random.seed(seed)
    game, moments = Stars(), []
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
    for seen, _, _ in play(3, lambda step: step // 20 % 3):
        assert len(seen) == len(Stars.input_names)
        assert all(-3 < number < 3 for number in seen)


def test_a_star_is_caught_and_a_rock_ends_the_game():
    game = Stars()
    game.reset()
    for star, expected in ((True, (1, False)), (False, (0, True))):
        thing = Thing(star)
        thing.rect.center = game.ship.rect.center
        game.things.add(thing)
        assert game.step(1) == expected


def test_it_can_be_drawn():
    game, screen = Stars(), pygame.Surface(Stars.size)
    game.reset()
    game.draw(screen)


def test_a_person_can_play():
    pygame.init()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_RETURN))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    my_game.main()
