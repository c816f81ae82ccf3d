"""Running exported programs: processes that read observations and write outputs and actions.

A driver reads float64 from standard input: for each observation 1 at the start of an episode and otherwise 0, then the
observation. It writes the outputs and the action. Outputs and actions come from two instances of the policy, since each
query counts as an observation.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neat.errors import EvaluationError
from neat.exporters.policy_plan import PolicyPlan
from neat.exporters.target import Answers

__all__ = ["Program", "python_program"]

Vector = NDArray[np.float64]

_DRIVER = """
import array, importlib.util, sys
file, inputs, acts = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
spec = importlib.util.spec_from_file_location("exported", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
one, two = (module.Policy(), module.Policy()) if hasattr(module, "Policy") else (module, module)
source, sink = sys.stdin.buffer, sys.stdout.buffer
while len(data := source.read(8 * (inputs + 1))) == 8 * (inputs + 1):
    begins, *x = array.array("d", data)
    if begins and hasattr(one, "reset"):
        one.reset()
        two.reset()
    answer = list(one.outputs(x))
    if acts:
        action = two.act(x)
        answer += list(action) if hasattr(action, "__len__") else [action]
    sink.write(array.array("d", map(float, answer)).tobytes())
    sink.flush()
"""


class Program:
    """A process that plays; see `neat.exporters.target.Player`."""

    def __init__(self, command: Sequence[str], policy: PolicyPlan, folder: Path) -> None:
        self._inputs, self._outputs = policy.network.inputs, policy.network.outputs
        self._size = self._outputs + policy.action_size
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def play(self, observations: Vector, begins: NDArray[np.bool_]) -> Answers:
        """Send observations, and return what comes back.

        Raises:
            EvaluationError: The program ended early; the message is its last line on standard error.
        """
        rows = np.empty((len(observations), 1 + self._inputs))
        rows[:, 0], rows[:, 1:] = begins, observations
        answers = np.frombuffer(self._exchange(rows.tobytes(), 8 * self._size * len(rows)))
        answers = answers.reshape(len(rows), self._size)
        return answers[:, : self._outputs], answers[:, self._outputs :]

    def _exchange(self, sent: bytes, expected: int) -> bytes:
        if len(sent) < 4096:  # fits into a pipe: no thread is needed
            self._send(sent)
            return self._received(expected)
        sender = threading.Thread(target=self._send, args=(sent,), daemon=True)
        sender.start()
        received = self._received(expected)
        sender.join()
        return received

    def _send(self, sent: bytes) -> None:
        try:
            self._process.stdin.write(sent)  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            pass  # it has ended, which is told when nothing comes back

    def _received(self, expected: int) -> bytes:
        received = self._process.stdout.read(expected)  # type: ignore[union-attr]
        if len(received) < expected:
            words = self._process.stderr.read().decode(errors="replace").strip()  # type: ignore[union-attr]
            raise EvaluationError(f"an exported program ended early: {(words.splitlines() or ['no reason'])[-1][:300]}")
        return received

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def python_program(policy: PolicyPlan, folder: Path, file: str) -> Program:
    """Return a Python file at play, in an interpreter of its own."""
    words = [file, str(policy.network.inputs), str(bool(policy.actions))]
    return Program([sys.executable, "-I", "-c", _DRIVER, *words], policy, folder)
