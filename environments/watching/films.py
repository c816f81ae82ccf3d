"""Pictures written into a file as an mp4, GIF or WebP film: whole, or not at all."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from environments.watching.pictures import Picture, Pictures
from neat.errors import ConfigError, EvaluationError, MissingExtraError, RunDirectoryError

__all__ = ["FORMATS", "check_format", "picture_spacing", "write_films", "write_frames"]

FORMATS = (".mp4", ".gif", ".webp")
"""Endings that `write_frames` knows."""
_ENOUGH = 25  # pictures per second
_NO_PICTURE = "there was no picture to write a video of"
_SAMPLED, _COLOURS = 64, 127  # pictures from which the palette of a GIF is taken, and its size


def picture_spacing(rate: int) -> int:
    """Return how many steps apart the pictures of a film may be, at so many steps a second, and still look smooth."""
    return max(1, rate // _ENOUGH)


def check_format(path: str | os.PathLike[str]) -> None:
    """Raise `ConfigError` for a name whose ending is none of `FORMATS`."""
    if Path(path).suffix.lower() not in FORMATS:
        raise ConfigError(f"video {os.fspath(path)!r}: expected a name that ends in {', '.join(FORMATS)}")


def write_frames(path: str | os.PathLike[str], frames: Iterable[Any], *, fps: int) -> None:
    """Write pictures as an mp4, GIF or WebP file, which appears when all are written; else nothing does.

    Args:
        path: The file; one that is there is replaced.
        frames: The pictures, uint8, shape (height, width, 3), or what `environments.watching.pictures.Pictures` makes
            such of.
        fps: Pictures per second, at least 1.

    Raises:
        ConfigError: Another ending.
        EvaluationError: There is no picture, or something that is none.
        MissingExtraError: imageio-ffmpeg (mp4) is not installed, or it finds no ffmpeg.
        RunDirectoryError: The file cannot be written.
    """
    file = Path(path)
    check_format(file)
    kind = Pictures()
    taken = (picture for frame in frames if (picture := kind.take(frame)) is not None)
    with _replacing(file) as partial:
        if file.suffix.lower() == ".mp4":
            with _mp4(partial, fps) as put:
                for picture in taken:
                    put(picture)
        else:
            _write_animation(partial, taken, fps)


def write_films(paths: Sequence[Path], frames: Iterable[Sequence[Picture]], *, fps: int) -> None:
    """Write several mp4 files at once, each by a process of its own, with more haste than `write_frames`.

    Args:
        paths: The files; those that are there are replaced.
        frames: One picture for each file at a time, uint8, shape (height, width, 3).
        fps: Pictures per second, at least 1.

    Raises:
        EvaluationError: There is no picture.
        MissingExtraError: imageio-ffmpeg is not installed, or it finds no ffmpeg.
        RunDirectoryError: A file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        puts = [stack.enter_context(_mp4(stack.enter_context(_replacing(path)), fps, hasty=True)) for path in paths]
        for several in frames:
            for put, picture in zip(puts, several, strict=True):
                put(picture)


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """Give the name of a file beside another, which it replaces at the end, unless something went wrong."""
    partial = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix.lower()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        partial.touch()
        try:
            yield partial
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    except (EvaluationError, MissingExtraError, RunDirectoryError):
        raise
    except OSError as error:
        raise RunDirectoryError(f"video {str(file)!r} cannot be written: {error.strerror or error}") from error


def _first(frames: Iterator[Picture]) -> Picture:
    for frame in frames:
        return frame
    raise EvaluationError(_NO_PICTURE)


@contextlib.contextmanager
def _mp4(file: Path, fps: int, *, hasty: bool = False) -> Iterator[Callable[[Picture], None]]:
    """Give a function that adds a picture to a film, which is whole at the end.

    Args:
        file: The film.
        fps: Pictures per second.
        hasty: Encode in two thirds of the time, into twice the bytes.
    """
    try:
        ffmpeg = importlib.import_module("imageio_ffmpeg")
        program = Path(ffmpeg.get_ffmpeg_exe())
    except ImportError as error:
        raise MissingExtraError("mp4 files need a package that is not installed: pip install imageio-ffmpeg") from error
    except RuntimeError as error:
        raise MissingExtraError(
            "mp4 files need ffmpeg, which is not on this machine: pip install --force-reinstall imageio-ffmpeg brings "
            "it, and .gif and .webp do without"
        ) from error
    look: dict[str, Any] = {"fps": fps, "macro_block_size": 1, "ffmpeg_log_level": "error"}
    if program.is_relative_to(Path(str(ffmpeg.__file__)).parent):  # the bundled one: what it can do is known
        look |= {"codec": "libx264", "output_params": ["-preset", "veryfast"] if hasty else []}
    writer: Any = None

    def put(picture: Picture) -> None:
        nonlocal writer
        picture = _even(picture)
        try:
            if writer is None:
                writer = ffmpeg.write_frames(str(file), picture.shape[1::-1], **look)
                writer.send(None)
            writer.send(picture)
        except OSError as error:
            raise OSError(f"ffmpeg ended: {str(error).splitlines()[0]}") from error

    try:
        yield put
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise EvaluationError(_NO_PICTURE)
    if b"moov" not in file.read_bytes():  # which ffmpeg writes last, if there is room on the disk
        raise OSError("ffmpeg could not finish it: is the disk full?")


def _even(frame: Picture) -> Picture:
    """Return a picture with an even number of rows and columns, as players want it: the last ones are repeated."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(frame)


def _write_animation(file: Path, frames: Iterator[Picture], fps: int) -> None:
    from PIL import Image

    # Players show a GIF's pictures for no less than two hundredths of a second, and each costs kilobytes.
    every = picture_spacing(fps)
    kept = islice(frames, 0, None, every)
    look: dict[str, Any] = {"save_all": True, "duration": round(1000 * every / fps), "loop": 0}
    begin = [_first(kept)]
    if file.suffix == ".gif":
        begin += islice(kept, _SAMPLED - 1)
        # One palette for the whole film: where nothing moves, nothing is stored.
        palette = Image.fromarray(np.vstack(begin[::4])).quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
        images = (
            Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in chain(begin, kept)
        )
        look |= {"optimize": True, "disposal": 1}
    else:
        images = (Image.fromarray(frame) for frame in chain(begin, kept))
    next(images).save(file, append_images=images, **look)
