"""Writing pictures into a video file (mp4, GIF or WebP). After an error there is no file."""

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
"""File extensions that `write_frames` supports."""
_ENOUGH = 25  # pictures per second for smooth motion
_NO_PICTURE = "there was no picture to write a video of"
_SAMPLED, _COLOURS = 64, 127  # number of pictures that determine the palette of a GIF, and its number of colours


def picture_spacing(rate: int) -> int:
    """Return the number of steps per picture of a smooth video, for a game with ``rate`` steps per second."""
    return max(1, rate // _ENOUGH)


def check_format(path: str | os.PathLike[str]) -> None:
    """Raise `ConfigError` for a file whose extension is not in `FORMATS`."""
    if Path(path).suffix.lower() not in FORMATS:
        raise ConfigError(f"video {os.fspath(path)!r}: expected a name that ends in {', '.join(FORMATS)}")


def write_frames(path: str | os.PathLike[str], frames: Iterable[Any], *, fps: int) -> None:
    """Write pictures as an mp4, GIF or WebP file. The file appears only when it is complete.

    Args:
        path: The file; an existing one is replaced.
        frames: The pictures, uint8, shape (height, width, 3), or anything that
            `environments.watching.pictures.Pictures` converts to such pictures.
        fps: Pictures per second, at least 1.

    Raises:
        ConfigError: The file extension is unknown.
        EvaluationError: There is no picture, or an invalid one.
        MissingExtraError: imageio-ffmpeg (for mp4) is not installed, or it finds no ffmpeg.
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
    """Write several mp4 files at the same time, each by a process of its own, faster than `write_frames`.

    Args:
        paths: The files; existing ones are replaced.
        frames: Sequences of one picture for each file, uint8, shape (height, width, 3).
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
    """Yield the path of a temporary file, which replaces ``file`` at the end, unless there was an error."""
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
    """Yield a function that adds a picture to an mp4 file. The file is complete when the context ends.

    Args:
        file: The file.
        fps: Pictures per second.
        hasty: Encode in two thirds of the time, to twice the size.
    """
    try:
        ffmpeg = importlib.import_module("imageio_ffmpeg")
        program = Path(ffmpeg.get_ffmpeg_exe())
    except ImportError as error:
        raise MissingExtraError("mp4 files need a package that is not installed: pip install imageio-ffmpeg") from error
    except RuntimeError as error:
        raise MissingExtraError(
            "mp4 files need ffmpeg, which was not found: run pip install --force-reinstall imageio-ffmpeg, or write a "
            ".gif or .webp file"
        ) from error
    look: dict[str, Any] = {"fps": fps, "macro_block_size": 1, "ffmpeg_log_level": "error"}
    if program.is_relative_to(Path(str(ffmpeg.__file__)).parent):  # the bundled ffmpeg has this encoder
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
            raise OSError(f"ffmpeg failed: {str(error).splitlines()[0]}") from error

    try:
        yield put
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise EvaluationError(_NO_PICTURE)
    if b"moov" not in file.read_bytes():  # ffmpeg writes this part last
        raise OSError("ffmpeg could not complete the file: is the disk full?")


def _even(frame: Picture) -> Picture:
    """Return a picture with even height and width, which video players require; the last row or column is repeated."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(frame)


def _write_animation(file: Path, frames: Iterator[Picture], fps: int) -> None:
    from PIL import Image

    # Players show each picture of a GIF for at least 0.02 seconds, and each takes kilobytes.
    every = picture_spacing(fps)
    kept = islice(frames, 0, None, every)
    look: dict[str, Any] = {"save_all": True, "duration": round(1000 * every / fps), "loop": 0}
    begin = [_first(kept)]
    if file.suffix == ".gif":
        begin += islice(kept, _SAMPLED - 1)
        # One palette for the whole video: parts of the picture without motion take no space.
        palette = Image.fromarray(np.vstack(begin[::4])).quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
        images = (
            Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in chain(begin, kept)
        )
        look |= {"optimize": True, "disposal": 1}
    else:
        images = (Image.fromarray(frame) for frame in chain(begin, kept))
    next(images).save(file, append_images=images, **look)
