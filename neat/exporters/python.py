"""A policy as one Python file without dependencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from neat.exporters.expressions import CALLS, Spelling
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import Language, about, scaled_inputs, values_of
from neat.exporters.programs import Program, python_program
from neat.exporters.target import Files, Options
from neat.exporters.unfolded import Unfolded, unfold

__all__ = ["Python"]


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else f'float("{value}")'


class _Python(Language):
    spelling = Spelling(
        number=_number,
        calls={name: name if name in ("abs", "max", "min") else f"math.{name}" for name in CALLS},
        condition=lambda c, a, b: f"{a} if {c} else {b}",
    )

    def let(self, name: str, value: str) -> str:
        return f"{name} = {value}"

    variable = assign = let

    def gather(self, aggregation: str, values: Sequence[str]) -> str:
        listed = ", ".join(values)
        if aggregation == "max_abs":
            return f"max([{listed}], key=abs)"
        return f"{aggregation}([{listed}])"

    def function(self, name: str, lets: Sequence[tuple[str, str]], result: str) -> list[str]:
        return [f"def {name}(x):", *(f"    {n} = {value}" for n, value in lets), f"    return {result}"]


_BOUNDED = ["def bounded(x):", "    return max(-1e30, min(1e30, x)) if x == x else 0.0"]
_MEDIAN = [
    "def median(values):",
    "    values = sorted(values)",
    "    n = len(values) // 2",
    "    return values[n] if len(values) % 2 else 0.5 * (values[n - 1] + values[n])",
]


class Python:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = "one Python file without any dependency"
    options: tuple[str, ...] = ()

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the file."""
        u = unfold(policy.network)
        language = _Python()
        lines = ['"""' + about(policy)[0], *(f"{line}" for line in about(policy)[1:]), *_usage(policy, u), '"""', ""]
        body = [*_scaling(policy, u), *_network(language, u, policy)]
        functions = language.functions(u)
        if any(node.guarded for node in u.nodes):
            functions.append(_BOUNDED)
        if any(node.aggregation == "median" for node in u.nodes):
            functions.append(_MEDIAN)
        act = _act(policy)
        if any("math." in line for part in (*functions, body, act) for line in part):
            lines += ["import math", ""]
        for function in functions:
            lines += ["", *function, ""]
        lines += ["", *_program(u, body, act), ""]
        return {f"{policy.name}.py": "\n".join(lines)}

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Program:
        """Return the file at play."""
        return python_program(policy, folder, f"{policy.name}.py")


def _usage(policy: PolicyPlan, u: Unfolded) -> list[str]:
    answer = "act(x)" if policy.actions else "outputs(x)"
    if not u.keeps_state:
        return ["", f"    from {policy.name} import {answer[:-3]}", f"    {answer}"]
    return [
        "", "It remembers earlier observations of an episode:", "", f"    from {policy.name} import Policy",
        "    policy = Policy()", "    policy.reset()  # at the start of each episode", f"    policy.{answer}",
    ]  # fmt: skip


def _scaling(policy: PolicyPlan, u: Unfolded) -> list[str]:
    used = {slot for node in u.nodes for slot in node.sources}
    lines = []
    for i, shift, factor, limit in scaled_inputs(policy, used):
        value = f"(x[{i}] - {shift!r}) * {factor!r}"
        lines.append(f"x{i} = {value}" if math.isinf(limit) else f"x{i} = max(-{limit!r}, min({limit!r}, {value}))")
    return lines


def _network(language: Language, u: Unfolded, policy: PolicyPlan) -> list[str]:
    scaled = {i for i, *_ in scaled_inputs(policy, set(range(u.inputs)))}
    names = {node.slot: node.name for node in u.nodes}
    value_of = values_of(u, scaled)
    result = [value_of(slot) if slot in names else "0.0" for slot in u.outputs]
    answer = f"return [{', '.join(result)}]"
    lines = language.statements(u, value_of)
    if not u.motion.at_once:
        return [*lines, answer]
    new = ", ".join(
        f"{1.0 - node.share!r} * v[{i}] + {node.share!r} * {node.name}" if u.motion.lags else node.name
        for i, node in enumerate(u.nodes)
    )
    if u.motion.settles:
        done = f"if new == v{f' and passes >= {u.waves}' if u.waves > 1 else ''}:"
        inner = [*lines, f"new = [{new}]", done, "    break", "v = new"]
        head = [f"v = [0.0] * {len(u.nodes)}", f"for passes in range(1, {u.passes + 1}):"]
        return [*head, *(f"    {line}" for line in inner), answer]
    inner = [*lines, f"v = [{new}]"]
    if not u.counts_passes:
        if u.passes > 1:
            inner = [f"for _ in range({u.passes}):", *(f"    {line}" for line in inner)]
        return ["v = self.values", *inner, "self.values = v", answer]
    count = f"{u.first_passes} if passes == 0 else {u.passes}" if u.first_passes != u.passes else f"{u.passes}"
    inner = [f"passes = min(passes + 1, {max(u.waves, 1)})", *inner]
    inner = [f"for _ in range({count}):", *(f"    {line}" for line in inner)]
    return ["v, passes = self.values, self.passes", *inner, "self.values, self.passes = v, passes", answer]


def _act(policy: PolicyPlan) -> list[str]:
    if not policy.actions:
        return []
    parts: list[str] = []
    for part in policy.actions:
        if isinstance(part, Amounts):
            parts += [_amount(f"y[{part.begin + i}]", row, part.rounding) for i, row in enumerate(part.table.tolist())]
        else:
            stretch = f"y[{part.begin}:{part.begin + part.count}]"
            stretch = "y" if (part.begin, part.count) == (0, policy.network.outputs) else stretch
            found = f"{stretch}.index(max({stretch}))"
            parts.append(f"{part.start} + {found}" if part.start else found)
    alone = len(policy.actions) == 1 and not isinstance(policy.actions[0], Amounts)
    return [f"return {parts[0]}" if alone else f"return [{', '.join(parts)}]"]


def _amount(value: str, row: Sequence[float], rounding: str) -> str:
    tanh, factor, offset, low, high = row
    value = f"math.tanh({value})" if tanh else value
    value = value if factor == 1.0 else f"{value} * {factor!r}"
    value = value if offset == 0.0 else f"{value} + {offset!r}"
    if not math.isinf(low):
        value = f"max({low!r}, {value})"
    if not math.isinf(high):
        value = f"min({high!r}, {value})"
    if rounding == "integer":
        return f"round({value})"
    return f"int({value} > 0.5)" if rounding == "binary" else value


def _program(u: Unfolded, body: Sequence[str], act: Sequence[str]) -> list[str]:
    if not u.keeps_state:
        lines = ["def outputs(x):", '    """Return the outputs of the network for an observation."""']
        lines += [f"    {line}" for line in body]
        if act:
            lines += ["", "", "def act(x):", '    """Return the action for an observation."""', "    y = outputs(x)"]
            lines += [f"    {line}" for line in act]
        return lines
    counts = u.counts_passes
    lines = ["class Policy:", '    """A network that remembers; call `reset` at the start of each episode."""', ""]
    lines += ["    def __init__(self):", "        self.reset()", "", "    def reset(self):"]
    lines += ['        """Forget everything."""', f"        self.values = [0.0] * {len(u.nodes)}"]
    lines += ["        self.passes = 0"] if counts else []
    lines += ["", "    def outputs(self, x):", '        """Return the outputs of the network for an observation."""']
    lines += [f"        {line}" for line in body]
    if act:
        lines += ["", "    def act(self, x):", '        """Return the action for an observation."""']
        lines += ["        y = self.outputs(x)", *(f"        {line}" for line in act)]
    return lines
