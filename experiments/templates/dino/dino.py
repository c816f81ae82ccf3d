"""Dino: run through the desert, over cacti and under birds, faster and faster.

    python dino.py              play it yourself: arrow up (or space) jumps, arrow down ducks
    neat run experiment.toml    evolve networks that play it

The return of an episode is the distance in metres.
"""

import random

import pygame

WIDTH, HEIGHT, GROUND = 640, 240, 200  # pixels; GROUND is the height of the ground
METRE = 40  # pixels
DINO_X, DINO_WIDTH, TALL, LOW = 60, 30, 48, 24  # TALL when it runs, LOW when it ducks
JUMP, GRAVITY, DIVE = 15.0, 1.3, 3.0  # pixels per step, and per step squared; ducking in the air adds DIVE
SLOWEST, FASTEST, FASTER = 8.0, 16.0, 0.006  # speeds in pixels per step, and the increase per step

SKY, SUN, HILL, SAND, PEBBLE = (250, 236, 208), (250, 190, 90), (236, 206, 164), (226, 188, 128), (190, 150, 96)
CACTUS, FEATHER, WHITE = (70, 130, 80), (120, 80, 110), (255, 255, 255)
SKINS = [(96, 112, 128), (200, 90, 80), (70, 120, 190), (150, 100, 170), (210, 140, 50), (70, 150, 130)]


class Dino:
    """The game. A network gets `observe`, and chooses one of the `actions`: run, jump, duck."""

    actions = 3
    goal = 500  # metres; the mean of 100 new runs must reach it
    max_steps = 2000
    size = (WIDTH, HEIGHT)
    fps = 30
    keys = {"up": 1, "space": 1, "down": 2, "": 0}  # for people
    input_names = ("distance", "width", "top", "bottom", "speed", "height", "next distance")
    output_names = ("run", "jump", "duck")

    def reset(self, seed=None):
        """Begin a run. `random` is already seeded: the same seed makes the same desert."""
        self.y = self.rise = 0.0  # height of the feet above the ground, and its change
        self.ducks = False
        self.speed, self.way = SLOWEST, 0.0
        self.obstacles = [(500, 20, 0, 40)]  # left edge, width, bottom and top above the ground
        self.refill()

    def refill(self):
        """Add obstacles until at least three are ahead."""
        while len(self.obstacles) < 3:
            x = self.obstacles[-1][0] + self.speed * random.uniform(32, 60)
            if random.random() < 0.65:
                cactus = random.choice((20, 36, 52)), 0, random.choice((30, 42))
                self.obstacles.append((x, *cactus))
            else:
                bottom = random.choice((4, 30, 70))  # jump over it, duck under it, or run under it
                self.obstacles.append((x, 34, bottom, bottom + 22))

    def observe(self):
        """Return the inputs of the network, each about 0 to 1."""
        (x, width, bottom, top), (after, *_), *_ = self.obstacles
        back = DINO_X + DINO_WIDTH
        return (x - back) / 400, width / 50, top / 60, bottom / 40, self.speed / FASTEST, self.y / 80, (after - x) / 600

    def step(self, action):
        """Run for a thirtieth of a second; return the reward, and whether the game is over."""
        self.ducks = action == 2
        if self.y == 0 and action == 1:
            self.rise = JUMP
        self.y = max(self.y + self.rise, 0.0)
        self.rise = 0.0 if self.y == 0 else self.rise - (DIVE if self.ducks else GRAVITY)
        self.speed = min(self.speed + FASTER, FASTEST)
        self.way += self.speed
        self.obstacles = [(x - self.speed, *rest) for x, *rest in self.obstacles]
        if self.obstacles[0][0] + self.obstacles[0][1] < DINO_X:
            self.obstacles.pop(0)
            self.refill()
        x, _, bottom, top = self.obstacles[0]
        head = self.y + (LOW if self.ducks else TALL)
        crashed = x < DINO_X + DINO_WIDTH and self.y < top and head > bottom
        return self.speed / METRE, crashed

    # Drawing.

    def draw(self, screen):
        """Draw the game: for people, for `neat play` and for videos."""
        self.draw_all(screen, [self], [True])

    @staticmethod
    def draw_all(screen, players, alive):
        """Draw the dinos that still run in the same desert in one picture."""
        running = [player for player, lives in zip(players, alive, strict=True) if lives]
        game = (running or players)[-1]
        screen.fill(SKY)
        pygame.draw.circle(screen, SUN, (540, 60), 26)
        for i in range(4):  # distant hills move slowly
            x = (i * 240 - game.way / 6) % 960 - 240
            pygame.draw.ellipse(screen, HILL, (x, GROUND - 50, 240, 130))
        pygame.draw.rect(screen, SAND, (0, GROUND, WIDTH, HEIGHT - GROUND))
        for i in range(16):
            x = (i * 53 - game.way) % (WIDTH + 40) - 20
            pygame.draw.line(screen, PEBBLE, (x, GROUND + 8 + i * 7 % 24), (x + 8, GROUND + 8 + i * 7 % 24), 2)
        for x, width, bottom, top in game.obstacles:
            if bottom:
                game.draw_bird(screen, x, GROUND - top)
            else:
                game.draw_cacti(screen, x, width, top)
        for i, dino in enumerate(running or [game]):
            dino.draw_dino(screen, SKINS[i % len(SKINS)])

    def draw_cacti(self, screen, x, width, height):
        """Draw a group of cacti, each 16 pixels wide."""
        for left in range(0, width - 3, 16):
            stem = x + left + 5
            pygame.draw.rect(screen, CACTUS, (stem, GROUND - height, 7, height), border_radius=3)
            pygame.draw.rect(screen, CACTUS, (stem - 5, GROUND - height * 0.75, 4, height * 0.4), border_radius=2)
            pygame.draw.rect(screen, CACTUS, (stem - 5, GROUND - height * 0.45, 8, 4))
            pygame.draw.rect(screen, CACTUS, (stem + 8, GROUND - height * 0.85, 4, height * 0.4), border_radius=2)
            pygame.draw.rect(screen, CACTUS, (stem + 4, GROUND - height * 0.55, 8, 4))

    def draw_bird(self, screen, x, top):
        """Draw a bird with moving wings."""
        wing = top - 6 if int(self.way / 60) % 2 else top + 24
        pygame.draw.ellipse(screen, FEATHER, (x + 6, top + 7, 26, 10))
        pygame.draw.polygon(screen, FEATHER, [(x, top + 12), (x + 10, top + 8), (x + 10, top + 15)])
        pygame.draw.polygon(screen, FEATHER, [(x + 13, top + 11), (x + 27, top + 11), (x + 24, wing)])

    def draw_dino(self, screen, colour):
        """Draw one dino that runs, jumps or ducks."""
        x, feet, tall = DINO_X, GROUND - self.y, LOW if self.ducks else TALL
        step = 0 if self.y else int(self.way / 30) % 2
        pygame.draw.polygon(screen, colour, [(x - 12, feet - tall * 0.6), (x + 8, feet - 20), (x + 8, feet - 9)])
        pygame.draw.rect(screen, colour, (x + 1, feet - max(tall * 0.62, 20), 19, 18), border_radius=6)
        head = (x + 12, feet - tall, 22, 14) if tall == TALL else (x + 16, feet - tall + 2, 22, 13)
        if tall == TALL:
            pygame.draw.rect(screen, colour, (x + 12, feet - tall + 4, 9, 24))
        pygame.draw.rect(screen, colour, head, border_radius=4)
        pygame.draw.circle(screen, WHITE, (head[0] + 8, head[1] + 5), 2.5)
        for left, lifted in ((4, step), (13, 1 - step)):
            pygame.draw.rect(screen, colour, (x + left, feet - 12, 5, 12 - 5 * lifted * (self.y == 0)))


def main():
    """Let a person play: arrow up jumps, arrow down ducks; Enter starts again, Escape ends."""
    pygame.init()
    screen, clock = pygame.display.set_mode(Dino.size), pygame.time.Clock()
    game, score, over = Dino(), 0, False
    game.reset()
    while True:
        held = pygame.key.get_pressed()
        action = 1 if held[pygame.K_UP] or held[pygame.K_SPACE] else 2 if held[pygame.K_DOWN] else 0
        for event in pygame.event.get():
            key = event.key if event.type == pygame.KEYDOWN else None
            if event.type == pygame.QUIT or key == pygame.K_ESCAPE:
                return
            if key == pygame.K_RETURN:
                score, over = 0, False
                game.reset()
        if not over:
            reward, over = game.step(action)
            score += reward
        game.draw(screen)
        pygame.display.set_caption(f"Dino, metres: {score:.0f}{' - Enter starts again' if over else ''}")
        pygame.display.flip()
        clock.tick(Dino.fps)


if __name__ == "__main__":
    main()
