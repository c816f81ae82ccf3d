"""Crossover: whose genes the child has, and that it is always a valid genome."""

from __future__ import annotations

import math
import random

import pytest
import reference
from breeding import Breeder, settings
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from reference import genes_of, nodes_of
from strategies import kin, make, parents

from neat.genes.validation import validate

seeds = st.integers(0, 2**31)


def breeder(seed=1, kind="recurrent", scope="run", **crossover):
    return Breeder(settings(network={"kind": kind}, population={"innovation_scope": scope}, crossover=crossover), seed)


def assert_inherited(child, mother, father):
    """Every gene of the child is one of the parents' genes, but for ``enabled``; no gene or node is made up."""
    for number, (source, target, enabled, weight) in genes_of(child).items():
        origins = [genes_of(p)[number] for p in (mother, father) if number in genes_of(p)]
        assert (source, target, weight) in [(s, t, w) for s, t, _, w in origins]
        if all(origin[2] for origin in origins):
            assert enabled, "a gene enabled in each parent that has it was disabled"
    for number, node in nodes_of(child).items():
        assert node in [nodes_of(p)[number] for p in (mother, father) if number in nodes_of(p)]


@given(parents(cyclic=True), seeds)
@examples(max_examples=200, deadline=None)
def test_fitter_variant_gives_exactly_the_fitter_parents_genes(pair, seed):
    mother, father = pair
    child = breeder(seed).cross(mother, father)
    assert list(genes_of(child)) == list(genes_of(mother))
    assert list(nodes_of(child)) == list(nodes_of(mother))
    assert_inherited(child, mother, father)
    _, disjoint, excess = reference.align(mother, father)
    for number in (disjoint | excess) & set(genes_of(mother)):
        assert genes_of(child)[number][3] == genes_of(mother)[number][3]


@given(parents(cyclic=True), seeds)
@examples(max_examples=200, deadline=None)
def test_both_variant_gives_the_union(pair, seed):
    mother, father = pair
    for equal in (False, True):
        child = breeder(seed, unmatched="both").cross(mother, father, equal=equal)
        matching, disjoint, excess = reference.align(mother, father)
        assert list(genes_of(child)) == sorted(matching | disjoint | excess)
        assert_inherited(child, mother, father)


@given(parents(cyclic=True), seeds)
@examples(max_examples=200, deadline=None)
def test_equal_fitness_keeps_what_matches_and_some_of_the_rest(pair, seed):
    mother, father = pair
    child = breeder(seed).cross(mother, father, equal=True)
    matching, disjoint, excess = reference.align(mother, father)
    assert matching <= set(genes_of(child)) <= matching | disjoint | excess
    assert_inherited(child, mother, father)


@given(parents(cyclic=True), seeds)
@examples(max_examples=100, deadline=None)
def test_equal_fitness_by_size_gives_the_smaller_parents_genes(pair, seed):
    mother, father = pair
    child = breeder(seed, equal_fitness="smaller").cross(mother, father, equal=True)
    smaller = father if len(father.connections) < len(mother.connections) else mother
    assert list(genes_of(child)) == list(genes_of(smaller))
    unequal = breeder(seed, equal_fitness="smaller").cross(mother, father)
    assert list(genes_of(unequal)) == list(genes_of(mother))


@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
@pytest.mark.parametrize("scope", ["run", "generation"])
@pytest.mark.parametrize("unmatched", ["fitter", "both"])
@given(st.data())
@examples(max_examples=60, deadline=None)
def test_the_child_is_valid(kind, scope, unmatched, data):
    acyclic = kind == "feedforward"
    mother, father = data.draw(parents(cyclic=not acyclic, aliases=scope == "generation"))
    crossing = breeder(data.draw(seeds), kind, scope, unmatched=unmatched, average=0.5)
    for equal in (False, True):
        child = crossing.cross(mother, father, equal=equal)
        assert reference.faults(child, acyclic=acyclic) == []
        validate(child, acyclic=acyclic)


def test_kin_do_conflict():
    """The test above would be empty if unions of parents were valid anyway."""
    rng = random.Random(1)
    cyclic = twice = 0
    for _ in range(300):
        a, b = kin(rng, aliases=True)
        union = genes_of(a) | genes_of(b)
        pairs = [gene[:2] for gene in union.values()]
        twice += len(pairs) > len(set(pairs))
        both = make(1, 1, 30, [(s, t) for s, t in set(pairs)])
        cyclic += reference.has_cycle(both)
    assert min(cyclic, twice) > 20


@given(parents(), seeds)
@examples(max_examples=150, deadline=None)
def test_repair_takes_no_more_than_it_must(pair, seed):
    """Only genes of the other parent go, and none where the union has no cycle."""
    mother, father = pair
    child = breeder(seed, "feedforward", unmatched="both").cross(mother, father)
    assert set(genes_of(mother)) <= set(genes_of(child))
    dropped = set(genes_of(father)) - set(genes_of(child))
    for number in dropped:
        source, target, *_ = genes_of(father)[number]
        pairs = [gene[:2] for gene in genes_of(child).values()]
        assert reference.has_cycle(make(1, 1, 30, [*pairs, (source, target)])), "this gene closed no cycle"


def test_one_pair_under_two_numbers_is_kept_once():
    mother = make(1, 1, 0, [(0, 2, 0.5)], numbers=[3])
    father = make(1, 1, 0, [(0, 2, 0.7), (1, 2, 0.1)], numbers=[8, 9])
    child = breeder(scope="generation", unmatched="both").cross(mother, father)
    assert [(n, *gene[:2]) for n, gene in genes_of(child).items()] == [(3, 0, 2), (9, 1, 2)]


def test_parents_are_left_alone():
    rng = random.Random(4)
    for _ in range(50):
        mother, father = kin(rng)
        before = mother.copy(), father.copy()
        for variant in ("fitter", "both"):
            breeder(rng.randrange(99), "feedforward", unmatched=variant, average=0.5).cross(mother, father, equal=True)
        assert (mother, father) == before


def chance(count, trials, expected, sds=4.0):
    """Whether ``count`` of ``trials`` is what a probability gives, within ``sds`` standard deviations."""
    return abs(count - trials * expected) <= sds * math.sqrt(trials * expected * (1 - expected)) + 1e-9


def test_each_matching_gene_comes_from_either_parent_at_random():
    mother = make(3, 2, 0, [(s, t, 1.0) for s in range(4) for t in (4, 5)])
    father = make(3, 2, 0, [(s, t, 2.0) for s in range(4) for t in (4, 5)])
    father.nodes["bias"][4:] = 9.0
    crossing = breeder()
    trials = 5000
    weights = [0] * 8
    biases = [0, 0]
    together = 0
    for _ in range(trials):
        child = crossing.cross(mother, father)
        from_father = (child.connections["weight"] == 2.0).tolist()
        weights = [w + f for w, f in zip(weights, from_father, strict=True)]
        biases = [b + (v == 9.0) for b, v in zip(biases, child.nodes["bias"][4:], strict=True)]
        together += from_father[0] and from_father[1]
    assert all(chance(w, trials, 0.5) for w in weights)
    assert all(chance(b, trials, 0.5) for b in biases)
    assert chance(together, trials, 0.25)  # gene by gene, not parent by parent


def test_equal_fitness_inherits_each_unmatched_gene_at_random():
    mother = make(2, 2, 0, [(0, 3), (0, 4), (1, 3)], numbers=[0, 1, 2])
    father = make(2, 2, 0, [(0, 3), (1, 4), (2, 3)], numbers=[0, 5, 6])
    crossing, trials = breeder(), 4000
    counts = dict.fromkeys((0, 1, 2, 5, 6), 0)
    for _ in range(trials):
        for number in genes_of(crossing.cross(mother, father, equal=True)):
            counts[number] += 1
    assert counts.pop(0) == trials
    assert all(chance(count, trials, 0.5) for count in counts.values()), counts


def test_disable_rule_over_10_000_trials():
    """75% ± 2 points where the gene is disabled in either parent (here: in each of the ways that can be)."""
    a = make(3, 1, 0, [(0, 4, 1.0, 0), (1, 4, 1.0, 1), (2, 4, 1.0, 0), (3, 4, 1.0, 0)], numbers=[0, 1, 2, 7])
    b = make(3, 1, 0, [(0, 4, 1.0, 1), (1, 4, 1.0, 0), (2, 4, 1.0, 0)], numbers=[0, 1, 2])
    crossing = breeder()
    disabled = [0, 0, 0, 0]
    for _ in range(10_000):
        off = crossing.cross(a, b).connections["enabled"] == 0
        disabled = [d + o for d, o in zip(disabled, off.tolist(), strict=True)]
    assert all(7300 <= d <= 7700 for d in disabled), disabled


@pytest.mark.parametrize("disable", [0.0, 1.0])
def test_disable_rule_is_the_setting(disable):
    a, b = make(1, 1, 0, [(0, 2, 1.0, 0)]), make(1, 1, 0, [(0, 2, 1.0, 1)])
    crossing = breeder(disable=disable)
    assert {int(crossing.cross(a, b).connections["enabled"][0]) for _ in range(200)} == {int(disable == 0.0)}


@pytest.mark.parametrize("unmatched", ["fitter", "both"])
def test_enabled_may_be_inherited(unmatched):
    """Disabled in one parent: 3 in 4 by the rule, else as the gene chosen. In both, or alone: it stays disabled."""
    flags = [(0, 1), (1, 0), (0, 0), (1, 1)]
    a = make(3, 1, 2, [(s, 4, 1.0, on) for s, (on, _) in enumerate(flags)] + [(0, 5), (5, 4, 1.0, 0)],
             numbers=[0, 1, 2, 3, 7, 9])  # fmt: skip
    b = make(3, 1, 2, [(s, 4, 2.0, on) for s, (_, on) in enumerate(flags)] + [(0, 6), (6, 4, 1.0, 0)],
             numbers=[0, 1, 2, 3, 6, 8])  # fmt: skip
    trials = 4000
    for average in (0.0, 1.0):
        crossing = breeder(unmatched=unmatched, enabled="inherited", average=average)
        off = dict.fromkeys((0, 1, 2, 3, 6, 7, 8, 9), 0)
        for _ in range(trials):
            child = crossing.cross(a, b)
            for number, gene in genes_of(child).items():
                off[number] += not gene[2]
                if number < 2 and gene[2] and average == 0.0:
                    assert gene[3] == (2.0 if number == 0 else 1.0)  # the weight of the one that was enabled
        assert off[3] == off[6] == off[7] == 0
        assert off[9] == trials
        assert off[8] == (trials if unmatched == "both" else 0)
        assert all(chance(off[n], trials, 0.75 if average else 0.875) for n in (0, 1))
        assert chance(off[2], trials, 0.75 if average else 1.0)


def test_averaging():
    a = make(2, 1, 0, [(0, 3, 1.0), (1, 3, 5.0)], numbers=[0, 1])
    b = make(2, 1, 0, [(0, 3, 2.0), (2, 3, 7.0)], numbers=[0, 2])
    child = breeder(average=1.0).cross(a, b)
    assert child.connections["weight"].tolist() == [1.5, 5.0]
    sometimes, trials = breeder(average=0.4), 5000
    averaged = sum(sometimes.cross(a, b).connections["weight"][0] == 1.5 for _ in range(trials))
    assert chance(averaged, trials, 0.4)


def test_genomes_without_genes():
    empty, one = make(1, 1, 0, []), make(1, 1, 0, [(0, 2)])
    crossing = breeder(unmatched="both")
    assert genes_of(crossing.cross(empty, empty)) == {}
    assert genes_of(crossing.cross(empty, one)) == genes_of(one)
    assert genes_of(breeder().cross(empty, one)) == {}
