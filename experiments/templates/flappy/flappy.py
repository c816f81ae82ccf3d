"""Flappy: a bird falls, flaps, and must fly through the gaps of pipes.

    python flappy.py            play it yourself: space flaps
    neat run experiment.toml    evolve networks that play it

The return of an episode is the number of pipes that the bird passed, including parts of the way to the next one.
"""

import random

import pygame

WIDTH, HEIGHT = 400, 500  # pixels
GRAVITY, FLAP, FASTEST = 1.2, -10.0, 12.0  # pixels per step squared, and pixels per step
BIRD_X, RADIUS = 90, 12
SPEED, SPACING = 6, 192  # a pipe comes every 32 steps
GAP, PIPE_WIDTH = 140, 48

SKY, CLOUD, WHITE, BLACK, BEAK = (143, 205, 236), (222, 240, 250), (255, 255, 255), (30, 30, 30), (240, 130, 40)
GREEN, LIGHT_GREEN, DARK_GREEN = (88, 170, 70), (140, 210, 110), (62, 130, 54)
FEATHERS = [(250, 200, 60), (235, 100, 90), (120, 130, 230), (240, 150, 200), (250, 250, 235), (110, 190, 170)]


class Flappy:
    """The game. A network gets `observe`, and chooses one of the `actions`: 0 does nothing, 1 flaps."""

    actions = 2
    goal = 50  # pipes; the mean of 100 new games must reach it
    max_steps = 1920  # a game ends after 60 pipes
    size = (WIDTH, HEIGHT)
    fps = 30
    keys = {"space": 1, "": 0}  # for people
    input_names = ("speed", "above the gap", "distance", "next gap")
    output_names = ("sink", "flap")

    def reset(self, seed=None):
        """Begin a game. `random` is already seeded: the same seed makes the same pipes."""
        self.y, self.speed = HEIGHT / 2, 0.0
        self.passed = 0
        self.pipes = [[300 + SPACING * i, self.new_gap()] for i in range(3)]  # x of the left edge, y of the gap

    def new_gap(self):
        """Return the height of the middle of a new gap."""
        return random.uniform(160, HEIGHT - 160)

    def observe(self):
        """Return the inputs of the network, each about -1 to 1."""
        (x, gap), (_, after), *_ = self.pipes
        return self.speed / 15, (gap - self.y) / 200, (x - BIRD_X) / SPACING, (after - gap) / 200

    def step(self, action):
        """Play a thirtieth of a second; return the reward, and whether the game is over."""
        self.speed = FLAP if action == 1 else min(self.speed + GRAVITY, FASTEST)
        self.y += self.speed
        for pipe in self.pipes:
            pipe[0] -= SPEED
        if self.pipes[0][0] + PIPE_WIDTH < BIRD_X - RADIUS:
            self.pipes.pop(0)
            self.pipes.append([self.pipes[-1][0] + SPACING, self.new_gap()])
            self.passed += 1
        x, gap = self.pipes[0]
        in_pipe = x - RADIUS < BIRD_X < x + PIPE_WIDTH + RADIUS and abs(self.y - gap) > GAP / 2 - RADIUS
        crashed = in_pipe or not RADIUS < self.y < HEIGHT - RADIUS
        return SPEED / SPACING, crashed

    # Drawing.

    def draw(self, screen):
        """Draw the game: for people, for `neat play` and for videos."""
        self.draw_all(screen, [self], [True])

    @staticmethod
    def draw_all(screen, players, alive):
        """Draw the birds that still fly in the same game in one picture."""
        flying = [player for player, lives in zip(players, alive, strict=True) if lives]
        game = (flying or players)[-1]
        screen.fill(SKY)
        for x in (60, 230, 380):
            pygame.draw.ellipse(screen, CLOUD, (x - 50, 60 + x % 90, 110, 34))
        for x, gap in game.pipes:
            for top, height in ((0, gap - GAP / 2), (gap + GAP / 2, HEIGHT)):
                pygame.draw.rect(screen, GREEN, (x, top, PIPE_WIDTH, height))
                pygame.draw.rect(screen, LIGHT_GREEN, (x + 6, top, 8, height))
            for top in (gap - GAP / 2 - 22, gap + GAP / 2):
                pygame.draw.rect(screen, DARK_GREEN, (x - 5, top, PIPE_WIDTH + 10, 22), border_radius=3)
        for i, bird in enumerate(flying or [game]):
            bird.draw_bird(screen, FEATHERS[i % len(FEATHERS)])

    def draw_bird(self, screen, colour):
        """Draw one bird, which points in the direction of its flight."""
        x, y, tilt = BIRD_X, self.y, self.speed / 2
        pygame.draw.circle(screen, colour, (x, y), RADIUS)
        pygame.draw.polygon(screen, BEAK, [(x + 9, y - 4 + tilt), (x + 21, y + tilt), (x + 9, y + 5 + tilt)])
        pygame.draw.ellipse(screen, WHITE, (x - 14, y - 2 - tilt, 14, 9))
        pygame.draw.circle(screen, WHITE, (x + 5, y - 5 + tilt / 2), 5)
        pygame.draw.circle(screen, BLACK, (x + 7, y - 5 + tilt / 2), 2)


def main():
    """Let a person play: space flaps; Enter starts again, Escape ends."""
    pygame.init()
    screen, clock = pygame.display.set_mode(Flappy.size), pygame.time.Clock()
    game, score, over = Flappy(), 0, False
    game.reset()
    while True:
        action = Flappy.keys[""]
        for event in pygame.event.get():
            key = event.key if event.type == pygame.KEYDOWN else None
            if event.type == pygame.QUIT or key == pygame.K_ESCAPE:
                return
            if key == pygame.K_RETURN:
                score, over = 0, False
                game.reset()
            if key == pygame.K_SPACE:
                action = Flappy.keys["space"]
        if not over:
            reward, over = game.step(action)
            score += reward
        game.draw(screen)
        pygame.display.set_caption(f"Flappy: {score:.0f}{' - Enter starts again' if over else ''}")
        pygame.display.flip()
        clock.tick(Flappy.fps)


if __name__ == "__main__":
    main()
