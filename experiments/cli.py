"""The command line: the list of commands, argument parsing, and exit codes.

A command is one module in `experiments.commands` with a function ``command``, whose parameters are its arguments and
options and whose docstring is its help, and one line in `COMMANDS`. Modules are imported when their command is called,
and import heavy packages inside the function, so that help is fast.

Exit codes: 0 success, 1 a check that the user asked for failed, 2 a mistake in the call or in a file (one line on
standard error), 130 interrupted by Ctrl-C, 143 terminated by SIGTERM.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.making.places import offer
from environments.making.prints import keep_apart
from experiments.commands import given
from experiments.folder.origins import is_run
from neat.errors import NeatError, did_you_mean

__all__ = ["COMMANDS", "Command", "help_of", "main", "mistake_in"]


@dataclass(frozen=True)
class Command:
    """One command of `neat`."""

    name: str
    summary: str
    """One line for ``neat --help``."""
    module: str
    """Module with the function ``command``."""


COMMANDS = (
    Command("run", "evolve networks until one solves a task, and verify it", "experiments.commands.run"),
    Command("resume", "continue a run that was stopped, with the same result", "experiments.commands.resume"),
    Command(
        "illuminate", "fill a repertoire: the fittest network for every behaviour", "experiments.commands.illuminate"
    ),
    Command("front", "verify the best network of every size in a run", "experiments.commands.front"),
    Command("breed", "breed pictures in the browser: you choose the parents", "experiments.commands.breed"),
    Command("new", "write an example game: flappy, snake, cars, dino, pygame", "experiments.commands.new"),
    Command("list", "list the bundled experiments and Gymnasium environments", "experiments.commands.listing"),
    Command("settings", "explain the settings of experiment files", "experiments.commands.settings"),
    Command("doctor", "find out why a run or a game does not learn", "experiments.commands.doctor"),
    Command("verify", "play fresh episodes with the champion of a run", "experiments.commands.verify"),
    Command("play", "watch the champion of a run, in a window or as a video", "experiments.commands.play"),
    Command("watch", "watch the whole population of a run in the browser", "experiments.commands.watch"),
    Command("draw", "draw the network of a champion", "experiments.commands.draw"),
    Command("export", "write a champion as Python, C, JavaScript, ONNX or PyTorch", "experiments.commands.export"),
    Command("table", "write many runs as one table: CSV, Markdown, LaTeX", "experiments.commands.table"),
    Command("report", "write one HTML page about a run, or several side by side", "experiments.commands.report"),
    Command("share", "write one HTML page in which a champion plays", "experiments.commands.share"),
    Command("convert", "convert a neat-python configuration file", "experiments.commands.convert"),
    Command("gallery", "make the pictures of the README from real runs", "experiments.commands.gallery"),
    Command("success-rate", "run many independent seeds: success rate and cost", "experiments.commands.success"),
    Command("replicate", "repeat published experiments and compare the figures", "experiments.commands.replicate"),
    Command("results", "make a table of results on Gymnasium environments", "experiments.commands.results"),
    Command("bench", "measure speed against other programs", "experiments.commands.bench"),
    Command("warmup", "compile in advance what a run needs", "experiments.commands.warmup"),
    Command("ab", "compare two experiments on the same seeds", "experiments.commands.ab"),
    Command("compare", "compare NEAT with PPO and random search on one budget", "experiments.commands.compare"),
    Command("ppo", "train a perceptron by policy gradients, and verify it", "experiments.commands.ppo"),
    Command("dqn", "train a perceptron by deep Q-learning, and verify it", "experiments.commands.dqn"),
    Command(
        "digits", "train a perceptron on handwritten digits over a grid of settings", "experiments.commands.digits"
    ),
)


class _Terminated(BaseException):
    """SIGTERM arrived: end like a Ctrl-C, so that folders and workers are left in order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The words after ``neat``; by default those the process was called with.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    given(words)
    _secure_streams()
    with contextlib.suppress(OSError):  # the current folder has been removed, say
        if not is_run(Path.cwd()):
            offer(Path.cwd())  # where games of one's own are looked for, last of all places
    with contextlib.suppress(ValueError):  # only the main thread may listen to signals
        signal.signal(signal.SIGTERM, _terminate)
    dropped: list[signal.Signals] = []
    try:
        with _noting_dropped(dropped):
            code = _dispatch(words)
            sys.stdout.flush()
    except NeatError as error:
        if dropped:
            print(_SIGNALLED[dropped[0]], file=sys.stderr)
            return 128 + dropped[0]
        logging.getLogger(__name__).debug("how it came about:", exc_info=error)
        return _fail(" ".join(str(error).split()))
    except KeyboardInterrupt:
        print(_SIGNALLED[signal.SIGINT], file=sys.stderr)
        return 130
    except _Terminated:
        print(_SIGNALLED[signal.SIGTERM], file=sys.stderr)
        return 143
    except BrokenPipeError:
        _mute()  # whoever read our output has gone (`neat list | head`): nothing to report
        return 141
    except OSError as error:  # files have errors of their own above: this is standard output, on a full disk, say
        _mute()
        return _fail(f"{error.strerror or error}: {error.filename or 'standard output'}")
    except MemoryError as error:
        reason = " ".join(str(error).split()) or "more memory was requested than is available"
        return _fail(f"out of memory ({reason}): fewer genomes (--population) or --workers need less")
    return code


def _secure_streams() -> None:
    """See to it that there is somewhere to write to, whatever characters it knows.

    A stream that was closed (``neat list >&-``) would be None, and the first file opened would take its number: what
    other libraries print would go into that file.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # "±" where only ASCII can be shown


def _mute() -> None:
    """Let what is still to be flushed at the end go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] in ("-V", "--version", "version"):
        from neat import __version__

        print(f"neat-arena {__version__}")
        return 0
    name, *rest = words
    known = {command.name: command for command in COMMANDS}
    if name not in known:
        return _fail(f"no command {name!r}{did_you_mean(name, known)}; `neat --help` lists them")
    function: Callable[..., int | None] = importlib.import_module(known[name].module).command
    return _call(function, name, rest) or 0


def _call(function: Callable[..., int | None], name: str, words: list[str]) -> int | None:
    """Read the words into the function's parameters, and call it."""
    call, error = _read(function, name, words)
    if error:
        return _fail(f"{error}; `neat {name} --help` shows the options")
    if call is None:
        return 0
    options = call.keywords if isinstance(call, functools.partial) else {}
    if not (options.get("json") or options.get("quiet")):
        result: int | None = call()
        return result
    with _output_apart():
        return call()  # type: ignore[no-any-return]


def _read(function: Callable[..., Any], name: str, words: Sequence[str]) -> tuple[Callable[[], Any] | None, str]:
    """Return the call that the words ask for, None where they ask for help; and what is wrong with them, if anything.

    tyro calls the function itself; a partial that only collects keeps a mistake in the words (tyro's exit code 2, with
    a box on standard error) apart from whatever the command does.
    """
    import tyro

    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            call: Callable[[], Any] = tyro.cli(
                _deferred(function), prog=f"neat {name}", args=list(words), config=(tyro.conf.FlagCreatePairsOff,)
            )
    except SystemExit as exit_:
        return None, "" if exit_.code in (0, None) else _one_line(errors.getvalue())
    return call, ""


def mistake_in(function: Callable[..., Any], name: str, words: Sequence[str]) -> str:
    """Return what is wrong with the words after a command, without calling it; empty: nothing."""
    return _read(function, name, words)[1]


@contextlib.contextmanager
def _output_apart() -> Iterator[None]:
    """Keep standard output for what this program writes: what games and libraries print goes to standard error.

    That holds for what is written to the file descriptor too, by C code and by the processes that are started here.
    """
    keep_apart(True)
    before, own = sys.stdout, None
    try:
        with contextlib.suppress(OSError, ValueError):  # a stream that is no file (in tests, notebooks) stays as it is
            if before.fileno() == 1:
                own = os.dup(1)
                os.dup2(2, 1)
                sys.stdout = open(own, "w", encoding=before.encoding, errors="replace", closefd=False)  # noqa: SIM115
        yield
        sys.stdout.flush()
    finally:
        keep_apart(False)
        if own is not None:
            os.dup2(own, 1)
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.close()
            os.close(own)
            sys.stdout = before


def _deferred(function: Callable[..., Any]) -> Callable[..., Callable[[], Any]]:
    """Return a function of the same signature and help that returns the call instead of making it."""
    function.__doc__ = _with_names(function.__doc__ or "")

    @functools.wraps(function)
    def collect(*args: Any, **kwargs: Any) -> Callable[[], Any]:
        return functools.partial(function, *args, **kwargs)

    return collect


def help_of(function: Callable[..., Any], name: str, width: int = 100) -> str:
    """Return what ``neat NAME --help`` shows, without colour, for the documentation."""
    before, text = os.environ.get("COLUMNS"), io.StringIO()
    os.environ["COLUMNS"] = str(width)
    try:
        with contextlib.redirect_stdout(text):
            _read(function, name, ["--help"])
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
    return re.sub(r"\x1b\[[0-9;]*m", "", text.getvalue())


def _with_names(text: str) -> str:
    """Put the names that there are into a help text: ``{backends}``, ``{presets}``, ``{encodings}``, ``{targets}``."""
    if "{" not in text:
        return text
    from environments.evaluators.backends import BACKENDS
    from neat.exporters.registry import EXPORTERS
    from neat.networks.decoders import DECODERS
    from neat.presets import PRESETS

    names = {
        "backends": ("auto", *BACKENDS), "presets": PRESETS, "encodings": DECODERS, "targets": EXPORTERS
    }  # fmt: skip
    for word, known in names.items():
        text = text.replace(f"{{{word}}}", ", ".join(known))
    return text


def _one_line(box: str) -> str:
    """Take the message out of the box that tyro draws around it, with its first suggestion."""
    lines = [line.strip("│ ").strip() for line in box.splitlines() if line.startswith("│")]
    message = []
    for line in lines:
        if not line or set(line) <= set("─"):
            break
        message.append(line)
    everything = " ".join(lines)
    number = re.search(r"Error parsing (\S+): .*invalid literal for int\(\) with base 10: ('[^']*')", everything)
    if number:
        return f"{number[1]}: expected a whole number, got {number[2]}"
    lacking = re.match(r"Missing from neat [\w-]+: ([A-Z]+)", everything)
    if lacking:
        return f"the argument {lacking[1]} is missing"
    text = " ".join(message) or "the words after the command do not fit it"
    offered = re.search(r"Perhaps you meant: *(--[\w.-]+)", everything)
    text = text[:1].lower() + text[1:].rstrip(".")
    if text.startswith(options := "unrecognized options: ") and not re.search(r"(^|, )-", text.removeprefix(options)):
        text = text.replace(options, "unexpected arguments: ")
    return f"{text} (did you mean {offered[1]!r}?)" if offered else text


def _fail(message: str) -> int:
    with contextlib.suppress(OSError):  # standard error itself may be on a full disk
        print(f"error: {message}", file=sys.stderr)
    return 2


_SIGNALLED = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def _terminate(*_: object) -> None:
    raise _Terminated


@contextlib.contextmanager
def _noting_dropped(dropped: list[signal.Signals]) -> Iterator[None]:
    """Append the signals whose exception C code drops.

    C code that calls Python, as the compiler does, cannot pass on an exception. What fails afterwards, since the call
    has no result, must not be reported as an error.
    """
    before = sys.unraisablehook

    def unraised(exception: sys.UnraisableHookArgs) -> None:
        if isinstance(exception.exc_value, KeyboardInterrupt):
            dropped.append(signal.SIGINT)
        elif isinstance(exception.exc_value, _Terminated):
            dropped.append(signal.SIGTERM)
        else:
            before(exception)

    sys.unraisablehook = unraised
    try:
        yield
    finally:
        sys.unraisablehook = before


def _help() -> str:
    width = max(len(command.name) for command in COMMANDS)
    lines = [f"  {command.name:<{width}}  {command.summary}" for command in COMMANDS]
    return "\n".join(
        [
            "usage: neat COMMAND ...",
            "",
            "NEAT neuroevolution: evolve neural networks that play games and Gymnasium environments.",
            "",
            "commands:",
            *lines,
            "",
            "neat COMMAND --help shows the options of a command. To begin: neat run CartPole-v1",
        ]
    )
