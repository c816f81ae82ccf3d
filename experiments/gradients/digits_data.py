"""Handwritten digits, from MNIST files if a folder is given, otherwise from scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.idx import read_idx
from neat.errors import DataError, MissingExtraError

__all__ = ["CLASSES", "DigitsData", "Examples", "bundled_digits", "mnist"]

CLASSES = 10
_SPLIT_SEED = 20_020_610


@dataclass(frozen=True)
class Examples:
    """Images of digits, with labels.

    Attributes:
        images: float32 in [0, 1], shape (examples, pixels).
        labels: int64 in 0 … 9, shape (examples,).
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def and_also(self, other: Examples) -> Examples:
        """Return these examples, followed by others."""
        return Examples(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.labels, other.labels]),
        )


@dataclass(frozen=True)
class DigitsData:
    """Three disjoint sets. Settings are chosen on ``validation``; ``test`` is used once, at the end."""

    name: str
    train: Examples
    validation: Examples
    test: Examples

    @property
    def pixels(self) -> int:
        """Number of pixels per image."""
        return int(self.train.images.shape[1])


def bundled_digits() -> DigitsData:
    """Return scikit-learn's 1,797 digits of 8 × 8 pixels (UCI "Optical Recognition of Handwritten Digits", test part).

    They are shuffled with a fixed seed: 60% for training, 20% for validation, 20% for testing.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtraError(
            'the default digits are part of scikit-learn: pip install "neat-arena[digits]", '
            "or give a folder of MNIST files with --data"
        ) from error
    data = load_digits()
    images, labels = (data.data / 16.0).astype(np.float32), data.target.astype(np.int64)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
    train, validation, test = np.split(order, [int(0.6 * len(order)), int(0.8 * len(order))])
    return DigitsData(
        "scikit-learn digits", *(Examples(images[part], labels[part]) for part in (train, validation, test))
    )


def mnist(folder: str | Path) -> DigitsData:
    """Return the digits in a folder with MNIST's four IDX files, each either plain or compressed (``.gz``).

    The last sixth of the training images (10,000 of MNIST's 60,000) is the validation set; the test images are the test
    set.

    Raises:
        DataError: A file is missing or damaged, or images and labels do not match.
    """
    folder = Path(folder)
    whole, test = _examples(folder, "train"), _examples(folder, "t10k")
    if whole.images.shape[1] != test.images.shape[1]:
        sizes = whole.images.shape[1], test.images.shape[1]
        raise DataError(f"{folder}: training images have {sizes[0]} pixels, test images {sizes[1]}")
    held = len(whole) // 6
    if held == 0:
        raise DataError(f"{folder}: expected at least 6 training images, got {len(whole)}")
    train, validation = (Examples(whole.images[s], whole.labels[s]) for s in (slice(0, -held), slice(-held, None)))
    return DigitsData(f"MNIST files in {folder}", train, validation, test)


def _examples(folder: Path, prefix: str) -> Examples:
    image_file, label_file = _find(folder, f"{prefix}-images", 3), _find(folder, f"{prefix}-labels", 1)
    images, labels = _bytes(image_file, 3), _bytes(label_file, 1)
    if len(images) != len(labels) or len(images) == 0:
        raise DataError(f"{image_file} has {len(images)} images, but {label_file} has {len(labels)} labels")
    if labels.max() >= CLASSES:
        raise DataError(f"{label_file}: expected labels from 0 to {CLASSES - 1}, got {labels.max()}")
    pixels = images.reshape(len(images), -1).astype(np.float32)
    pixels /= 255.0
    return Examples(pixels, labels.astype(np.int64))


def _find(folder: Path, stem: str, dimensions: int) -> Path:
    names = [f"{stem}{sep}idx{dimensions}-ubyte{ending}" for sep in "-." for ending in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected one with MNIST's IDX files")
    raise DataError(f"{folder}: expected a file {names[0]} or {names[1]}, as MNIST is distributed")


def _bytes(path: Path, dimensions: int) -> NDArray[Any]:
    array = read_idx(path)
    if array.ndim != dimensions or array.dtype != np.uint8:
        raise DataError(f"{path}: expected bytes in {dimensions} dimension(s), got {array.dtype} in {array.ndim}")
    return array
