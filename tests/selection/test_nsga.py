"""Ranks and crowding distances are pymoo's; scores order genomes as NSGA-II compares them."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.selection.nsga import crowded_scores, crowding_distances, ranks


def plain_ranks(goals):
    rank, left, number = {}, set(range(len(goals))), 0
    while left:
        front = [
            i for i in left
            if not any((goals[j] >= goals[i]).all() and (goals[j] > goals[i]).any() for j in left)
        ]  # fmt: skip
        rank.update(dict.fromkeys(front, number))
        left -= set(front)
        number += 1
    return [rank[i] for i in range(len(goals))]


def some_goals(n, m, grid, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)) if grid == 0 else rng.integers(0, grid, (n, m)).astype(float)


sets = st.builds(some_goals, st.integers(1, 40), st.integers(1, 4), st.sampled_from([0, 3, 10]), st.integers(0, 2**32))


@settings(deadline=None, max_examples=80)
@given(sets)
def test_ranks_and_crowding_are_pymoos(goals):
    sorting = pytest.importorskip("pymoo.util.nds.non_dominated_sorting")
    metrics = pytest.importorskip("pymoo.operators.survival.rank_and_crowding.metrics")
    _, rank = sorting.NonDominatedSorting().do(-goals, return_rank=True)
    found = ranks(goals)
    assert found.tolist() == rank.tolist()
    crowding = crowding_distances(goals, found)
    for number in range(found.max() + 1):
        front = np.flatnonzero(found == number)
        theirs = metrics.get_crowding_function("cd").do(-goals[front])
        assert np.allclose(crowding[front], theirs, rtol=1e-12, atol=0), number


@settings(deadline=None, max_examples=40)
@given(sets)
def test_ranks_are_the_plain_ones(goals):
    assert ranks(goals).tolist() == plain_ranks(goals)


@settings(deadline=None, max_examples=40)
@given(sets)
def test_scores_order_by_rank_and_then_by_crowding(goals):
    rank = ranks(goals)
    crowding = crowding_distances(goals, rank)
    scores = crowded_scores(goals)
    assert (scores >= 0).all()

    def compare(i, j):
        return int(rank[i] - rank[j]) or int(crowding[i] < crowding[j]) - int(crowding[i] > crowding[j])

    order = sorted(range(len(goals)), key=functools.cmp_to_key(compare))
    for i, j in itertools.pairwise(order):
        assert scores[i] >= scores[j]
        if rank[i] != rank[j]:
            assert scores[i] > scores[j]
