"""IDX files, and the digits study on small data."""

import gzip
import json
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from experiments.cli import main
from experiments.gradients.digits import SweepConfig, heat_map, sweep, table
from experiments.gradients.digits_data import DigitsData, Examples, bundled_digits, mnist
from neat.backprop.idx import read_idx
from neat.backprop.losses import SquaredError, one_hot
from neat.backprop.mlp import MLP
from neat.backprop.optimizers import SGD
from neat.backprop.training import accuracy, train
from neat.errors import ConfigError, DataError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx_bytes(array):
    """An IDX file's content, written from the description of the format."""
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_mnist(folder, train_count=60, test_count=12, compress=False, side=4):
    """Images whose bright row is their digit, so that a network can learn them."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    for prefix, count in (("train", train_count), ("t10k", test_count)):
        labels = (np.arange(count) % 4).astype(np.uint8)
        images = rng.integers(0, 60, (count, side, side)).astype(np.uint8)
        images[np.arange(count), labels] += 190
        for name, array in ((f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels)):
            content = idx_bytes(array)
            (folder / (name + ".gz" * compress)).write_bytes(gzip.compress(content, mtime=0) if compress else content)
    return folder


@given(
    st.sampled_from(list(CODES)).flatmap(
        lambda code: arrays(np.dtype(code), array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
    ),
    st.booleans(),
)
def test_every_array_is_read_back(tmp_path_factory, array, compress):
    path = tmp_path_factory.mktemp("idx") / "array"
    path.write_bytes(gzip.compress(idx_bytes(array)) if compress else idx_bytes(array))
    again = read_idx(path)
    assert again.shape == array.shape
    assert again.dtype == array.dtype
    assert again.tobytes() == array.tobytes()


GOOD = idx_bytes(np.arange(12, dtype="i4").reshape(3, 4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x08", "not an IDX file"),
        (b"\x89PNG" + GOOD, "not an IDX file: expected it to begin with two zero bytes, got '89 50 4e 47'"),
        (b"\0\0\x07\x01" + GOOD[4:], "unknown IDX element type 0x07"),
        (b"\0\0\x08\x00", "expected 1 to 8 dimensions, the IDX header says 0"),
        (b"\0\0\x08\xff", "expected 1 to 8 dimensions, the IDX header says 255"),
        (GOOD[:9], "truncated: the IDX header ends before its 2 dimensions"),
        (GOOD[:-1], "truncated: 3 × 4 elements are 48 bytes, the file has 47"),
        (GOOD + b"\0", "longer than its IDX header says"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "more than the 1,073,741,824 accepted"),
        (gzip.compress(GOOD, mtime=0)[:-12], "damaged gzip file"),
        (gzip.compress(GOOD[:-1], mtime=0), "truncated"),
        (gzip.compress(GOOD + bytes(10), mtime=0), "longer than"),
    ],
)
def test_damaged_files_are_refused(tmp_path, content, message):
    path = tmp_path / "array"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_a_limit_is_kept(tmp_path):
    path = tmp_path / "array"
    path.write_bytes(GOOD)
    assert read_idx(path, max_bytes=48).shape == (3, 4)
    with pytest.raises(DataError, match="48 bytes, more than the 47 accepted"):
        read_idx(path, max_bytes=47)


@pytest.mark.parametrize("compress", [False, True])
def test_mnist_folder(tmp_path, compress):
    data = mnist(write_mnist(tmp_path / "mnist", compress=compress))
    assert (len(data.train), len(data.validation), len(data.test), data.pixels) == (50, 10, 12, 16)
    assert data.train.images.dtype == np.float32
    assert 0.0 <= data.train.images.min() <= data.train.images.max() <= 1.0
    assert data.test.labels.tolist() == [i % 4 for i in range(12)]


def test_mnist_folders_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        mnist(tmp_path / "absent")
    folder = write_mnist(tmp_path / "mnist")
    labels = folder / "t10k-labels-idx1-ubyte"
    labels.write_bytes(idx_bytes(np.zeros(3, np.uint8)))
    with pytest.raises(DataError, match=r"has 12 images, but .* has 3 labels"):
        mnist(folder)
    labels.write_bytes(idx_bytes(np.full(12, 10, np.uint8)))
    with pytest.raises(DataError, match="labels from 0 to 9, got 10"):
        mnist(folder)
    labels.write_bytes(idx_bytes(np.zeros(12, "i4")))
    with pytest.raises(DataError, match="expected bytes in 1 dimension"):
        mnist(folder)
    labels.unlink()
    with pytest.raises(DataError, match="expected a file t10k-labels-idx1-ubyte or"):
        mnist(folder)


def test_the_command_writes_table_heat_map_and_raw_data(tmp_path, capsys):
    folder = write_mnist(tmp_path / "mnist", train_count=600)
    words = ["digits", "--data", str(folder), "--out", str(tmp_path / "out"), "--learning-rates", "1", "4"]
    assert main([*words, "--batch-sizes", "4", "20", "--epochs", "40", "--repeats", "2"]) == 0
    printed = capsys.readouterr().out
    assert "network 16-32-16-10" in printed
    assert "test accuracy" in printed
    result = json.loads((tmp_path / "out" / "study.json").read_text())
    assert len(result["cells"]) == 4
    assert result["best"]["accuracy"] == max(cell["accuracy"] for cell in result["cells"]) == 1.0
    assert (tmp_path / "out" / "heat_map.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (tmp_path / "out" / "heat_map.svg").read_text()


def test_the_commands_mistakes_are_one_line(tmp_path, capsys):
    assert main(["digits", "--data", str(tmp_path / "absent"), "--out", str(tmp_path / "out")]) == 2
    assert "no such folder" in capsys.readouterr().err
    folder = write_mnist(tmp_path / "mnist")
    assert main(["digits", "--data", str(folder), "--cost", "cross_entrop", "--out", str(tmp_path / "out")]) == 2
    assert "did you mean 'cross_entropy'" in capsys.readouterr().err


def test_the_best_pair_is_chosen_on_the_validation_set_only():
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 10
    parts = [Examples(rng.random((80, 5), np.float32), labels) for _ in range(3)]
    config = SweepConfig(learning_rates=(0.5, 2.0), batch_sizes=(8, 16), epochs=2, repeats=1)
    first = sweep(DigitsData("noise", *parts), config)
    other_test = Examples(parts[2].images[::-1].copy(), labels)
    second = sweep(DigitsData("noise", *parts[:2], other_test), config)
    assert [c.accuracy for c in first.cells] == [c.accuracy for c in second.cells]
    assert first.best.accuracy == max(c.accuracy for c in first.cells)
    assert "*" in table(first)
    assert len(heat_map(first).axes) == 2


def test_the_test_set_is_not_learned_from():
    rng = np.random.default_rng(0)
    parts = [Examples(rng.random((60, 20), np.float32), np.arange(60) % 10) for _ in range(3)]  # pure noise
    config = SweepConfig(learning_rates=(3.0,), batch_sizes=(5,), epochs=300, repeats=2)
    result = sweep(DigitsData("noise", *parts), config)
    assert result.best.cost < 0.1  # the noise is learned by heart
    assert max(result.test_accuracies) < 0.3  # and is of no use


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match=r"digits\.epochs: expected at least 1"):
        SweepConfig(epochs=0)
    with pytest.raises(ConfigError, match=r"digits\.batch_sizes: expected positive numbers"):
        SweepConfig(batch_sizes=(8, 0))


def test_bundled_digits_reach_95_percent_of_the_test_set():
    pytest.importorskip("sklearn")
    data = bundled_digits()
    assert (len(data.train), len(data.validation), len(data.test), data.pixels) == (1078, 359, 360, 64)
    result = sweep(data, SweepConfig(learning_rates=(2.0,), batch_sizes=(5,), repeats=3))
    assert min(result.test_accuracies) >= 0.95


def test_mini_batches_reach_the_full_batch_cost():
    pytest.importorskip("sklearn")
    data = bundled_digits().train
    targets = one_hot(data.labels, 10)
    costs = {}
    for name, batch_size, rate in (("full", None, 3.0), ("mini", 16, 3.0)):
        network = MLP((64, 32, 16, 10), seed=1)
        train(network, data.images, targets, SquaredError(), SGD(rate), epochs=60, batch_size=batch_size, seed=2)
        costs[name] = SquaredError()(network, data.images, targets)
        scores = accuracy(network.predict(data.images), data.labels)
    assert costs["mini"] <= costs["full"]
    assert costs["mini"] < 0.05
    assert scores > 0.95


def test_missing_scikit_learn_is_explained():
    code = (
        "import sys; sys.modules['sklearn'] = None; sys.modules['sklearn.datasets'] = None\n"
        "from experiments.cli import main; sys.exit(main(['digits']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert 'pip install "neat-arena[digits]"' in done.stderr
