"""A policy as formulas, in LaTeX and in text, with the names of its inputs and outputs.

The text has full precision; a line is valid Python except for ``[t]`` and ``[t-1]``, which mark a node's current and
previous value if all nodes are updated at once. LaTeX is rounded to four digits, and states the resulting change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from neat.errors import ConfigError
from neat.exporters.checking import Reference, difference, random_recording
from neat.exporters.expressions import Expression, Spelling, UnreadableError, read, spell
from neat.exporters.functions import expression_of, identifier_of, is_built_in
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import about, scaled_inputs
from neat.exporters.target import Files, Options
from neat.exporters.unfolded import Node, Unfolded, unfold
from neat.functions.activations import ACTIVATIONS

__all__ = ["Formula", "without_small_terms"]

_DIGITS = 4


class Formula:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = "formulas in LaTeX and in text, with the names of inputs and outputs"
    options = ("drop",)

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the two files.

        Raises:
            ConfigError: ``drop`` is no number from 0.
        """
        if not options.drop >= 0.0:
            raise ConfigError(f"drop: expected a number of at least 0, got {options.drop}")
        recording = options.recording or random_recording(policy.network.inputs)
        expected = Reference(policy).play(recording.observations, recording.begins)
        left = without_small_terms(policy, options)

        def apart(changed: PolicyPlan) -> float:
            return difference(changed, Reference(changed).play(recording.observations, recording.begins), expected)

        over = f"over {len(recording.observations):,} observations ({recording.source})"
        before, after = len(policy.network.edge_weight), len(left.network.edge_weight)
        notes = []
        if options.drop:
            gone = f"{before - after} of {before} terms are left out"
            notes = [f"{gone}: outputs change by at most {apart(left):.1e} {over}."]
        rounded = replace(left, network=_rounded(left))
        shown = f"Numbers have {_DIGITS} digits: outputs change by at most {apart(rounded):.1e} {over}."
        return {
            f"{policy.name}.txt": _text(left, notes),
            f"{policy.name}.tex": _latex(rounded, [*notes, shown]),
        }

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Reference | None:
        """Return the policy without the terms that were left out; formulas themselves are not run."""
        return Reference(without_small_terms(policy, options)) if options.drop else None


def without_small_terms(policy: PolicyPlan, options: Options) -> PolicyPlan:
    """Return a policy without as many of the smallest terms as ``drop`` allows."""
    recording = options.recording or random_recording(policy.network.inputs)
    if not options.drop:
        return policy
    x, begins = recording.observations[:2_000], recording.begins[:2_000]
    plan = policy.network
    expected = Reference(policy).play(x, begins)[0]
    order = np.argsort(np.abs(plan.edge_weight), kind="stable")

    def left_after(count: int) -> PolicyPlan:
        kept = np.ones(len(order), np.bool_)
        kept[order[:count]] = False
        starts = np.concatenate([[0], np.cumsum(kept)])[plan.edge_start]
        return replace(
            policy,
            network=plan._replace(
                edge_start=starts.astype(np.int64),
                edge_source=plan.edge_source[kept],
                edge_weight=plan.edge_weight[kept],
                edge_gene=plan.edge_gene[kept],
            ),
        )

    def fits(count: int) -> bool:
        outputs = Reference(left_after(count)).play(x, begins)[0]
        return bool((np.abs(outputs - expected) <= options.drop * np.maximum(1.0, np.abs(expected))).all())

    low, high = 0, len(order) + 1  # low terms may go, high may not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return left_after(low)


def _rounded(policy: PolicyPlan) -> Any:
    def short(values: Any) -> Any:
        return np.array([float(f"{v:.{_DIGITS}g}") for v in values.tolist()], np.float64)

    nodes = policy.network.nodes.copy()
    nodes["bias"], nodes["response"] = short(nodes["bias"]), short(nodes["response"])
    return policy.network._replace(nodes=nodes, edge_weight=short(policy.network.edge_weight))


# ------------------------------------------------------------------------------------------------------------ what is


def _used(u: Unfolded) -> list[Node]:
    """Return the nodes that lead to an output, in order."""
    nodes = {node.slot: node for node in u.nodes}
    found: set[int] = set()
    waiting = [slot for slot in u.outputs if slot in nodes]
    while waiting:
        slot = waiting.pop()
        if slot not in found:
            found.add(slot)
            waiting += [source for source in nodes[slot].sources if source in nodes]
    return [node for node in u.nodes if node.slot in found]


def _formula_of(activation: int, slope: float) -> Expression:
    """Return an activation as its definition says it, rather than as programs compute it."""
    entry = ACTIVATIONS[activation]
    if is_built_in(activation):
        text = entry.formula.replace("phi(x)", "(1 + erf(x / sqrt(2))) / 2")
        try:
            return read(f"return {text}", {"slope": slope})
        except UnreadableError:
            pass
    return expression_of(activation)


def _identifiers(names: Sequence[str], letter: str) -> list[str]:
    """Return names as identifiers, all different."""
    found: list[str] = []
    for i, name in enumerate(names):
        text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
        text = text if text and not text[0].isdigit() else f"{letter}{i}"
        clash = text in found or re.fullmatch(r"h\d+|sum|mean|product|max|min|median|max_abs|clip", text)
        found.append(f"{text}_{i}" if clash or text in _FUNCTIONS else text)
    return found


_FUNCTIONS = {entry.name for entry in ACTIVATIONS}


def _weighted(
    node: Node, u: Unfolded, number: Callable[[float], str], value_of: Callable[[int], str], times: str,
    fold: Callable[[str, Sequence[str]], str],
) -> str:  # fmt: skip
    """Return bias + response * aggregation."""
    terms = []
    for slot, weight in zip(node.sources, node.weights, strict=True):
        if slot == u.bias_slot:
            terms.append(number(weight * u.bias_value))
        elif slot == u.zero:
            terms.append(number(0.0))
        else:
            terms.append(f"{number(weight)}{times}{value_of(slot)}")
    if node.aggregation == "sum":
        total = _joined(terms)
        if node.response != 1.0:
            total = f"{number(node.response)}{times}({total})"
        return total if node.bias == 0.0 else _joined([*([] if not terms else [total]), number(node.bias)])
    total = fold(node.aggregation, terms)
    total = total if node.response == 1.0 else f"{number(node.response)}{times}{total}"
    return total if node.bias == 0.0 else _joined([total, number(node.bias)])


def _joined(terms: Sequence[str]) -> str:
    text = ""
    for term in terms:
        text += term if not text else f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text or "0"


# -------------------------------------------------------------------------------------------------------------- text

_TEXT = Spelling(number=repr, calls={}, condition=lambda c, a, b: f"{a} if {c} else {b}")


class _SameName(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name


def _text(policy: PolicyPlan, notes: Sequence[str]) -> str:
    u = unfold(policy.network)
    nodes = _used(u)
    inputs = _identifiers(policy.input_names, "x")
    outputs = [name if name not in inputs else f"{name}_out" for name in _identifiers(policy.output_names, "y")]
    names = {slot: inputs[slot] for slot in range(u.inputs)}
    own = {node.slot: outputs[int(node.name[1:])] if node.name[0] == "y" else node.name for node in nodes}
    lines = [*about(policy), *(["", *notes] if notes else []), *_moving(u, own), ""]
    for i, shift, factor, limit in scaled_inputs(policy, {slot for node in nodes for slot in node.sources}):
        value = f"({inputs[i]} - {shift!r}) * {factor!r}"
        names[i] = f"{inputs[i]}_scaled"
        lines.append(f"{names[i]} = {value if np.isinf(limit) else f'clip({value}, {-limit!r}, {limit!r})'}")

    def value_of(slot: int) -> str:
        if slot in names:
            return names[slot]
        return f"{own[slot]}[t-1]" if u.motion.at_once else own[slot]

    spelling = replace(_TEXT, calls=_SameName())
    for node in nodes:
        z = _weighted(node, u, repr, value_of, " * ", lambda name, terms: f"{name}({', '.join(terms)})")
        function = identifier_of(node.activation)
        plain = function == "identity" and is_built_in(node.activation)
        value = (f"({z})" if u.motion.lags else z) if plain else f"{function}({z})"
        if not u.motion.at_once:
            lines.append(f"{own[node.slot]} = {value}")
        elif u.motion.lags:
            before = f"{1.0 - node.share!r} * {own[node.slot]}[t-1]"
            lines.append(f"{own[node.slot]}[t] = {before} + {node.share!r} * {value}")
        else:
            lines.append(f"{own[node.slot]}[t] = {value}")
    lines += [f"{outputs[k]} = 0" for k, slot in enumerate(u.outputs) if slot not in own]
    lines += ["", *_definitions(nodes, u, lambda e: _in_words(e, spelling))]
    return "\n".join([*lines, *_actions(policy, outputs), ""])


def _moving(u: Unfolded, own: Mapping[int, str]) -> list[str]:
    if not u.motion.at_once:
        return []
    lines = ["", "[t] is a node's value after a pass, [t-1] the one before; all are 0 before the first pass of "]
    lines[-1] += "an observation." if u.motion.settles else "an episode."
    passes = f"at most {u.passes} passes, until nothing changes" if u.motion.settles else f"{u.passes} passes"
    lines.append(f"An observation takes {'one pass' if u.passes == 1 and not u.motion.settles else passes}.")
    if u.first_passes != u.passes:
        lines.append(f"The first observation of an episode takes {u.first_passes}.")
    late = [f"{own[node.slot]} from pass {node.wave}" for node in u.nodes if node.wave > 1 and node.slot in own]
    if late:
        lines.append(f"Some nodes are 0 until the inputs reach them: {', '.join(late)}.")
    return lines


def _in_words(expression: Expression, spelling: Spelling) -> str:
    lets, result = spell(expression, spelling)
    for name, value in reversed(lets):
        result = re.sub(rf"\b{name}\b", f"({value})", result)
    return result


def _definitions(nodes: Sequence[Node], u: Unfolded, write: Callable[[Expression], str]) -> list[str]:
    lines = []
    for activation in sorted({node.activation for node in nodes}):
        name = identifier_of(activation)
        expression = _formula_of(activation, u.slope)
        plain = expression.op == name and expression.args == (Expression("x"),)
        if expression.op != "x" and not plain:
            lines.append(f"{name}(x) = {write(expression)}")
    return lines


def _actions(policy: PolicyPlan, outputs: Sequence[str]) -> list[str]:
    lines = []
    for part in policy.actions:
        if isinstance(part, Amounts):
            for i, (tanh, factor, offset, low, high) in enumerate(part.table.tolist()):
                name = outputs[part.begin + i]
                value = f"{f'tanh({name})' if tanh else name} * {factor!r} + {offset!r}"
                lines.append(f"action: clip({value}, {low!r}, {high!r})")
        else:
            among = ", ".join(outputs[part.begin : part.begin + part.count])
            lines.append(f"action: the greatest of {among}, counted from {part.start}")
    return ["", *lines] if lines else []


# ------------------------------------------------------------------------------------------------------------- LaTeX


def _latex_number(value: float) -> str:
    text = f"{value:.{_DIGITS}g}"
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def _latex_name(name: str) -> str:
    kept = (c for c in name if c.isascii() and c.isprintable() and c not in "\\^~")
    escaped = "".join(rf"\{c}" if c in "#$%&_{}" else c for c in kept)
    return rf"\text{{{escaped}}}"


def _latex(policy: PolicyPlan, notes: Sequence[str]) -> str:
    u = unfold(policy.network)
    nodes = _used(u)
    names = {slot: _latex_name(policy.input_names[slot]) for slot in range(u.inputs)}
    outputs = [_latex_name(name) for name in policy.output_names]
    own = {
        node.slot: outputs[int(node.name[1:])] if node.name[0] == "y" else f"h_{{{node.name[1:]}}}" for node in nodes
    }
    lines = [f"% {line}".rstrip() for line in (*about(policy), "", *notes, *_moving(u, own))]
    equations = []
    for i, shift, factor, limit in scaled_inputs(policy, {slot for node in nodes for slot in node.sources}):
        value = rf"{_latex_number(factor)} \left({_joined([names[i], _latex_number(-shift)])}\right)"
        hat = rf"\widehat{{{names[i]}}}"
        equations.append(f"{hat} &= {value}")
        if np.isfinite(limit):
            equations[-1] += rf" \text{{ within }} \pm {limit:g}"
        names[i] = hat

    def value_of(slot: int) -> str:
        if slot in names:
            return names[slot]
        return (
            f"{own[slot]}_{{t-1}}"
            if u.motion.at_once and own[slot][0] != "h"
            else (f"{own[slot][:-1]},t-1}}" if u.motion.at_once else own[slot])
        )

    def fold(name: str, terms: Sequence[str]) -> str:
        return rf"\operatorname{{{name.replace('_', ' ')}}}\left({', '.join(terms)}\right)"

    for node in nodes:
        z = _weighted(node, u, _latex_number, value_of, r"\,", fold)
        name = identifier_of(node.activation).replace("_", " ")
        plain = name == "identity" and is_built_in(node.activation)
        whole = rf"\left({z}\right)"
        value = (whole if u.motion.lags else z) if plain else rf"\operatorname{{{name}}}{whole}"
        left = value_of(node.slot).replace("t-1", "t") if u.motion.at_once else own[node.slot]
        if u.motion.lags:
            value = rf"{_latex_number(1.0 - node.share)}\,{value_of(node.slot)} + {_latex_number(node.share)}\,{value}"
        equations.append(f"{left} &= {value}")
    equations += [rf"{_latex_name(policy.output_names[k])} &= 0" for k, slot in enumerate(u.outputs) if slot not in own]
    for line in _definitions(nodes, u, _in_latex):
        name, _, value = line.partition("(x) = ")
        equations.append(rf"\operatorname{{{name.replace('_', ' ')}}}(x) &= {value}")
    body = " \\\\\n".join(equations)
    return "\n".join([*lines, r"\begin{align*}", body, r"\end{align*}", ""])


_LATEX_CALLS = {
    "abs": r"\left|{}\right|", "exp": "e^{{{}}}", "sqrt": r"\sqrt{{{}}}", "log": r"\ln\left({}\right)",
    "atan": r"\arctan\left({}\right)", "asin": r"\arcsin\left({}\right)", "acos": r"\arccos\left({}\right)",
    "floor": r"\left\lfloor {}\right\rfloor", "ceil": r"\left\lceil {}\right\rceil",
}  # fmt: skip


def _in_latex(e: Expression) -> str:
    if e.op == "x":
        return "x"
    if e.op == "const":
        return _latex_number(e.value)
    args = [_in_latex(arg) for arg in e.args]
    if e.op in _LATEX_CALLS:
        return _LATEX_CALLS[e.op].format(args[0])
    if e.op == "/":
        return rf"\frac{{{args[0]}}}{{{args[1]}}}"
    if e.op in ("+", "-"):
        right = rf"\left({args[1]}\right)" if e.args[1].op in ("+", "-", "if") else args[1]
        return f"{args[0]} {e.op} {right}"
    if e.op == "*":
        sides = [
            rf"\left({text}\right)" if arg.op in ("+", "-", "if", "neg") else text
            for arg, text in zip(e.args, args, strict=True)
        ]
        return r" \cdot ".join(sides)
    if e.op == "neg":
        return f"-{args[0]}" if e.args[0].op not in ("+", "-") else rf"-\left({args[0]}\right)"
    if e.op == "if":
        return rf"\begin{{cases}} {args[1]} & {args[0]} \\ {args[2]} & \text{{else}} \end{{cases}}"
    signs = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne", "and": r"\land", "or": r"\lor"}
    if e.op in signs:
        return f" {signs[e.op]} ".join(args)
    if e.op == "not":
        return rf"\lnot\left({args[0]}\right)"
    name = {"max": r"\max", "min": r"\min", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "tanh": r"\tanh"}
    function = name.get(e.op, rf"\operatorname{{{e.op}}}")
    return rf"{function}\left({', '.join(args)}\right)"
