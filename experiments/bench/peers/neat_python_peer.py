"""neat-python, controlled by requests. Runs in the virtual environment of the other programs."""

# mypy: ignore-errors

import contextlib
import importlib.metadata
import math
import os
import random
import tempfile
import time

from lines import receive, send, serve

import neat

_XOR = (((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0))

# The settings of its own XOR example.
_SETTINGS = {
    "NEAT": {
        "fitness_criterion": "max",
        "fitness_threshold": 1e9,
        "pop_size": 150,
        "reset_on_extinction": True,
        "no_fitness_termination": False,
    },
    "DefaultGenome": {
        "activation_default": "sigmoid",
        "activation_mutate_rate": 0.0,
        "activation_options": "sigmoid",
        "aggregation_default": "sum",
        "aggregation_mutate_rate": 0.0,
        "aggregation_options": "sum",
        "bias_init_mean": 0.0,
        "bias_init_stdev": 1.0,
        "bias_init_type": "gaussian",
        "bias_max_value": 30.0,
        "bias_min_value": -30.0,
        "bias_mutate_power": 0.5,
        "bias_mutate_rate": 0.7,
        "bias_replace_rate": 0.1,
        "compatibility_disjoint_coefficient": 1.0,
        "compatibility_weight_coefficient": 0.5,
        "conn_add_prob": 0.5,
        "conn_delete_prob": 0.5,
        "enabled_default": True,
        "enabled_mutate_rate": 0.01,
        "enabled_rate_to_false_add": 0.0,
        "enabled_rate_to_true_add": 0.0,
        "feed_forward": True,
        "initial_connection": "full_nodirect",
        "node_add_prob": 0.2,
        "node_delete_prob": 0.2,
        "num_hidden": 0,
        "num_inputs": 2,
        "num_outputs": 1,
        "response_init_mean": 1.0,
        "response_init_stdev": 0.0,
        "response_init_type": "gaussian",
        "response_max_value": 30.0,
        "response_min_value": -30.0,
        "response_mutate_power": 0.0,
        "response_mutate_rate": 0.0,
        "response_replace_rate": 0.0,
        "single_structural_mutation": False,
        "structural_mutation_surer": "default",
        "weight_init_mean": 0.0,
        "weight_init_stdev": 1.0,
        "weight_init_type": "gaussian",
        "weight_max_value": 30,
        "weight_min_value": -30,
        "weight_mutate_power": 0.5,
        "weight_mutate_rate": 0.8,
        "weight_replace_rate": 0.1,
    },
    "DefaultSpeciesSet": {"compatibility_threshold": 3.0},
    "DefaultStagnation": {"species_fitness_func": "max", "max_stagnation": 20, "species_elitism": 2},
    "DefaultReproduction": {"elitism": 2, "survival_threshold": 0.2, "min_species_size": 2},
}


def version():
    """Return the version of neat-python."""
    return {"version": importlib.metadata.version("neat-python")}


class _Ended(Exception):  # noqa: N818 - no error
    """Ends a run from inside its fitness function."""


def _config(**changes):
    """Return the settings above with changes, each by its name."""
    lines = []
    for section, settings in _SETTINGS.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {changes.pop(name, value)}" for name, value in settings.items()]
    if changes:
        raise KeyError(f"unknown settings {', '.join(changes)}")
    with tempfile.NamedTemporaryFile("w", suffix=".ini", delete=False, encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    try:
        return neat.Config(
            neat.DefaultGenome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation, file.name
        )
    finally:
        os.unlink(file.name)


def _run(config, seed, score, generations=None):
    """Evolve; `score` takes the genomes of each generation and may raise `_Ended`. Return whether it did."""
    try:
        neat.Population(config, seed=seed).run(score, generations)
    except _Ended:
        return True
    return False


def _founders(genomes, config, threshold, most):
    """Return how many species a first generation would have, counted up to `most`."""
    founders = []
    for genome in genomes:
        if not any(founder.distance(genome, config) < threshold for founder in founders):
            founders.append(genome)
            if len(founders) > most:
                break
    return len(founders)


def _threshold_for(species, genomes, config):
    """Find by bisection the threshold at which a first generation has about this number of species."""
    low, high = 0.1, 4.0
    for _ in range(20):
        middle = (low * high) ** 0.5
        found = _founders(genomes, config, middle, species)
        if found == species:
            break
        low, high = (middle, high) if found > species else (low, middle)
    return middle


def step(population, inputs, outputs, species, warm_up, seed):
    """Run NEAT on random fitness, one generation for each request ``generation``, until ``end``.

    One more input replaces the bias node of the other programs, so that all have the same genes. Structural mutation
    and survival are those of the 2002 paper. In neat-python, with these settings, species without members never end. So
    the first generation has the requested number of species, and the threshold creates no further ones.
    """
    config = _config(
        pop_size=population, num_inputs=inputs + 1, num_outputs=outputs, conn_add_prob=0.05, conn_delete_prob=0.0,
        node_add_prob=0.03, node_delete_prob=0.0, bias_mutate_rate=0.0, bias_replace_rate=0.0, bias_init_stdev=0.0,
        enabled_mutate_rate=0.0, max_stagnation=10**6, elitism=1, min_species_size=1, compatibility_threshold=1e9,
    )  # fmt: skip
    holder = neat.Population(config, seed=seed)
    settings = config.species_set_config
    threshold = _threshold_for(species, list(holder.population.values()), config.genome_config)
    settings.compatibility_threshold = threshold
    holder.species = config.species_set_type(settings, holder.reporters)
    holder.species.speciate(config, holder.population, 0)
    settings.compatibility_threshold = 1e9
    rates = random.Random(seed)
    generation = 0
    finished = processor = 0.0

    def score(genomes, config):
        nonlocal generation, finished, processor
        now, spent = time.perf_counter(), time.process_time()
        if generation >= warm_up:
            if generation == warm_up:
                send(ready=True, threshold=threshold)
            else:
                genes = sum(len(genome.connections) for _, genome in genomes) / len(genomes)
                send(
                    seconds=now - finished,
                    processor=spent - processor,
                    species=len(holder.species.species),
                    genes=genes,
                )
            message = receive()
            if message is None or message["request"] != "generation":
                raise _Ended
        generation += 1
        for _, genome in genomes:
            genome.fitness = rates.random()
        finished, processor = time.perf_counter(), time.process_time()

    with contextlib.suppress(_Ended):
        holder.run(score)
    return {"ended": True}


def activation(calls, hidden, inputs, outputs, connections, seed):
    """Time `FeedForwardNetwork.activate` on a random network of the given size."""
    rng = random.Random(seed)
    config = _config(num_inputs=inputs, num_outputs=outputs)
    names_in = [-1 - k for k in range(inputs)]
    names_out = list(range(outputs))
    names_hidden = list(range(outputs, outputs + hidden))
    order = [*names_in, *names_hidden, *names_out]
    links = {name: [] for name in order[inputs:]}
    edges = set()
    for place, name in enumerate(order[inputs:], inputs):  # every node has an input from an earlier one
        edges.add((rng.choice([n for n in order[:place] if n not in names_out]), name))
    while len(edges) < connections:
        place = rng.randrange(inputs, len(order))
        edges.add((rng.choice([n for n in order[:place] if n not in names_out]), order[place]))
    for source, target in sorted(edges):
        links[target].append((source, rng.gauss(0.0, 1.0)))
    functions = config.genome_config
    sigmoid = functions.activation_defs.get("sigmoid")
    total = functions.aggregation_function_defs.get("sum")
    evaluations = [(name, sigmoid, total, 0.0, 1.0, links[name]) for name in order[inputs:]]
    network = neat.nn.FeedForwardNetwork(names_in, names_out, evaluations)
    x = [rng.random() for _ in range(inputs)]
    begin = time.perf_counter()
    for _ in range(calls):
        network.activate(x)
    return {"seconds": (time.perf_counter() - begin) / calls, "connections": len(edges)}


def xor(seed, population, generations):
    """Evolve XOR until all four outputs are on the correct side of 0.5; return time and evaluations."""
    evaluations = 0

    def score(genomes, config):
        nonlocal evaluations
        for _, genome in genomes:
            evaluations += 1
            activate = neat.nn.FeedForwardNetwork.create(genome, config).activate
            error, right = 0.0, 0
            for inputs, target in _XOR:
                output = activate(inputs)[0]
                error += abs(target - output)
                right += output > 0.5 if target else output < 0.5
            genome.fitness = (4.0 - error) ** 2
            if right == len(_XOR):
                raise _Ended

    config = _config(pop_size=population)
    begin = time.perf_counter()
    solved = _run(config, seed, score, generations)
    return {"seconds": time.perf_counter() - begin, "solved": solved, "evaluations": evaluations}


def cartpole(seed, population, episodes, generations, threshold, fresh):
    """Evolve a network for CartPole-v1; the time does not include verification and creating the environment."""
    import gymnasium

    env = gymnasium.make("CartPole-v1", disable_env_checker=True)
    draw = random.Random(seed)
    spent = {"verifying": 0.0, "steps": 0, "generations": 0, "evaluations": 0}

    def play(network, start):
        observation, _ = env.reset(seed=start)
        total, steps = 0.0, 0
        while True:
            left, right = network.activate(observation)
            observation, reward, terminated, truncated, _ = env.step(int(right > left))
            total += reward
            steps += 1
            if terminated or truncated:
                return total, steps

    def score(genomes, config):
        starts = [draw.randrange(2**31) for _ in range(episodes)]
        best = None
        for _, genome in genomes:
            network = neat.nn.FeedForwardNetwork.create(genome, config)
            total = 0.0
            for start in starts:
                result, steps = play(network, start)
                total += result
                spent["steps"] += steps
            genome.fitness = total / episodes
            if best is None or genome.fitness > best.fitness:
                best = genome
        spent["generations"] += 1
        spent["evaluations"] += len(genomes)
        if best.fitness >= threshold:
            begin = time.perf_counter()
            network = neat.nn.FeedForwardNetwork.create(best, config)
            mean = math.fsum(play(network, draw.randrange(2**31))[0] for _ in range(fresh)) / fresh
            spent["verifying"] += time.perf_counter() - begin
            if mean >= threshold:
                raise _Ended

    config = _config(pop_size=population, num_inputs=4, num_outputs=2)
    begin = time.perf_counter()
    solved = _run(config, seed, score, generations)
    seconds = time.perf_counter() - begin - spent["verifying"]
    return {
        "seconds": seconds, "solved": solved, "evaluations": spent["evaluations"], "steps": spent["steps"],
        "generations": spent["generations"],
    }  # fmt: skip


def cppn(networks, side, threshold):
    """Evaluate every CPPN for the weight of every connection between two fields, one pair after the other."""
    functions = _config(num_inputs=4, num_outputs=1).genome_config
    total = functions.aggregation_function_defs.get("sum")
    line = [2.0 * i / (side - 1) - 1.0 for i in range(side)] if side > 1 else [0.0]
    field = [(x, y) for y in line for x in line]
    begin = time.perf_counter()
    found = 0
    for rows in networks:
        evaluations = [
            (node, functions.activation_defs.get(name), total, bias, 1.0, [tuple(link) for link in links])
            for node, name, bias, links in rows
        ]
        network = neat.nn.FeedForwardNetwork([-1, -2, -3, -4, -5], [0], evaluations)
        for target in field:
            for source in field:
                weight = network.activate((*source, *target, 1.0))[0]
                found += abs(weight) > threshold
    return {"seconds": time.perf_counter() - begin, "connections": found}


if __name__ == "__main__":
    serve({
        "version": version, "step": step, "activation": activation, "xor": xor, "cartpole": cartpole, "cppn": cppn,
    })  # fmt: skip
