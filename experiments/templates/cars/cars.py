"""Cars: drive round a track as fast as possible, without leaving the road.

    python cars.py              play it yourself: arrow keys
    neat run experiment.toml    evolve networks that play it

Every seed makes a different track. The return of an episode is the number of laps in 15 seconds, or until the car
leaves the road.
"""

import math
import random

import numpy as np
import pygame

WIDTH, HEIGHT, CELL = 640, 480, 4  # pixels; the road is stored as a map of cells
ACROSS = WIDTH // CELL  # cells in a row
HALF_ROAD = 26  # from the middle of the road to its edge
FASTEST, GAS, BRAKE, GRIP = 12.0, 0.4, 0.9, 0.8  # pixels per step; a fast car turns less: GRIP / speed radians per step
RAYS, SIGHT = (-1.2, -0.5, 0.0, 0.5, 1.2), 160  # directions of the rangefinders, and their range
POINTS = 360  # number of points of the middle of the road
TURNS = np.linspace(0, 2 * math.pi, POINTS, endpoint=False)  # their angles around the centre

Y, X = np.mgrid[CELL // 2 : HEIGHT : CELL, CELL // 2 : WIDTH : CELL]
FROM_CENTRE = np.hypot((X - WIDTH / 2) / 1.35, Y - HEIGHT / 2)  # the map is wider than it is high
ANGLE = (np.arctan2(Y - HEIGHT / 2, (X - WIDTH / 2) / 1.35) / (2 * math.pi) * POINTS).astype(int) % POINTS

GRASS, ASPHALT, WHITE, BLACK, GREY = (112, 168, 84), (84, 86, 92), (240, 240, 240), (30, 30, 30), (130, 130, 130)
LIGHT, GLASS = (255, 240, 150), (190, 220, 240)
PAINT = [(220, 60, 50), (60, 110, 220), (245, 190, 50), (150, 80, 200), (240, 130, 40), (70, 190, 190)]


class Cars:
    """The game. A network gets `observe`, and gives two numbers: the steering, and gas or brake."""

    actions = [(-1, 1), (-1, 1)]
    goal = 2  # laps; the mean on 100 new tracks must reach it
    max_steps = 300
    size = (WIDTH, HEIGHT)
    fps = 20
    input_names = ("far left", "left", "ahead", "right", "far right", "speed")
    output_names = ("steer", "gas")

    def reset(self, seed=None):
        """Make a track and put a car on it. `random` is already seeded: the same seed makes the same track."""
        self.middle = np.full(POINTS, 145.0)  # distance of the road from the centre, for each angle
        for waves, height in ((2, 30), (3, 20), (5, 9)):
            self.middle += random.uniform(0.3, 1) * height * np.cos(waves * TURNS + random.uniform(0, 2 * math.pi))
        self.road = (np.abs(FROM_CENTRE - self.middle[ANGLE]) < HALF_ROAD).tobytes()
        self.x, self.y = self.edge(0)[0]
        (x, y), self.speed = self.edge(0)[1], 0.0
        self.heading = math.atan2(y - self.y, x - self.x)
        self.angle = self.around()

    def edge(self, beside):
        """Return the points of a line along the road, `beside` pixels outside of its middle."""
        far = self.middle + beside
        return np.stack((WIDTH / 2 + 1.35 * far * np.cos(TURNS), HEIGHT / 2 + far * np.sin(TURNS)), axis=1).tolist()

    def around(self):
        """Return the angle of the car around the centre."""
        return math.atan2(self.y - HEIGHT / 2, (self.x - WIDTH / 2) / 1.35)

    def on_road(self, x, y):
        """Return whether a point is on the road."""
        return self.road[int(y) // CELL * ACROSS + int(x) // CELL] == 1

    def look(self, ray):
        """Return how many pixels the road continues in a direction, relative to the car's heading."""
        dx, dy = 8 * math.cos(self.heading + ray), 8 * math.sin(self.heading + ray)
        x, y, far, road = self.x + dx, self.y + dy, 0, self.road
        while far < SIGHT and road[int(y) // CELL * ACROSS + int(x) // CELL]:
            x, y, far = x + dx, y + dy, far + 8
        return far

    def observe(self):
        """Return the inputs of the network, each from 0 to 1."""
        return *(self.look(ray) / SIGHT for ray in RAYS), self.speed / FASTEST

    def step(self, action):
        """Drive for a twentieth of a second; return the reward, and whether the game is over."""
        steer, gas = action
        self.speed = min(max(self.speed + gas * (GAS if gas > 0 else BRAKE), 0.0), FASTEST)
        self.heading += steer * min(0.12, GRIP / max(self.speed, 1.0))
        self.x += self.speed * math.cos(self.heading)
        self.y += self.speed * math.sin(self.heading)
        before, self.angle = self.angle, self.around()
        forward = (self.angle - before + math.pi) % (2 * math.pi) - math.pi
        return forward / (2 * math.pi), not self.on_road(self.x, self.y)

    # Drawing.

    def draw(self, screen):
        """Draw the game: for people, for `neat play` and for videos."""
        self.draw_all(screen, [self], [True])
        for ray in RAYS:
            far, turn = self.look(ray), self.heading + ray
            end = self.x + far * math.cos(turn), self.y + far * math.sin(turn)
            pygame.draw.line(screen, LIGHT, (self.x, self.y), end)
            pygame.draw.circle(screen, LIGHT, end, 3)

    @staticmethod
    def draw_all(screen, players, alive):
        """Draw many cars on the same track in one picture; cars that have left the road are grey."""
        game = players[0]
        screen.fill(GRASS)
        pygame.draw.polygon(screen, WHITE, game.edge(HALF_ROAD + 4))
        pygame.draw.polygon(screen, ASPHALT, game.edge(HALF_ROAD))
        pygame.draw.polygon(screen, WHITE, game.edge(-HALF_ROAD))
        pygame.draw.polygon(screen, GRASS, game.edge(-HALF_ROAD - 4))
        inside, outside = game.edge(-HALF_ROAD), game.edge(HALF_ROAD)
        pygame.draw.line(screen, WHITE, inside[0], outside[0], 5)
        for i in sorted(range(len(players)), key=lambda i: alive[i]):  # cars that still drive are on top
            players[i].draw_car(screen, PAINT[i % len(PAINT)] if alive[i] else GREY)

    def draw_car(self, screen, colour):
        """Draw one car."""
        c, s = math.cos(self.heading), math.sin(self.heading)

        def place(ahead, aside):
            return self.x + ahead * c - aside * s, self.y + ahead * s + aside * c

        def box(back, front, half):
            return [place(back, -half), place(front, -half), place(front, half), place(back, half)]

        pygame.draw.polygon(screen, BLACK, box(-8, -4, 7))
        pygame.draw.polygon(screen, BLACK, box(5, 9, 7))
        pygame.draw.polygon(screen, colour, box(-11, 12, 5.5))
        pygame.draw.polygon(screen, GLASS, box(1, 5, 4.5))


def main():
    """Let a person play: arrow keys; Enter starts again, Escape ends."""
    pygame.init()
    screen, clock = pygame.display.set_mode(Cars.size), pygame.time.Clock()
    game, score, over = Cars(), 0, False
    game.reset()
    while True:
        held = pygame.key.get_pressed()
        action = held[pygame.K_RIGHT] - held[pygame.K_LEFT], held[pygame.K_UP] - held[pygame.K_DOWN]
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
        pygame.display.set_caption(f"Cars, laps: {score:.2f}{' - Enter starts again' if over else ''}")
        pygame.display.flip()
        clock.tick(Cars.fps)


if __name__ == "__main__":
    main()
