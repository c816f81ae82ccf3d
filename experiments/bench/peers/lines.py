"""Requests and answers as JSON, one object per line. Runs in the virtual environment of the other programs."""

# mypy: ignore-errors

import json
import os
import sys

# Answers go to the real standard output; the program's own output goes to standard error.
_ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def receive():
    """Return the next request, or None after the last one."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def send(**answer):
    """Answer the last request."""
    _ANSWERS.write(json.dumps(answer) + "\n")
    _ANSWERS.flush()


def serve(handlers):
    """Answer requests until there are no more.

    Args:
        handlers: For each name of a request, a function that takes its arguments and returns the answer.
    """
    while (message := receive()) is not None:
        request = message.pop("request")
        try:
            send(**handlers[request](**message))
        except Exception as error:
            send(error=f"{type(error).__name__}: {error}")
