"""Mutation: each operator does what the paper and the settings say, and every genome stays valid."""

from __future__ import annotations

import functools
import math
import operator
import random
import typing

import numpy as np
import pytest
import reference
from breeding import STILL, Breeder, settings
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from reference import BIAS, HIDDEN, OUTPUT, genes_of, nodes_of
from strategies import make

from neat.breeding.initial import initial_population, make_genome
from neat.config import replace
from neat.errors import ConfigError
from neat.functions.activations import activation_index
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.innovation import InnovationRegister
from neat.genes.schema import VALUES, attributes_of
from neat.genes.table import Genome
from neat.genes.validation import validate
from neat.operators import MUTATIONS
from neat.operators.mutate import chain
from neat.operators.registry import GROUPS, Operator, operator_names
from neat.settings.ranges import Share

KINDS = ("feedforward", "settling", "recurrent")
FULL = [(s, t, 4.0) for s in range(4) for t in (4, 5)]


def grown(breeder, hidden=3, seed=1):
    """A genome with hidden nodes, numbered by the breeder's register."""
    rng = random.Random(seed)
    genome = breeder.adopt(make_genome(breeder.config, FULL))
    while genome.hidden < hidden:
        sensible = [n for n, (s, _, on, _) in genes_of(genome).items() if on and s != 3]
        genome = breeder.split(genome, rng.choice(sensible))
    return genome


def rates_of(mutation):
    """The settings by which a mutation happens at all: named like its flags."""
    rates = [flag.lower() for flag in mutation.flags]
    hints = typing.get_type_hints(mutation.settings, include_extras=True)
    assert [hints[name] for name in rates] == [Share] * len(rates)
    return rates


def chance(count, trials, expected, sds=4.0):
    return abs(count - trials * expected) <= sds * math.sqrt(trials * expected * (1 - expected)) + 1e-9


def weights_after(trials=2500, weight=4.0, **mutation):
    genome_settings = mutation.pop("genome", {})
    breeder = Breeder(settings({"weights": 1.0} | mutation, genome=genome_settings))
    genome = make_genome(breeder.config, [(s, t, weight) for s, t, _ in FULL])
    return np.array([breeder.mutate(genome).connections["weight"] for _ in range(trials)])


# ------------------------------------------------------------------------------------------------------- weights


def test_nothing_happens_at_rates_of_0():
    breeder = Breeder(settings())
    genome = grown(breeder)
    for _ in range(100):
        assert breeder.mutate(genome) == genome
        assert breeder.flags == 0


def test_weights_are_perturbed_uniformly_or_replaced():
    w = weights_after(weight_perturb=0.9, weight_replace=0.1, weight_step=0.5).reshape(-1)
    perturbed = w[w > 2.0]
    replaced = w[w <= 2.0]
    assert len(w) == 20_000
    assert chance(len(perturbed), len(w), 0.9)
    assert 3.5 <= perturbed.min() < 3.51
    assert 4.49 < perturbed.max() <= 4.5
    assert abs(perturbed.mean() - 4.0) < 0.01
    assert abs(perturbed.std() - 0.5 / math.sqrt(3)) < 0.005
    assert -1.0 <= replaced.min() < -0.95
    assert 0.95 < replaced.max() <= 1.0
    assert abs(replaced.std() - 1 / math.sqrt(3)) < 0.03


def test_a_share_of_weights_is_left():
    w = weights_after(weight_perturb=0.3, weight_replace=0.2).reshape(-1)
    assert chance(int((w == 4.0).sum()), len(w), 0.5)
    assert chance(int((w < 2.0).sum()), len(w), 0.2)


def test_normal_steps_and_normal_first_weights():
    w = weights_after(
        weight_perturb=0.5, weight_replace=0.5, weight_distribution="normal", weight_step=0.25,
        genome={"weight_init": "normal", "weight_scale": 0.1},
    ).reshape(-1)  # fmt: skip
    near, new = w[w > 2.0], w[w <= 2.0]
    assert abs(near.std() - 0.25) < 0.01
    assert abs(near.mean() - 4.0) < 0.02
    assert near.max() > 4.6  # beyond the uniform's reach
    assert abs(new.std() - 0.1) < 0.005
    assert abs(new.mean()) < 0.01


def test_scaling_multiplies_by_0_to_2():
    w = weights_after(weight_perturb=1.0, weight_replace=0.0, weight_distribution="scale", weight_step=99.0)
    assert 0.0 <= w.min() < 0.01
    assert 7.99 < w.max() <= 8.0
    assert abs(w.mean() - 4.0) < 0.06
    negative = weights_after(weight=-1.0, weight_perturb=1.0, weight_replace=0.0, weight_distribution="scale")
    assert -2.0 <= negative.min() < -1.99
    assert negative.max() <= 0.0


def test_each_weight_is_drawn_by_itself():
    w = weights_after(weight_perturb=1.0, weight_replace=0.0)
    assert np.abs(np.corrcoef(w.T) - np.eye(8)).max() < 0.1
    assert len(np.unique(w)) == w.size


def test_rate_of_weight_mutation():
    w = weights_after(weights=0.8, weight_perturb=1.0, weight_replace=0.0)
    changed = (w != 4.0).any(axis=1)
    assert chance(int(changed.sum()), len(w), 0.8)
    assert (w[changed] != 4.0).all()  # 80% of the children, then all weights


def test_severe_mutations_use_their_own_shares():
    w = weights_after(
        weight_perturb=1.0, weight_replace=0.0, severe=0.25, severe_perturb=0.0, severe_replace=0.5,
    )  # fmt: skip
    perturbed = ((w > 3.0) & (w != 4.0)).all(axis=1)
    severe = w[~perturbed]
    assert chance(len(severe), len(w), 0.25)
    assert chance(int((severe < 2.0).sum()), severe.size, 0.5)
    assert chance(int((severe == 4.0).sum()), severe.size, 0.5)


def test_new_weights_may_be_drawn_like_steps():
    w = weights_after(weight_perturb=0.0, weight_replace=1.0, weight_renewal="step", weight_step=1.8).reshape(-1)
    assert -1.8 <= w.min() < -1.79
    assert 1.79 < w.max() <= 1.8
    assert abs(w.mean()) < 0.05
    assert abs(w.std() - 1.8 / math.sqrt(3)) < 0.02


@pytest.mark.parametrize(("genes", "tail"), [(8, 0), (10, 1), (11, 2), (14, 2), (16, 3)])
def test_the_newest_weights_of_a_larger_genome_are_treated_apart(genes, tail):
    """Those beyond the first four fifths, counted from 0: one of 10, three of 16."""
    pairs = [(s, t, 4.0) for t in (4, 5, 6, 7) for s in range(4)][:genes]
    shares = {"weights": 1.0, "weight_perturb": 0.0, "weight_replace": 0.0, "tail": 0.2}
    for severe in (0.0, 1.0):
        breeder = Breeder(settings({**shares, "severe": severe, "severe_perturb": 0.0, "severe_replace": 0.0}))
        genome = make_genome(breeder.config, pairs, hidden=-(-genes // 4) - 2)
        trials = 2000
        w = np.array([breeder.mutate(genome).connections["weight"] for _ in range(trials)])
        changed = 0 if severe else tail
        assert (w[:, : genes - changed] == 4.0).all()
        for column in w[:, genes - changed :].T:
            assert chance(int((column == 4.0).sum()), trials, 0.3)
            assert chance(int((column < 2.0).sum()), trials, 0.2)


@pytest.mark.parametrize("distribution", ["uniform", "normal", "scale"])
def test_weight_bounds(distribution):
    w = weights_after(
        trials=300, weight=1.4, weight_distribution=distribution, weight_step=5.0, weight_perturb=0.7,
        weight_replace=0.3, genome={"weight_limit": 1.5, "weight_scale": 3.0},
    )  # fmt: skip
    assert np.abs(w).max() == 1.5
    first = initial_population(
        settings(genome={"weight_limit": 1.5, "weight_scale": 3.0}), InnovationRegister(6), seed=1
    )
    assert np.abs(first.connections["weight"]).max() == 1.5


def test_added_connections_respect_bounds_and_scale():
    breeder = Breeder(settings({"add_connection": 1.0}, genome={"weight_limit": 1.5, "weight_scale": 3.0}))
    genome = breeder.adopt(make_genome(breeder.config, FULL[:4]))
    w = [breeder.mutate(genome).connections["weight"][-1] for _ in range(500)]
    assert max(w) == 1.5
    assert min(w) == -1.5
    assert len(set(w)) > 200


# ---------------------------------------------------------------------------------- biases, responses, functions


def test_biases_of_hidden_and_output_nodes():
    config = settings(
        {"biases": 1.0, "bias_step": 0.5, "weight_perturb": 0.6, "weight_replace": 0.3},
        genome={"bias_scale": 1.0, "bias_limit": 4.2},
    )
    breeder = Breeder(config)
    genome = grown(breeder)
    genome.nodes["bias"][4:] = 4.0
    made = [breeder.mutate(genome) for _ in range(2500)]
    b = np.array([g.nodes["bias"] for g in made])
    assert (b[:, :4] == 0.0).all()  # inputs and the bias node have none
    b = b[:, 4:]
    assert b.max() == 4.2
    assert chance(int((b == 4.0).sum()), b.size, 0.1)
    assert chance(int((b <= 1.0).sum()), b.size, 0.3)
    assert 3.5 <= b[b > 2.0].min() < 3.51
    assert -1.0 <= b.min() < -0.98
    for g in made[:50]:
        assert np.array_equal(g.connections, genome.connections)
    assert breeder.flags == Operator.BIASES


def test_responses_are_perturbed_or_set_to_1():
    config = settings(
        {"responses": 1.0, "response_step": 0.1, "weight_perturb": 0.6, "weight_replace": 0.3},
        genome={"response_limit": 2.05},
    )
    breeder = Breeder(config)
    genome = grown(breeder)
    genome.nodes["response"][4:] = 2.0
    r = np.array([breeder.mutate(genome).nodes["response"] for _ in range(2000)])
    assert (r[:, :4] == 1.0).all()
    r = r[:, 4:]
    assert chance(int((r == 1.0).sum()), r.size, 0.3)
    assert chance(int((r == 2.0).sum()), r.size, 0.1)
    assert r.max() == 2.05
    assert 1.9 <= r[r > 1.0].min() < 1.91
    assert breeder.flags == Operator.RESPONSES


def test_functions_are_chosen_from_the_lists():
    config = settings(
        {"activation": 0.5, "aggregation": 0.4},
        genome={"activations": ("sigmoid", "sine", "abs"), "aggregations": ("sum", "max")},
    )
    breeder = Breeder(config)
    genome = grown(breeder)
    trials = 3000
    made = [breeder.mutate(genome) for _ in range(trials)]
    activation = np.array([g.nodes["activation"] for g in made])
    aggregation = np.array([g.nodes["aggregation"] for g in made])
    assert (activation[:, :6] == genome.nodes["activation"][:6]).all()  # only hidden nodes
    assert (aggregation[:, :6] == 0).all()
    for column in activation[:, 6:].T:  # another function: half of the time, each other one alike
        assert set(column) == {activation_index(n) for n in ("sigmoid", "sine", "abs")}
        for name in ("sine", "abs"):
            assert chance(int((column == activation_index(name)).sum()), trials, 0.25)
    for column in aggregation[:, 6:].T:
        assert chance(int((column == AGGREGATIONS.index("max")).sum()), trials, 0.4)


def test_a_single_function_cannot_change():
    breeder = Breeder(settings({"activation": 1.0, "aggregation": 1.0}))
    genome = grown(breeder)
    assert breeder.mutate(genome) == genome
    assert breeder.flags == 0


def test_unknown_functions_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'tanh'"):
        Breeder(settings(genome={"activations": ("tan",)}))
    with pytest.raises(ConfigError, match="did you mean 'sum'"):
        Breeder(settings(genome={"aggregations": ("sums",)}))


# -------------------------------------------------------------------------------------------------------- enabling


def test_toggle_flips_one_connection_of_all():
    breeder = Breeder(settings({"toggle": 1.0}))
    genome = grown(breeder)
    counts = np.zeros(len(genome.connections))
    trials = 4000
    for _ in range(trials):
        child = breeder.mutate(genome)
        flipped = np.flatnonzero(child.connections["enabled"] != genome.connections["enabled"])
        assert len(flipped) == 1
        counts[flipped] += 1
        child.connections["enabled"] = genome.connections["enabled"]
        assert child == genome
    assert all(chance(c, trials, 1 / len(counts)) for c in counts)
    assert breeder.flags == Operator.TOGGLE


def test_toggle_may_leave_alone_the_last_connection_out_of_a_node():
    breeder = Breeder(settings({"toggle": 1.0, "toggle_last": False}))
    genome = breeder.adopt(make_genome(breeder.config, FULL))  # each sensor has two
    genome.connections["enabled"][[0, 3]] = 0  # now 0 → 5 is the last out of 0, and 1 → 4 out of 1
    counts, trials = np.zeros(9), 4500
    for _ in range(trials):
        flipped = np.flatnonzero(breeder.mutate(genome).connections["enabled"] != genome.connections["enabled"])
        counts[flipped if len(flipped) else 8] += 1
        assert breeder.flags == (Operator.TOGGLE if len(flipped) else 0)
    assert counts[1] == counts[2] == 0
    assert chance(counts[8], trials, 2 / 8)
    assert all(chance(counts[c], trials, 1 / 8) for c in (0, 3, 4, 5, 6, 7))


def test_reenable_takes_the_oldest_disabled_connection():
    breeder = Breeder(settings({"reenable": 1.0}))
    genome = breeder.adopt(make_genome(breeder.config, FULL))
    genome.connections["enabled"][[2, 5]] = 0
    child = breeder.mutate(genome)
    assert np.flatnonzero(child.connections["enabled"] == 0).tolist() == [5]
    assert breeder.flags == Operator.REENABLE
    child = breeder.mutate(child)
    assert child.enabled == 8
    assert breeder.mutate(child) == child
    assert breeder.flags == 0  # nothing to enable: nothing happened


# ------------------------------------------------------------------------------------------------------- deletion


def test_delete_connection_removes_one_and_nodes_left_without_any():
    breeder = Breeder(settings({"delete_connection": 1.0}))
    genome = grown(breeder)
    counts = dict.fromkeys(genes_of(genome), 0)
    trials = 4000
    for _ in range(trials):
        child = breeder.mutate(genome)
        (gone,) = set(genes_of(genome)) - set(genes_of(child))
        counts[gone] += 1
        assert genes_of(child).items() <= genes_of(genome).items()
        assert reference.faults(child) == []
    assert all(chance(c, trials, 1 / len(counts)) for c in counts.values())
    chain = make(3, 2, 1, [(0, 6), (6, 4)])
    once = breeder.mutate(chain)
    assert once.hidden == 1
    assert breeder.mutate(once).hidden == 0
    assert len(breeder.mutate(breeder.mutate(once)).connections) == 0


def test_delete_node_removes_one_hidden_node_with_its_connections():
    breeder = Breeder(settings({"delete_node": 1.0}))
    genome = grown(breeder)
    hidden = [n for n, node in nodes_of(genome).items() if node[0] == HIDDEN]
    counts = dict.fromkeys(hidden, 0)
    trials = 3000
    for _ in range(trials):
        child = breeder.mutate(genome)
        gone = set(nodes_of(genome)) - set(nodes_of(child))
        (victim,) = [n for n in gone if not set(genes_of(child)) & {
            i for i, (s, t, *_) in genes_of(genome).items() if n in (s, t)}][:1]  # fmt: skip
        counts[victim] += 1
        left = {i: g for i, g in genes_of(genome).items() if victim not in g[:2]}
        assert genes_of(child) == left
        assert reference.faults(child) == []
    assert all(chance(c, trials, 1 / 3) for c in counts.values()), counts
    plain = breeder.adopt(make_genome(breeder.config, FULL))
    assert breeder.mutate(plain) == plain


# ----------------------------------------------------------------------------------------------------- structure


def assert_split(child, genome, number, node, into, out):
    """The child is the genome with connection ``number`` split, and nothing else."""
    source, target, _, weight = genes_of(genome)[number]
    expected = genes_of(genome) | {
        number: (source, target, 0, weight),
        into: (source, node, 1, 1.0),
        out: (node, target, 1, weight),
    }
    assert genes_of(child) == expected
    assert nodes_of(child) == nodes_of(genome) | {node: (HIDDEN, *nodes_of(child)[node][1:3], 0.0, 1.0, 1.0)}


def test_add_node_splits_an_enabled_connection_as_in_the_paper():
    breeder = Breeder(settings({"add_node": 1.0}, genome={"activations": ("tanh", "sine"), "aggregations": ("max",)}))
    genome = grown(breeder)
    genome.connections["weight"] = np.linspace(-3.0, 3.0, len(genome.connections))
    splittable = {n for n, (s, _, on, _) in genes_of(genome).items() if on and nodes_of(genome)[s][0] != BIAS}
    counts = dict.fromkeys(splittable, 0)
    names = {}
    trials = 2500
    for _ in range(trials):
        child = breeder.mutate(genome)
        (node,) = set(nodes_of(child)) - set(nodes_of(genome))
        into, out = sorted(set(genes_of(child)) - set(genes_of(genome)))
        (split,) = [n for n, g in genes_of(genome).items() if g[2] and not genes_of(child)[n][2]]
        assert_split(child, genome, split, node, into, out)
        assert nodes_of(child)[node][1:3] == (activation_index("tanh"), AGGREGATIONS.index("max"))
        assert names.setdefault(split, (node, into, out)) == (node, into, out)  # the same split, the same numbers
        counts[split] += 1
    assert all(chance(c, trials, 1 / len(counts)) for c in counts.values())
    assert len(set(names.values())) == len(names)
    assert breeder.flags == Operator.ADD_NODE


def old_splits(genome, take):
    """How probable it is that each connection is split, or none, where old ones come first."""
    genes, nodes = genes_of(genome), nodes_of(genome)
    order = [n for n in sorted(genes) if nodes[genes[n][0]][0] != BIAS]
    while order and not genes[order[0]][2]:
        order = order[1:]
    left, found = 1.0, dict.fromkeys(genes, 0.0)
    for number in order:
        found[number] = left * take if genes[number][2] else 0.0
        left *= 1.0 - take
    return found | {None: 1.0 - sum(found.values())}


@pytest.mark.parametrize("disabled", [[], [0, 4], [6]])
def test_add_node_may_prefer_old_connections_of_small_genomes(disabled):
    breeder = Breeder(settings({"add_node": 1.0, "split_oldest": 0.7}))
    genome = breeder.adopt(make_genome(breeder.config, FULL))
    genome.connections["enabled"][disabled] = 0
    expected = old_splits(genome, 0.7)
    counts, trials = dict.fromkeys(expected, 0), 4000
    for _ in range(trials):
        child = breeder.mutate(genome)
        split = [n for n, g in genes_of(genome).items() if g[2] and not genes_of(child)[n][2]]
        counts[split[0] if split else None] += 1
        assert breeder.flags == (Operator.ADD_NODE if split else 0)
    assert all(chance(counts[number], trials, p) for number, p in expected.items()), (counts, expected)
    assert max(expected.values()) == 0.7


def test_large_genomes_split_any_connection():
    breeder = Breeder(settings({"add_node": 1.0, "split_oldest": 0.7}))
    genome = grown(breeder, hidden=4)
    assert len(genome.connections) == 16
    first = min(n for n, (s, _, on, _) in genes_of(genome).items() if on and s != 3)
    trials = 1000
    split = sum(not genes_of(breeder.mutate(genome))[first][2] for _ in range(trials))
    candidates = sum(on and s != 3 for s, _, on, _ in genes_of(genome).values())
    assert chance(split, trials, 1 / candidates)


def test_add_node_without_a_connection_to_split():
    breeder = Breeder(settings({"add_node": 1.0}))
    genome = breeder.adopt(make_genome(breeder.config, [(0, 4, 1.0), (3, 4, 1.0)]))
    genome.connections["enabled"][0] = 0
    assert breeder.mutate(genome) == genome
    assert breeder.flags == 0


def legal_pairs(genome, *, closing):
    """New connections that close a cycle, or that do not (and then do not leave an output), disabled genes counted."""
    nodes = nodes_of(genome)
    taken = {g[:2] for g in genes_of(genome).values()}
    found = set()
    for s in nodes:
        for t, (kind, *_) in nodes.items():
            if kind in (OUTPUT, HIDDEN) and (s, t) not in taken:
                reached, todo = {t}, [t]
                while todo:
                    here = todo.pop()
                    for a, b in taken:
                        if a == here and b not in reached:
                            reached.add(b)
                            todo.append(b)
                if (s in reached) == closing and (closing or nodes[s][0] != OUTPUT):
                    found.add((s, t))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["forward", "recurrent", "recurrent_only"])
def test_add_connection_finds_every_legal_pair_and_no_other(kind, mode):
    if kind == "feedforward" and mode != "forward":
        mutation = {"recurrent": 1.0, "recurrent_only": 1.0}  # must not matter
    else:
        mutation = {"recurrent": 0.0} if mode == "forward" else {mode: 1.0}
    breeder = Breeder(settings({"add_connection": 1.0, "connection_tries": 200} | mutation, network={"kind": kind}))
    genome = grown(breeder, hidden=3, seed=2)
    open_pairs, closing = legal_pairs(genome, closing=False), legal_pairs(genome, closing=True)
    outputs = {n for n, node in nodes_of(genome).items() if node[0] == OUTPUT}
    if kind == "feedforward" or mode == "forward":
        expected = open_pairs
    elif mode == "recurrent_only":
        expected = closing
    else:
        out_of_outputs = {
            (s, t) for s in outputs for t in nodes_of(genome)
            if nodes_of(genome)[t][0] in (OUTPUT, HIDDEN) and (s, t) not in {g[:2] for g in genes_of(genome).values()}
        }  # fmt: skip
        expected = open_pairs | closing | out_of_outputs
    found = set()
    for _ in range(1500):
        child = breeder.mutate(genome)
        ((number, (source, target, enabled, weight)),) = set(genes_of(child).items()) - set(genes_of(genome).items())
        assert enabled
        assert abs(weight) <= 1.0
        assert nodes_of(child) == nodes_of(genome)
        found.add((source, target))
        assert breeder.register.connection(source, target) == number
    assert len(expected) >= 4
    assert found == expected
    assert breeder.flags == Operator.ADD_CONNECTION


def test_disabled_connections_count_for_cycles():
    """2 → 3 is disabled; 3 → 2 must still not be added, or toggling would close a cycle."""
    breeder = Breeder(settings({"add_connection": 1.0, "connection_tries": 500}))
    genome = make(3, 2, 2, [(s, t) for s in range(4) for t in (4, 5, 6, 7)] + [(6, 7, 1.0, 0), (7, 4), (7, 5), (6, 4)])
    breeder.adopt(genome)
    added = set()
    for _ in range(100):
        added |= {g[:2] for g in genes_of(breeder.mutate(genome)).values()} - {g[:2] for g in genes_of(genome).values()}
    assert added == {(6, 5)}


def test_add_connection_gives_up_when_everything_is_connected():
    breeder = Breeder(settings({"add_connection": 1.0}))
    genome = breeder.adopt(make_genome(breeder.config, FULL))
    assert breeder.mutate(genome) == genome
    assert breeder.flags == 0


def test_share_of_recurrent_connections():
    breeder = Breeder(
        settings({"add_connection": 1.0, "connection_tries": 500, "recurrent_only": 0.2}, network={"kind": "recurrent"})
    )
    genome = grown(breeder)
    closing = legal_pairs(genome, closing=True)
    trials, closed = 3000, 0
    for _ in range(trials):
        (gene,) = set(genes_of(breeder.mutate(genome)).values()) - set(genes_of(genome).values())
        closed += gene[:2] in closing
    assert chance(closed, trials, 0.2)


def test_share_of_loops_among_connections_that_close_a_cycle():
    mutation = {"add_connection": 1.0, "connection_tries": 500, "recurrent_only": 1.0, "recurrent": 1.0}
    trials = 3000
    for loops in (0.0, 0.5, 1.0):
        breeder = Breeder(settings(mutation | {"loops": loops}, network={"kind": "recurrent"}))
        genome = grown(breeder)
        closing, nodes = legal_pairs(genome, closing=True), len(genome.nodes)
        # a try is a loop, or a pair of which some close a cycle: loops are the rest's share of what is found
        others = len([1 for s, t in closing if s != t]) / (nodes * (nodes - 4))
        selves = 1 / nodes
        expected = (loops + (1 - loops) * selves) / (loops + (1 - loops) * (selves + others))
        found = 0
        for _ in range(trials):
            (gene,) = set(genes_of(breeder.mutate(genome)).values()) - set(genes_of(genome).values())
            assert gene[:2] in closing
            found += gene[0] == gene[1]
        assert chance(found, trials, expected)


def test_rates_of_structure():
    breeder = Breeder(settings({"add_node": 0.3, "add_connection": 0.4, "weights": 0.5, "connection_tries": 500}))
    genome = grown(breeder)
    trials, seen = 4000, []
    for _ in range(trials):
        breeder.mutate(genome)
        seen.append(breeder.flags)
    assert chance(sum(Operator.ADD_NODE in f for f in seen), trials, 0.3)
    assert chance(sum(Operator.ADD_CONNECTION in f for f in seen), trials, 0.4)
    assert chance(sum(Operator.WEIGHTS in f for f in seen), trials, 0.5)
    assert chance(sum(Operator.ADD_NODE | Operator.ADD_CONNECTION in f for f in seen), trials, 0.12)


def test_exclusive_structure_is_an_else_if():
    breeder = Breeder(
        settings(
            {"add_node": 0.3, "add_connection": 0.4, "weights": 1.0, "structure_exclusive": True,
             "connection_tries": 500}
        )
    )  # fmt: skip
    genome = grown(breeder)
    trials, seen = 4000, []
    for _ in range(trials):
        breeder.mutate(genome)
        seen.append(breeder.flags)
    assert set(seen) == {Operator.ADD_NODE, Operator.ADD_CONNECTION, Operator.WEIGHTS}
    assert chance(seen.count(Operator.ADD_NODE), trials, 0.3)
    assert chance(seen.count(Operator.ADD_CONNECTION), trials, 0.7 * 0.4)


# -------------------------------------------------------------------------------------------- everything together

RATES = {name: rates_of(mutation) for name, mutation in MUTATIONS.items()}
BUSY = {
    **{name: 0.2 for names in RATES.values() for name in names},
    "add_node": 0.3,
    "add_connection": 0.4,
    "recurrent": 0.3,
    "recurrent_only": 0.2,
    "delete_node": 0.15,
    "delete_connection": 0.3,
    "weights": 0.8,
}


def busy(kind, scope="run", **sections):
    functions = {"activations": ("sigmoid", "sine", "abs"), "aggregations": ("sum", "max", "median")}
    return Breeder(settings(BUSY, network={"kind": kind}, population={"innovation_scope": scope},
                            genome=functions | {"bias_scale": 1.0}, **sections))  # fmt: skip


def assert_valid(genome, breeder):
    found = reference.faults(genome, acyclic=breeder.config.acyclic)
    assert found == [], found


def assert_changed_at_most(child, genome, attributes):
    """Genes that both have differ in no other attributes, unless a gene was deleted and came again."""
    for table, gene in (("nodes", "node"), ("connections", "connection")):
        ours, theirs = getattr(child, table), getattr(genome, table)
        _, mine, its = np.intersect1d(ours["innovation"], theirs["innovation"], return_indices=True)
        for row in attributes_of(gene):
            assert row.name in attributes or np.array_equal(ours[row.name][mine], theirs[row.name][its])


@pytest.mark.parametrize("name", MUTATIONS)
def test_10_000_applications_of_each_mutation_keep_genomes_valid(name):
    """Each mutation alone, on genomes of every kind: what it says has happened has, and nothing else."""
    mutation = MUTATIONS[name]
    flags = functools.reduce(operator.or_, map(Operator, mutation.flags.values()))
    breeders = [Breeder(busy(kind).config) for kind in KINDS]
    only = STILL | dict.fromkeys(BUSY, 0.0) | dict.fromkeys(RATES[name], 1.0)
    alone = [Breeder(replace(breeder.config, {"mutation": only})) for breeder in breeders]
    rng = random.Random(name)
    stock = [[b.adopt(make_genome(b.config, FULL))] for b in breeders]
    for genomes, breeder, single in zip(stock, breeders, alone, strict=True):
        for _ in range(200):
            genomes.append(breeder.mutate(rng.choice(genomes[-20:])))
        single.register = breeder.register
    happened = Operator(0)
    for i in range(10_000):
        breeder = alone[i % len(KINDS)]
        genome = rng.choice(stock[i % len(KINDS)])
        before = genome.copy()
        child = breeder.mutate(genome)
        assert genome == before
        assert breeder.flags in flags
        assert breeder.flags or child == genome
        assert_changed_at_most(child, genome, mutation.changes)
        assert_valid(child, breeder)
        if i % 5 == 0:
            validate(child, acyclic=breeder.config.acyclic)
        happened |= breeder.flags
    assert happened == flags


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_lineage_shows_every_mutation(name):
    for flag in map(Operator, MUTATIONS[name].flags.values()):
        assert flag in GROUPS[MUTATIONS[name].group]
        assert operator_names(flag)[0] in operator_names(GROUPS[MUTATIONS[name].group])


def test_the_chain_has_every_mutation_in_order():
    names = chain.py_func.__code__.co_names
    assert [name for name in names if name in MUTATIONS] == list(MUTATIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_10_000_independent_mutations_keep_genomes_valid(kind):
    breeder = busy(kind)
    rng = random.Random(7)
    stock = [breeder.adopt(make_genome(breeder.config, FULL))]
    for _ in range(300):
        stock.append(breeder.mutate(rng.choice(stock[-20:])))
    sizes = set()
    for i in range(10_000):
        genome = rng.choice(stock)
        child = breeder.mutate(genome)
        assert_valid(child, breeder)
        if i % 5 == 0:
            validate(child, acyclic=breeder.config.acyclic)
        sizes.add((child.hidden, len(child.connections)))
    assert len(sizes) > 20
    assert max(sizes)[0] >= 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scope", ["run", "generation"])
def test_2_000_mutations_in_a_row_with_crossovers_keep_genomes_valid(kind, scope):
    rng = random.Random(8)
    breeder = busy(kind, scope, crossover={"unmatched": rng.choice(["fitter", "both"]), "average": 0.3})
    stock = [breeder.adopt(make_genome(breeder.config, FULL))] * 12
    largest = 0
    for i in range(2000):
        if scope == "generation" and i % 12 == 0:
            breeder.register.forget()
        mother, father = rng.sample(stock, 2)
        child = breeder.cross(mother, father, equal=rng.random() < 0.5)
        assert_valid(child, breeder)
        child = breeder.mutate(child)
        assert_valid(child, breeder)
        if i % 10 == 0:
            validate(child, acyclic=breeder.config.acyclic)
        stock[rng.randrange(len(stock))] = child if len(child.connections) < 60 else stock[0]
        largest = max(largest, len(child.connections))
    assert largest > 20


def changing(attribute):
    """The flags of all mutations that may change an attribute."""
    flags = [Operator(f) for m in MUTATIONS.values() if attribute in m.changes for f in m.flags.values()]
    return functools.reduce(operator.or_, flags, Operator(0))


@given(st.integers(0, 10_000), st.sampled_from(KINDS))
@examples(max_examples=150, deadline=None)
def test_flags_tell_the_truth(seed, kind):
    """What no flag admits has not changed."""
    breeder = Breeder(busy(kind).config, seed)
    genome = grown(breeder, hidden=seed % 4, seed=seed)
    child, flags = breeder.mutate(genome), breeder.flags
    old, new = genes_of(genome), genes_of(child)
    nodes, now = nodes_of(genome), nodes_of(child)
    kept, still = old.keys() & new.keys(), nodes.keys() & now.keys()
    if not flags & (Operator.DELETE_NODE | Operator.DELETE_CONNECTION):  # what was deleted may have come again
        assert kept == old.keys()
        for place, row in enumerate(attributes_of("connection"), start=2):
            assert flags & changing(row.name) or all(old[i][place] == new[i][place] for i in kept)
        assert len(now) - len(nodes) == int(Operator.ADD_NODE in flags)
        assert len(new) - len(old) == 2 * (Operator.ADD_NODE in flags) + (Operator.ADD_CONNECTION in flags)
    own = {"activation": Operator.ACTIVATION, "aggregation": Operator.AGGREGATION}
    own |= {row.name: Operator(evolution.flag) for row, evolution in VALUES}
    for place, row in enumerate(attributes_of("node"), start=1):
        assert own[row.name] in flags or all(nodes[n][place] == now[n][place] for n in still)
    assert not flags & (Operator.CROSSOVER | Operator.ELITE | Operator.INTERSPECIES)
    assert isinstance(child, Genome)
