"""A usual pygame game with sprites, a loop and keys. Networks play it through the same class.

    python my_game.py           play it yourself: arrow keys, catch stars, avoid rocks
    neat run experiment.toml    evolve networks that play it

The first part of the class is the game. The second part, three short methods, is all that networks need.
"""

import math
import random

import pygame

WIDTH, HEIGHT = 420, 560
SKY, GOLD, STONE, STEEL = (18, 22, 46), (250, 204, 70), (136, 120, 108), (120, 200, 235)

NEAR, REACH = 110, 36  # pixels: distances up to which a network sees rocks, upwards and sideways


class Thing(pygame.sprite.Sprite):
    """A star or a rock that falls from the sky."""

    def __init__(self, star):
        super().__init__()
        self.star = star
        size = 26 if star else random.randint(26, 36)
        self.image = pygame.Surface((size, size), pygame.SRCALPHA)
        corners = 10 if star else 9
        far = [size / 2 * ((1 if i % 2 else 0.45) if star else random.uniform(0.75, 1)) for i in range(corners)]
        turns = [2 * math.pi * i / corners + math.pi / 2 for i in range(corners)]
        points = [(size / 2 + r * math.cos(t), size / 2 + r * math.sin(t)) for r, t in zip(far, turns, strict=True)]
        pygame.draw.polygon(self.image, GOLD if star else STONE, points)
        self.rect = self.image.get_rect(midbottom=(random.randint(30, WIDTH - 30), 0))
        self.fall = random.randint(6, 8)

    def update(self):
        """Fall, and disappear below the screen."""
        self.rect.y += self.fall
        if self.rect.top > HEIGHT:
            self.kill()


class Ship(pygame.sprite.Sprite):
    """The player."""

    def __init__(self):
        super().__init__()
        self.image = pygame.Surface((30, 26), pygame.SRCALPHA)
        pygame.draw.polygon(self.image, STEEL, [(15, 0), (30, 26), (15, 19), (0, 26)])
        self.rect = self.image.get_rect(midbottom=(WIDTH // 2, HEIGHT - 12))


class Stars:
    """The game: fly left and right, catch stars, avoid rocks."""

    size = (WIDTH, HEIGHT)
    fps = 20

    def start(self):
        """Start a game."""
        self.ship = Ship()
        self.things = pygame.sprite.Group()
        self.clock = self.score = 0
        self.over = False

    def update(self, left, right):
        """Play one frame with the pressed keys."""
        self.clock += 1
        if self.clock % 10 == 0:
            self.things.add(Thing(star=random.random() < 0.6))
        self.ship.rect.x += 13 * (right - left)
        self.ship.rect.clamp_ip((0, 0, WIDTH, HEIGHT))
        self.things.update()
        for thing in pygame.sprite.spritecollide(self.ship, self.things, dokill=True):
            if thing.star:
                self.score += 1
            else:
                self.over = True

    def draw(self, screen):
        """Draw everything."""
        screen.fill(SKY)
        self.things.draw(screen)
        screen.blit(self.ship.image, self.ship.rect)
        for i in range(self.score):
            pygame.draw.circle(screen, GOLD, (14 + 12 * (i % 33), 14 + 12 * (i // 33)), 4)

    # For networks: a network gets `observe`, and chooses one of the actions.

    actions = 3
    goal = 12  # stars in 30 seconds; the mean of 100 new games must reach it
    max_steps = 600
    keys = {"left": 0, "": 1, "right": 2}  # for people
    input_names = ("rock left", "rock above", "rock right", "star left", "star above", "star right")
    output_names = ("left", "stay", "right")

    def reset(self, seed=None):
        """Begin an episode. `random` is already seeded: the same seed makes the same stars and rocks."""
        self.start()

    def step(self, action):
        """Play one frame; return the reward (stars caught), and whether the game is over."""
        before = self.score
        self.update(left=action == 0, right=action == 2)
        return self.score - before, self.over

    def observe(self):
        """Return whether rocks are near (0, or 1 to 2) on the left, above and on the right, and where a star comes."""
        x, top = self.ship.rect.centerx, self.ship.rect.top
        rocks, star, lowest = [0.0, 0.0, 0.0], 0, 0
        for thing in self.things:
            aside, above = thing.rect.centerx - x, top - thing.rect.bottom
            if thing.star:
                if thing.rect.bottom > lowest and abs(aside) < 1.2 * above:  # it can be reached in time
                    star, lowest = aside, thing.rect.bottom
            elif above < NEAR:
                for i, place in enumerate((-REACH, 0, REACH)):
                    if abs(aside - place) < REACH:
                        rocks[i] = max(rocks[i], 2 - max(above, 0) / NEAR)
        return *rocks, star < -13, abs(star) <= 13, star > 13


def main():
    """Let a person play."""
    pygame.init()
    screen = pygame.display.set_mode(Stars.size)
    pygame.display.set_caption("Stars: arrow keys, Enter starts again, Escape ends")
    clock = pygame.time.Clock()
    game = Stars()
    game.start()
    while True:
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                return
            if event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE:
                return
            if event.type == pygame.KEYDOWN and event.key == pygame.K_RETURN:
                game.start()
        if not game.over:
            held = pygame.key.get_pressed()
            game.update(left=held[pygame.K_LEFT], right=held[pygame.K_RIGHT])
        game.draw(screen)
        pygame.display.flip()
        clock.tick(Stars.fps)


if __name__ == "__main__":
    main()
