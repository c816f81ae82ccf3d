"""A game of one's own, without Gymnasium: catch a falling ball. `neat run own_game.py` does the same."""

import random

import experiments


class Catch:
    """Move a paddle under a ball."""

    actions = 3  # left, stay, right
    goal = 0.95  # mean return that solves it

    def reset(self, seed=None):
        """Begin: random numbers are seeded before this is called."""
        self.ball, self.paddle, self.height = random.random(), 0.5, 1.0

    def observe(self):
        """Return what the network sees."""
        return self.ball, self.paddle, self.height

    def step(self, action):
        """Play a step; return the reward, and whether the game is over."""
        self.paddle += (action - 1) * 0.05
        self.height -= 0.05
        done = self.height <= 0
        return float(done and abs(self.ball - self.paddle) < 0.1), done


if __name__ == "__main__":
    experiment = experiments.load(f"{__file__}:Catch", changes=["run.generations=5", "population.size=30"])
    outcome = experiments.run(experiment)
    print(outcome.status, outcome.champion.genome)
