"""One JSON object a line: how a peer's script is asked and how it answers. Runs in the peers' virtual environment."""

# mypy: ignore-errors

import json
import os
import sys

# Answers go to the real standard output; whatever the program itself prints goes to standard error.
_ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def receive():
    """Return the next request, or None when there will be no more."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def send(**answer):
    """Answer the last request."""
    _ANSWERS.write(json.dumps(answer) + "\n")
    _ANSWERS.flush()


def serve(handlers):
    """Answer requests until there are no more.

    Args:
        handlers: By name of the request, a function of its arguments that returns the answer.
    """
    while (message := receive()) is not None:
        request = message.pop("request")
        try:
            send(**handlers[request](**message))
        except Exception as error:
            send(error=f"{type(error).__name__}: {error}")
