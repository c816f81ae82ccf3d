"""`neat digits`: train a perceptron on handwritten digits over a grid of learning rates and batch sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

__all__ = ["command"]


def command(
    *,
    data: Annotated[Path | None, arg(metavar="DIR")] = None,
    epochs: Annotated[int | None, arg(metavar="N")] = None,
    learning_rates: Annotated[tuple[float, ...] | None, arg(metavar="ETA ...")] = None,
    batch_sizes: Annotated[tuple[int, ...] | None, arg(metavar="N ...")] = None,
    hidden: Annotated[tuple[int, ...], arg(metavar="N ...")] = (32, 16),
    cost: Annotated[str, arg(metavar="NAME")] = "squared_error",
    optimizer: Annotated[str, arg(metavar="NAME")] = "sgd",
    repeats: Annotated[int, arg(metavar="N")] = 5,
    seed: Annotated[int, arg(metavar="N")] = 0,
    out: Annotated[Path | None, arg(metavar="DIR")] = None,
    quiet: bool = False,
) -> int:
    """Train a perceptron on handwritten digits by backpropagation, for every learning rate and batch size of a grid.

    The best pair on the validation set is evaluated on the test set. Writes heat_map.png, heat_map.svg and study.json.

    Args:
        data: Folder with MNIST's four IDX files (plain or .gz); by default scikit-learn's bundled 8 x 8 digits.
        epochs: Passes over the training set; by default 1 for MNIST, 30 for the bundled digits.
        learning_rates: Rows of the grid.
        batch_sizes: Columns of the grid.
        hidden: Units of each hidden layer.
        cost: squared_error, cross_entropy or softmax_cross_entropy.
        optimizer: sgd, momentum or adam.
        repeats: Number of seeds for evaluating the best pair.
        seed: Seed of all random numbers.
        out: Folder to write; by default runs/digits-seedN, with a number appended if it exists.
        quiet: Print only the table and the result.
    """
    import io
    import json

    from experiments.display.canvas import draw_offscreen
    from experiments.display.describe import counted
    from experiments.folder.directory import default_folder
    from experiments.folder.files import write_atomically
    from experiments.gradients.digits import Cell, SweepConfig, heat_map, sweep, table
    from experiments.gradients.digits_data import bundled_digits, mnist
    from neat.errors import RunDirectoryError
    from neat.files.arrays import replace_file

    draw_offscreen()
    defaults = SweepConfig()
    config = SweepConfig(
        hidden=hidden,
        cost=cost,
        optimizer=optimizer,
        learning_rates=learning_rates or defaults.learning_rates,
        batch_sizes=batch_sizes or defaults.batch_sizes,
        epochs=epochs or (defaults.epochs if data is None else 1),
        repeats=repeats,
        seed=seed,
    )
    digits = bundled_digits() if data is None else mnist(data)
    folder = out or default_folder("digits", seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunDirectoryError(f"{folder}: cannot be written ({error}); choose another with --out") from error

    def report(cell: Cell) -> None:
        print(
            f"  learning rate {cell.learning_rate:g}, batch {cell.batch_size}: "
            f"{100 * cell.accuracy:.2f} % of the validation set in {cell.seconds:.1f} s",
            flush=True,
        )

    sizes = "-".join(str(n) for n in (digits.pixels, *config.hidden, 10))
    counts = f"{len(digits.train):,} + {len(digits.validation):,} + {len(digits.test):,} images"
    print(f"{digits.name}: {counts} (training + validation + test), network {sizes}, {counted(config.epochs, 'epoch')}")
    result = sweep(digits, config, after_cell=None if quiet else report)
    print("\nvalidation accuracy in percent (* best):\n")
    print(table(result))
    scores = [100 * a for a in result.test_accuracies]
    print(
        f"\nbest pair: learning rate {result.best.learning_rate:g}, batch {result.best.batch_size}; "
        f"trained on training and validation set, test accuracy {sum(scores) / len(scores):.2f} % "
        f"(mean of {len(scores)} seeds, lowest {min(scores):.2f} %, highest {max(scores):.2f} %)"
    )
    try:
        write_atomically(folder / "study.json", json.dumps(result.as_dict(), indent=2) + "\n")
        picture = heat_map(result)
        for kind in ("png", "svg"):
            content = io.BytesIO()
            picture.savefig(content, format=kind, dpi=150)
            replace_file(folder / f"heat_map.{kind}", content.getbuffer())
    except OSError as error:
        raise RunDirectoryError(f"{folder}: cannot be written ({error}); choose another with --out") from error
    print(f"wrote heat_map.png, heat_map.svg and study.json in {folder}")
    return 0
