"""genoxide's NEAT, controlled by requests. Runs in the virtual environment of the other programs."""

# mypy: ignore-errors

import contextlib
import random
import statistics
import time

import genoxide
from lines import receive, send, serve

_NEVER = 10**6
_SOLVED_STEPS = 100_000
_XOR = (((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0))
_C1, _C2, _C3 = 1.0, 1.0, 0.4


def version():
    """Return the version of genoxide."""
    return {"version": genoxide.__version__}


def _now():
    """Return the time, and the processor time of this process."""
    return time.perf_counter(), time.process_time()


class _Stopwatch:
    """Measures the time of NEAT alone, without evaluation and without passing networks to Python.

    It is the time from the last score of a generation to the callback, and from there to the next score.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.first = self.last = self.called = self.left = None

    def fitness(self, network):
        if self.first is None:
            self.first = _now()
        score = self.random.random()
        self.last = _now()
        return score

    def on_generation(self, progress):
        self.called = _now()

    def sample(self, running, progress):
        """Return the time of a generation: reproduction before its scores, and speciation after them."""
        seconds, processor = (self.first[k] - self.left[k] + self.called[k] - self.last[k] for k in (0, 1))
        networks = progress.population
        some = networks[:: max(1, len(networks) // 1000)]
        return {
            "seconds": seconds,
            "processor": processor,
            "species": len(running.species),
            "genes": sum(len(network) for network in some) / len(some),
        }

    def resume(self):
        self.first = None
        self.left = _now()


def _neat(population, inputs, outputs, threshold, seed):
    return genoxide.Neat(
        inputs, outputs, population_size=population, compatibility=(_C1, _C2, _C3, threshold), stagnation=_NEVER,
        seed=seed,
    )  # fmt: skip


def threshold(population, inputs, outputs, species, warm_up, timed, seed):
    """Find the threshold for a number of species by bisection over whole runs: a run cannot change its threshold."""

    def count(value):
        counts = []

        def control(running, progress):
            counts.append(len(running.species))

        def on_generation(progress):
            return not (counts and counts[-1] > 6 * species)

        run = _neat(population, inputs, outputs, value, seed).run
        run(_Stopwatch(seed).fitness, generations=warm_up + timed, on_generation=on_generation, control=control)
        if counts[-1] > 6 * species:
            return counts[-1]
        return statistics.median(counts[-timed:])

    low, high = 0.2, 8.0
    tried = []
    for _ in range(12):
        middle = (low * high) ** 0.5
        found = count(middle)
        tried.append((abs(found - species), middle))
        if tried[-1][0] <= 0.15 * species:
            break
        low, high = (middle, high) if found > species else (low, middle)
    return {"threshold": min(tried)[1]}


def step(population, inputs, outputs, threshold, warm_up, seed):
    """Run NEAT on random fitness, one generation for each request ``generation``, until ``end``."""
    watch = _Stopwatch(seed)
    generation = -1  # the first generation is not reproduced

    def control(running, progress):
        nonlocal generation
        generation += 1
        if generation >= warm_up:
            if generation == warm_up:
                send(ready=True)
            else:
                send(**watch.sample(running, progress))
            message = receive()
            if message is None or message["request"] != "generation":
                raise _Ended
        watch.resume()

    with contextlib.suppress(_Ended):
        _neat(population, inputs, outputs, threshold, seed).run(
            watch.fitness, generations=_NEVER, on_generation=watch.on_generation, control=control
        )
    return {"ended": True}


class _Ended(Exception):  # noqa: N818 - no error
    """Ends a run from inside its fitness function."""


def xor(seed, population, generations):
    """Evolve XOR until all four outputs are on the correct side of 0.5; return time and evaluations."""
    evaluations = 0

    def fitness(network):
        nonlocal evaluations
        evaluations += 1
        activate = network.feed_forward().activate
        error, right = 0.0, 0
        for inputs, target in _XOR:
            output = activate(inputs)[0]
            error += abs(target - output)
            right += output > 0.5 if target else output < 0.5
        if right == len(_XOR):
            raise _Ended
        return (4.0 - error) ** 2

    begin = time.perf_counter()
    solved = False
    try:
        genoxide.Neat(2, 1, population_size=population, sharing="raw", seed=seed).run(fitness, generations=generations)
    except _Ended:
        solved = True
    return {"seconds": time.perf_counter() - begin, "solved": solved, "evaluations": evaluations}


def double_pole(seed, population, generations, threads):
    """Evolve a network that balances two poles, velocities given, for 100,000 steps."""
    task = genoxide.problems.control.DoublePole()
    before = 0
    found = None

    def fitness(network):
        return task.run(network.feed_forward().policy(scale=2.0, offset=-1.0), _SOLVED_STEPS)

    def on_generation(progress):
        nonlocal before, found
        if progress.best_fitness >= _SOLVED_STEPS:
            first = next(i for i, score in enumerate(progress.scores) if score >= _SOLVED_STEPS)
            found = before + min(first + 1, progress.evaluations - before)
            return False
        before = progress.evaluations
        return True

    begin = time.perf_counter()
    genoxide.Neat(6, 1, population_size=population, sharing="raw", seed=seed).run(
        fitness, generations=generations, on_generation=on_generation, parallel=threads > 1
    )
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "solved": found is not None, "evaluations": before if found is None else found}


if __name__ == "__main__":
    serve({"version": version, "threshold": threshold, "step": step, "xor": xor, "double_pole": double_pole})
