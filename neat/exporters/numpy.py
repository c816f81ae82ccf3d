"""A policy as one Python file that needs NumPy and processes one observation or many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from neat.exporters.expressions import CALLS, Spelling, spell
from neat.exporters.functions import expression_of, identifier_of, is_built_in
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import about
from neat.exporters.programs import Program, python_program
from neat.exporters.stages import Group, columns_of, stages
from neat.exporters.target import Files, Options
from neat.exporters.unfolded import Unfolded, unfold

__all__ = ["NumPy", "function_name", "listed"]


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else f'float("{value}")'


_CALLS = {name: f"np.{name}" for name in CALLS} | {
    "max": "np.maximum", "min": "np.minimum", "acos": "np.arccos", "asin": "np.arcsin", "atan": "np.arctan",
    "erf": "erf", "erfc": "erfc",
}  # fmt: skip
_SPELLING = Spelling(
    number=_number,
    calls=_CALLS,
    condition=lambda c, a, b: f"np.where({c}, {a}, {b})",
    words={"and": "np.logical_and", "or": "np.logical_or", "not": "np.logical_not"},
    infix=False,
)
_FOLDS = {"sum": "add", "mean": "add", "product": "multiply", "max": "maximum", "min": "minimum"}
_BOUNDED = ["def bounded(x):", "    return np.where(np.isnan(x), 0.0, np.clip(x, -1e30, 1e30))"]
_LARGEST = [
    "def max_abs(values):",
    "    return np.take_along_axis(values, np.abs(values).argmax(-1)[..., None], -1)[..., 0]",
]


def function_name(activation: int) -> str:
    """Return what an activation function is called where all are defined."""
    name = identifier_of(activation)
    return name if is_built_in(activation) else f"own_{name}"


def listed(values: Sequence[object]) -> str:
    """Return a list as Python writes it; whole numbers that follow one another as a range."""
    if len(values) > 3 and all(isinstance(v, int) for v in values):
        first = int(values[0])  # type: ignore[call-overload]
        if list(values) == list(range(first, first + len(values))):
            return f"list(range({first}, {first + len(values)}))"
    return f"[{', '.join(map(repr, values))}]"


class NumPy:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = "one Python file that needs NumPy, and processes many observations at once"
    options: tuple[str, ...] = ()

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the file."""
        u = unfold(policy.network)
        groups = [group for stage in stages(u) for group in stage]
        lines = ['"""' + about(policy)[0], *about(policy)[1:], "", _usage(policy, u)]
        if u.keeps_state:
            lines += ["", "It remembers earlier observations: call reset() at the start of each episode,"]
            lines += ["reset(n) where n episodes go on side by side."]
        functions = [_function(activation) for activation in sorted({group.activation for group in groups})]
        text = "\n".join(line for function in functions for line in function)
        lines += ['"""', "", *(["import math", ""] if "erf" in text else []), "import numpy as np", ""]
        used = [name for name in ("erf", "erfc") if f"{name}(" in text]
        lines += [f"{name} = np.vectorize(math.{name}, otypes=[float])" for name in used]
        functions += [_BOUNDED] if any(group.guarded for group in groups) else []
        functions += [_LARGEST] if any(group.aggregation == "max_abs" for group in groups) else []
        for function in functions:
            lines += ["", *function, ""]
        lines += ["", *_program(policy, u), ""]
        return {f"{policy.name}_numpy.py": "\n".join(lines)}

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Program:
        """Return the file at play."""
        return python_program(policy, folder, f"{policy.name}_numpy.py")


def _usage(policy: PolicyPlan, u: Unfolded) -> str:
    answer = "outputs(x) and act(x)" if policy.actions else "outputs(x)"
    where = "Policy has" if u.keeps_state else "It has"
    return f"{where} {answer}, for x of shape (inputs,) or (n, inputs)."


def _function(activation: int) -> list[str]:
    lets, result = spell(expression_of(activation), _SPELLING)
    body = [*(f"    {name} = {value}" for name, value in lets), f"    return {result}"]
    return [f"def {function_name(activation)}(x):", *body]


def _program(policy: PolicyPlan, u: Unfolded) -> list[str]:
    body, act = _body(policy, u), _act(policy)
    if not u.keeps_state:
        lines = ["def outputs(x):", '    """Return the outputs of the network, shape (outputs,) or (n, outputs)."""']
        lines += [f"    {line}" for line in body]
        if act:
            lines += ["", "", "def act(x):", '    """Return the action, or one for each observation."""']
            lines += ["    y = outputs(x)", *(f"    {line}" for line in act)]
        return lines
    lines = ["class Policy:", '    """A network that remembers; call `reset` at the start of each episode."""', ""]
    lines += ["    def __init__(self, *n):", "        self.reset(*n)", "", "    def reset(self, *n):"]
    lines += ['        """Forget everything."""', f"        self.values = np.zeros((*n, {len(u.nodes)}))"]
    lines += ["        self.passes = 0"] if u.counts_passes else []
    lines += ["", "    def outputs(self, x):"]
    lines += ['        """Return the outputs of the network, shape (outputs,) or (n, outputs)."""']
    lines += [f"        {line}" for line in body]
    if act:
        lines += ["", "    def act(self, x):", '        """Return the action, or one for each observation."""']
        lines += ["        y = self.outputs(x)", *(f"        {line}" for line in act)]
    return lines


def _body(policy: PolicyPlan, u: Unfolded) -> list[str]:
    columns = columns_of(u)
    lines = ["x = np.asarray(x, float)"]
    if policy.scaling is not None:
        shift, factor, limit = policy.scaling.tolist()
        lines.append(f"x = (x - np.array({listed(shift)})) * np.array({listed(factor)})")
        if any(math.isfinite(v) for v in limit):
            lines.append(f"x = np.clip(x, -{max(limit)!r}, {max(limit)!r})")
    first = u.zero + 1
    lines.append(f"v = np.zeros((*x.shape[:-1], {len(columns)}))")
    lines.append(f"v[..., :{u.inputs}] = x")
    if u.bias_slot is not None:
        lines.append(f"v[..., {u.bias_slot}] = {u.bias_value!r}")
    inner = []
    at = first
    target = "new" if u.motion.at_once else "v"
    offset = first if u.motion.at_once else 0
    with_errors = 'with np.errstate(all="ignore"):'
    for stage in stages(u):
        for group in stage:
            begin = at - offset
            inner += _group(u, group, columns, f"{target}[..., {begin}:{begin + len(group.nodes)}]")
            at += len(group.nodes)
    inner = [with_errors, *(f"    {line}" for line in inner)] if inner else []
    answer = f"return v[..., {listed([columns[slot] for slot in u.outputs])}]"
    if not u.motion.at_once:
        return [*lines, *inner, answer]
    nodes = [node for stage in stages(u) for group in stage for node in group.nodes]
    waves, shares = [node.wave for node in nodes], [node.share for node in nodes]
    if u.waves > 1:
        inner.append(f"new = np.where(passes >= np.array({listed(waves)}), new, 0.0)")
    if u.motion.lags:
        inner.append(f"share = np.array({listed(shares)})")
        inner.append(f"new = (1.0 - share) * v[..., {first}:] + share * new")
    inner = [f"new = np.empty((*x.shape[:-1], {len(nodes)}))", *inner]
    if u.motion.settles:
        inner += [f"settled = passes >= {u.waves} and (new == v[..., {first}:]).all()", f"v[..., {first}:] = new"]
        inner += ["if settled:", "    break"]
        return [*lines, f"for passes in range(1, {u.passes + 1}):", *(f"    {line}" for line in inner), answer]
    lines.append(f"v[..., {first}:] = self.values")
    count = str(u.passes)
    if u.counts_passes:
        lines.append("passes = self.passes")
        inner = [f"passes = min(passes + 1, {u.waves})", *inner]
        if u.first_passes != u.passes:
            count = f"{u.first_passes} if passes == 0 else {u.passes}"
    inner.append(f"v[..., {first}:] = new")
    lines += [f"for _ in range({count}):", *(f"    {line}" for line in inner)]
    lines += ["self.passes = passes"] if u.counts_passes else []
    return [*lines, f"self.values = v[..., {first}:]", answer]


def _group(u: Unfolded, group: Group, columns: dict[int, int], into: str) -> list[str]:
    """Return the statements that evaluate a group of nodes."""
    weights = [weight for node in group.nodes for weight in node.weights]
    sources = [columns[slot] for slot in group.sources]
    starts = group.starts
    lines = [f"s = v[..., {listed(sources)}] * np.array({listed(weights)})"]
    if group.aggregation in _FOLDS:
        lines.append(f"s = np.{_FOLDS[group.aggregation]}.reduceat(s, {listed(starts[:-1])}, -1)")
    else:
        fold = "max_abs({})" if group.aggregation == "max_abs" else "np.median({}, -1)"
        parts = [fold.format(f"s[..., {a}:{b}]") for a, b in pairwise(starts)]
        lines.append(f"s = np.stack([{', '.join(parts)}], -1)")
    if group.aggregation == "mean":
        lines.append(f"s = s / np.array({listed([float(len(node.sources)) for node in group.nodes])})")
    biases, responses = [node.bias for node in group.nodes], [node.response for node in group.nodes]
    z = "s"
    if any(response != 1.0 for response in responses):
        z = f"np.array({listed(responses)}) * {z}"
    if any(bias != 0.0 for bias in biases):
        z = f"np.array({listed(biases)}) + {z}"
    name = function_name(group.activation)
    if name == "sigmoid" and u.slope != 1.0:
        z = f"{u.slope!r} * ({z})"
    value = f"{name}({z})"
    lines.append(f"{into} = {f'bounded({value})' if group.guarded else value}")
    return lines


def _act(policy: PolicyPlan) -> list[str]:
    if not policy.actions:
        return []
    parts = []
    for part in policy.actions:
        end = part.begin + (part.size if isinstance(part, Amounts) else part.count)
        if isinstance(part, Amounts):
            tanh, factor, offset, low, high = part.table.T.tolist()
            value = f"y[..., {part.begin}:{end}]"
            if any(tanh):
                value = f"np.where({listed([bool(t) for t in tanh])}, np.tanh({value}), {value})"
            value = f"{value} * np.array({listed(factor)}) + np.array({listed(offset)})"
            bounds = [f"np.array([{', '.join(_number(v) for v in bound)}])" for bound in (low, high)]
            value = f"np.clip({value}, {bounds[0]}, {bounds[1]})"
            if part.rounding == "integer":
                value = f"np.rint({value}).astype(int)"
            elif part.rounding == "binary":
                value = f"({value} > 0.5).astype(int)"
            parts.append(value)
        else:
            found = f"y[..., {part.begin}:{end}].argmax(-1)"
            parts.append(f"{part.start} + {found}" if part.start else found)
    if len(parts) == 1:
        return [f"return {parts[0]}"]
    columns = [
        text if isinstance(part, Amounts) else f"({text})[..., None]"
        for part, text in zip(policy.actions, parts, strict=True)
    ]
    return [f"return np.concatenate([{', '.join(columns)}], -1)"]
