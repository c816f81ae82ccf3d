"""Snake: eat apples and grow, and do not run into a wall or yourself.

    python snake.py             play it yourself: arrow keys
    neat run experiment.toml    evolve networks that play it

The return of an episode is the number of apples eaten.
"""

import random

import pygame

COLUMNS, ROWS, CELL = 12, 12, 32  # size of the board in cells, and of a cell in pixels
HUNGER = 60  # a snake that finds no apple for this many steps starves
AROUND = [(0, -1), (1, 0), (0, 1), (-1, 0)]  # up, right, down, left: a turn to the right is the next entry

MEADOW, GRASS, RED, STALK = (170, 215, 90), (162, 208, 82), (222, 60, 50), (110, 80, 40)
WHITE, BLACK = (255, 255, 255), (30, 30, 30)
ARROWS = (pygame.K_UP, pygame.K_RIGHT, pygame.K_DOWN, pygame.K_LEFT)


class Snake:
    """The game. A network gets `observe`, and chooses one of the `actions`: turn left, go on, turn right."""

    actions = 3
    goal = 25  # apples; the mean of 100 new games must reach it
    max_steps = 600
    size = (COLUMNS * CELL, ROWS * CELL)
    fps = 8
    keys = {"left": 0, "": 1, "right": 2}
    input_names = ("room left", "room ahead", "room right", "apple left", "apple ahead", "apple right")
    output_names = ("turn left", "go on", "turn right")

    def reset(self, seed=None):
        """Begin a game. `random` is already seeded: the same seed makes the same apples."""
        x, y = COLUMNS // 2, ROWS // 2
        self.heading = 0  # index in AROUND
        self.body = [(x, y), (x, y + 1), (x, y + 2)]  # the head first
        self.taken = set(self.body)
        self.hunger = 0
        self.put_apple()

    def put_apple(self):
        """Put an apple on a free cell."""
        while True:
            self.apple = random.randrange(COLUMNS), random.randrange(ROWS)
            if self.apple not in self.taken:
                return

    def is_free(self, x, y):
        """Return whether the snake may go to a cell. The last cell of its tail counts as free, since it moves away."""
        return 0 <= x < COLUMNS and 0 <= y < ROWS and ((x, y) not in self.taken or (x, y) == self.body[-1])

    def room(self, turn):
        """Return the free room to the left (-1), ahead (0) or right (1): from -1 for none to 1 for the whole snake."""
        dx, dy = AROUND[(self.heading + turn) % 4]
        cells, found = [(self.body[0][0] + dx, self.body[0][1] + dy)], set()
        while cells and len(found) < len(self.body):
            x, y = cell = cells.pop()
            if cell not in found and self.is_free(x, y):
                found.add(cell)
                cells += (x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)
        return 1 if len(found) == len(self.body) else len(found) / len(self.body) - 1

    def observe(self):
        """Return the inputs of the network: room and apple to the left, ahead and to the right."""
        right, down = self.apple[0] - self.body[0][0], self.apple[1] - self.body[0][1]
        dx, dy = AROUND[self.heading]
        ahead, aside = right * dx + down * dy, down * dx - right * dy
        return *(self.room(turn) for turn in (-1, 0, 1)), aside < 0, ahead > 0, aside > 0

    def step(self, action):
        """Go to the next cell; return the reward, and whether the game is over."""
        self.heading = (self.heading + action - 1) % 4
        dx, dy = AROUND[self.heading]
        head = self.body[0][0] + dx, self.body[0][1] + dy
        if not self.is_free(*head):
            return 0, True
        self.hunger += 1
        ate = head == self.apple
        if not ate:
            self.taken.discard(self.body.pop())
        self.body.insert(0, head)
        self.taken.add(head)
        if ate:
            self.hunger = 0
            self.put_apple()
        return int(ate), self.hunger >= HUNGER

    # Drawing.

    def draw(self, screen):
        """Draw the game: for people, for `neat play` and for videos."""
        screen.fill(MEADOW)
        for x in range(COLUMNS):
            for y in range(x % 2, ROWS, 2):
                pygame.draw.rect(screen, GRASS, (x * CELL, y * CELL, CELL, CELL))
        x, y = self.middle(self.apple)
        pygame.draw.circle(screen, RED, (x, y + 2), CELL * 0.36)
        pygame.draw.line(screen, STALK, (x, y - 8), (x + 4, y - 14), 3)
        for i, (cell, after) in enumerate(zip(self.body, [*self.body[1:], self.body[-1]], strict=True)):
            shade = max(0, 70 - 2 * i)
            (x, y), (to_x, to_y) = self.middle(cell), self.middle(after)
            box = pygame.Rect(min(x, to_x) - 11, min(y, to_y) - 11, abs(x - to_x) + 22, abs(y - to_y) + 22)
            pygame.draw.rect(screen, (60 + shade, 80 + shade, 190), box, border_radius=10)
        (x, y), (dx, dy) = self.middle(self.body[0]), AROUND[self.heading]
        for side in (-5, 5):
            eye = x + 4 * dx - side * dy, y + 4 * dy + side * dx
            pygame.draw.circle(screen, WHITE, eye, 4)
            pygame.draw.circle(screen, BLACK, (eye[0] + 2 * dx, eye[1] + 2 * dy), 2)

    def middle(self, cell):
        """Return the middle of a cell, in pixels."""
        return cell[0] * CELL + CELL // 2, cell[1] * CELL + CELL // 2


def main():
    """Let a person play: arrow keys; Enter starts again, Escape ends."""
    pygame.init()
    screen, clock = pygame.display.set_mode(Snake.size), pygame.time.Clock()
    game, score, over = Snake(), 0, False
    game.reset()
    while True:
        action = Snake.keys[""]
        for event in pygame.event.get():
            key = event.key if event.type == pygame.KEYDOWN else None
            if event.type == pygame.QUIT or key == pygame.K_ESCAPE:
                return
            if key == pygame.K_RETURN:
                score, over = 0, False
                game.reset()
            if key in ARROWS and (turn := (ARROWS.index(key) - game.heading) % 4) != 2:
                action = (turn + 1) % 4  # a turn to the left is three turns to the right
        if not over:
            reward, over = game.step(action)
            score += reward
        game.draw(screen)
        pygame.display.set_caption(f"Snake: {score:.0f}{' - Enter starts again' if over else ''}")
        pygame.display.flip()
        clock.tick(Snake.fps)


if __name__ == "__main__":
    main()
