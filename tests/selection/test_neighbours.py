"""Nearest neighbours, novelty and the archive beside plain versions of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.config import SelectionConfig
from neat.selection.archive import Archive
from neat.selection.neighbours import nearest
from neat.selection.novelty import novelty


def plain_nearest(behaviours, archive, k, levels=None):
    everybody = [*behaviours.tolist(), *archive.tolist()]
    distances, places = [], []
    for i, own in enumerate(behaviours.tolist()):
        others = [j for j in range(len(everybody)) if j != i and (levels is None or levels[j] > levels[i])]
        others.sort(key=lambda j: (sum((a - b) ** 2 for a, b in zip(own, everybody[j], strict=True)), j))
        near = others[:k]
        found = [float(np.linalg.norm(np.subtract(own, everybody[j]))) for j in near]
        distances.append(found + [np.inf] * (k - len(near)))
        places.append(near + [-1] * (k - len(near)))
    return np.array(distances), np.array(places)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 30), st.integers(0, 12), st.integers(1, 4), st.integers(1, 17), st.booleans(), st.integers(0, 2**32),
    st.sampled_from([3, 1000]),
)  # fmt: skip
def test_neighbours_are_those_of_the_plain_version(n, m, d, k, fitter, seed, grid):
    rng = np.random.default_rng(seed)
    behaviours, archive = rng.integers(0, grid, (n, d)) / 7.0, rng.integers(0, grid, (m, d)) / 7.0
    levels = rng.integers(0, 5, n + m).astype(float) if fitter else None
    found = nearest(behaviours, archive, k, levels=levels)
    distances, places = plain_nearest(behaviours, archive, k, levels)
    assert np.allclose(found.distances, distances, rtol=1e-12)
    assert found.counts.tolist() == (places >= 0).sum(axis=1).tolist()
    exact = np.array([[(round((x * 7) ** 2) if x < np.inf else -1) for x in row] for row in distances])
    for i in range(n):  # of equally near ones the first
        assert [int(p) for p in found.places[i]] == places[i].tolist() or len(set(exact[i])) < k
    expected = [np.mean(row[row < np.inf]) if (row < np.inf).any() else 0.0 for row in distances]
    assert np.allclose(novelty(found), expected, rtol=1e-12)


def test_threads_change_nothing():
    rng = np.random.default_rng(0)
    behaviours, archive = rng.normal(size=(700, 2)), rng.normal(size=(50, 2))
    one, two = nearest(behaviours, archive, 15), nearest(behaviours, archive, 15, threads=2)
    for a, b in zip(one, two, strict=True):
        assert a.tobytes() == b.tobytes()


class PlainArchive:
    """Lehman & Stanley (2011): the rule in words."""

    def __init__(self, limit, threshold):
        self.limit, self.threshold = limit, threshold
        self.kept, self.seen, self.added = [], 0, 0

    def admit(self, behaviour, admissible=True):
        distances = [np.linalg.norm(np.subtract(behaviour, other)) for other in self.kept]
        if admissible and min(distances, default=np.inf) > self.threshold:
            self.kept.append(behaviour)
            self.kept = self.kept[-self.limit :]
            self.added += 1
        self.seen += 1
        if self.seen == 250:
            if self.added == 0:
                self.threshold = max(0.25, 0.95 * self.threshold)
            elif self.added > 4:
                self.threshold *= 1.2
            self.seen = self.added = 0


@pytest.mark.parametrize(("limit", "spread", "threshold"), [(40, 1.0, 0.5), (300, 1.0, 0.5), (250, 0.02, 0.3)])
def test_the_archive_admits_and_adapts_as_the_paper_says(limit, spread, threshold):
    rng = np.random.default_rng(1)
    archive = Archive(SelectionConfig(archive=limit, admission=threshold))
    plain = PlainArchive(limit, threshold)
    thresholds = set()
    for _ in range(20):
        behaviours = spread * rng.normal(size=(170, 2))
        admissible = rng.random(170) < 0.9
        archive.admit(behaviours, np.arange(170.0), admissible)
        for behaviour, may in zip(behaviours.tolist(), admissible, strict=True):
            plain.admit(behaviour, may)
        assert archive.threshold == pytest.approx(plain.threshold, rel=1e-12)
        assert sorted(archive.behaviours.tolist()) == sorted(plain.kept)
        thresholds.add(archive.threshold)
        other = Archive(SelectionConfig(archive=limit, admission=threshold))  # as from a checkpoint
        other.restore(archive.to_arrays())
        archive = other
    assert len(thresholds) > 2
    assert len(archive) == (min(limit, len(plain.kept)))
