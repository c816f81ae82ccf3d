"""Policies as sequential programs on scalars: the common base of exports to scalar languages.

A node's value is computed in the same order of operations as in compiled networks, so a program whose library has the
same ``exp`` and ``tanh`` gives the same bits.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence

from neat.exporters.expressions import Spelling, spell
from neat.exporters.functions import expression_of, identifier_of, is_built_in
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.unfolded import Node, Unfolded
from neat.version import __version__

__all__ = ["GATHERED", "Language", "about", "one_line", "scaled_inputs", "values_of"]

_TERMS = 20
"""Terms of a sum in one statement."""
GATHERED = ("max", "min", "median", "max_abs")
"""Aggregations that programs define as functions of a list."""


class Language(ABC):
    """How a language says the statements of a policy."""

    spelling: Spelling
    """How it writes expressions."""

    @abstractmethod
    def let(self, name: str, value: str) -> str:
        """Return a statement that gives a new name to a value."""

    @abstractmethod
    def variable(self, name: str, value: str) -> str:
        """Return one whose name may get other values later."""

    @abstractmethod
    def assign(self, name: str, value: str) -> str:
        """Return one that gives an old name another value."""

    @abstractmethod
    def gather(self, aggregation: str, values: Sequence[str]) -> str:
        """Return one of `GATHERED` of some values."""

    @abstractmethod
    def function(self, name: str, lets: Sequence[tuple[str, str]], result: str) -> list[str]:
        """Return the definition of a function of ``x``."""

    def number(self, value: float) -> str:
        """Return a constant."""
        return self.spelling.number(value)

    def call(self, function: str, *arguments: str) -> str:
        """Return a call of one of `neat.exporters.expressions.CALLS`."""
        return f"{self.spelling.calls[function]}({', '.join(arguments)})"

    def functions(self, u: Unfolded) -> list[list[str]]:
        """Return the definitions of the activation functions that are more than a call."""
        found = []
        for activation in sorted({node.activation for node in u.nodes}):
            expression = expression_of(activation)
            if not _is_call(activation):
                found.append(self.function(_name(activation), *spell(expression, self.spelling)))
        return found

    def statements(self, u: Unfolded, value_of: Callable[[int], str], count: str = "passes") -> list[str]:
        """Return the statements that give each node's name its new value.

        Args:
            u: The network.
            value_of: Says where the value of a slot stands; a number where it is always the same.
            count: Name of the number of passes so far, this one among them.
        """
        lines = []
        for node in u.nodes:
            before, total = self._total(node, u, value_of)
            value = self._activated(node, u, self._weighted(node, total))
            if node.guarded:
                value = f"bounded({value})"
            if u.motion.at_once and node.wave > 1:
                value = self.spelling.condition(f"{count} >= {node.wave}", value, self.number(0.0))
            lines += [*before, self.let(node.name, value)]
        return lines

    def _total(self, node: Node, u: Unfolded, value_of: Callable[[int], str]) -> tuple[list[str], str]:
        """Return the aggregation of a node's edges: statements before it, and an expression that binds as a sum."""
        terms = []
        for slot, weight in zip(node.sources, node.weights, strict=True):
            if slot == u.bias_slot:
                terms.append(self.number(weight * u.bias_value))
            elif slot == u.zero:
                terms.append(self.number(0.0))
            else:
                terms.append(f"{self.number(weight)} * {value_of(slot)}")
        if node.aggregation in GATHERED:
            return [], self.gather(node.aggregation, terms)
        if node.aggregation == "product":
            return [], "(" + ") * (".join(terms) + ")"
        before: list[str] = []
        head = terms[:_TERMS]
        text = _sum(head)
        if len(terms) > _TERMS:
            name = f"{node.name}_sum"
            before.append(self.variable(name, text))
            rest = (terms[at : at + _TERMS] for at in range(_TERMS, len(terms), _TERMS))
            before.extend(self.assign(name, _sum([name, *some])) for some in rest)
            text = name
        if node.aggregation == "mean":
            return before, f"({text}) / {self.number(float(len(terms)))}"
        return before, text

    def _weighted(self, node: Node, total: str) -> str:
        """Return bias + response * total, without what changes nothing."""
        if node.response != 1.0:
            total = f"{self.number(node.response)} * ({total})"
        elif node.bias != 0.0:
            total = f"({total})"
        return total if node.bias == 0.0 else f"{self.number(node.bias)} + {total}"

    def _activated(self, node: Node, u: Unfolded, z: str) -> str:
        """Return the activation function of a node at ``z``."""
        activation = node.activation
        expression = expression_of(activation)
        if is_built_in(activation) and identifier_of(activation) == "sigmoid" and u.slope != 1.0:
            z = f"{self.number(u.slope)} * ({z})"
        if expression.op == "x":
            return z if node.guarded else f"({z})"
        return self.call(expression.op, z) if _is_call(activation) else f"{_name(activation)}({z})"


def _is_call(activation: int) -> bool:
    e = expression_of(activation)
    return e.op == "x" or (len(e.args) == 1 and e.args[0].op == "x" and e.op != "neg")


def _name(activation: int) -> str:
    name = identifier_of(activation)
    return name if is_built_in(activation) else f"own_{name}"


def _sum(terms: Iterable[str]) -> str:
    text = ""
    for term in terms:
        if not text:
            text = term
        elif term.startswith("-"):
            text += f" - {term[1:]}"
        else:
            text += f" + {term}"
    return text


def one_line(text: str) -> str:
    """Return a name or title as a comment of any language may hold it: printable, on one line, ending nothing."""
    kept = "".join(c if c.isprintable() and c not in '\\"`' else " " for c in text[:200])
    return " ".join(kept.replace("*/", "* /").replace("'''", " ").split())


def scaled_inputs(policy: PolicyPlan, used: set[int]) -> list[tuple[int, float, float, float]]:
    """Return (input, shift, factor, limit) of the inputs that a network reads and that are scaled."""
    if policy.scaling is None:
        return []
    rows = policy.scaling.T.tolist()
    return [
        (i, shift, factor, limit)
        for i, (shift, factor, limit) in enumerate(rows)
        if i in used and (shift, factor, math.isinf(limit)) != (0.0, 1.0, True)
    ]


def values_of(u: Unfolded, scaled: set[int]) -> Callable[[int], str]:
    """Return how a program names the value in a slot: an input, the node just computed, or what it was before.

    Args:
        u: The network.
        scaled: Inputs that have been scaled, into variables of their own.
    """
    places = {node.slot: i for i, node in enumerate(u.nodes)}
    names = {node.slot: node.name for node in u.nodes}

    def value_of(slot: int) -> str:
        if slot < u.inputs:
            return f"x{slot}" if slot in scaled else f"x[{slot}]"
        return f"v[{places[slot]}]" if u.motion.at_once else names[slot]

    return value_of


def about(policy: PolicyPlan) -> list[str]:
    """Return what a reader has to know of a policy, in lines for a comment."""
    lines = [f"{one_line(policy.title)}, as exported by neat-arena {__version__}.", ""]
    lines += [f"Observation: {policy.network.inputs} numbers"]
    lines += [f"    x[{i}]  {one_line(name)}" for i, name in enumerate(policy.input_names[:200])]
    lines += [f"Outputs: {policy.network.outputs} numbers"]
    lines += [f"    y[{i}]  {one_line(name)}" for i, name in enumerate(policy.output_names[:200])]
    if policy.actions:
        lines += ["Action:"]
    for part in policy.actions:
        if isinstance(part, Amounts):
            last = part.begin + part.size - 1
            which = f"y[{part.begin}]" if part.size == 1 else f"y[{part.begin}] to y[{last}]"
            rounded = {"none": "", "single": ", for float32", "integer": ", rounded", "binary": ", as 0 or 1"}
            lines.append(f"    {which} stretched over the bounds{rounded[part.rounding]}")
        else:
            first, last = part.begin, part.begin + part.count - 1
            lines.append(f"    the greatest of y[{first}] to y[{last}], counted from {part.start}")
    return lines
