"""A policy as an ES module: for web pages, Node, Deno."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

from neat.exporters.expressions import CALLS, Spelling
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import GATHERED, Language, about, scaled_inputs, values_of
from neat.exporters.programs import Program
from neat.exporters.target import Files, MissingToolError, Options
from neat.exporters.unfolded import Unfolded, unfold

__all__ = ["JavaScript", "module_text"]


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    return repr(float(value))


_OWN = {"erf": "erf", "erfc": "erfc", "exp": "exponential"}
"""Functions that `Math` lacks, or rounds in its own way."""


class _JavaScript(Language):
    spelling = Spelling(
        number=_number,
        calls={name: _OWN.get(name, f"Math.{name}") for name in CALLS},
        condition=lambda c, a, b: f"{c} ? {a} : {b}",
        words={"and": "&&", "or": "||", "not": "!"},
    )

    def let(self, name: str, value: str) -> str:
        return f"const {name} = {value};"

    def variable(self, name: str, value: str) -> str:
        return f"let {name} = {value};"

    def assign(self, name: str, value: str) -> str:
        return f"{name} = {value};"

    def gather(self, aggregation: str, values: Sequence[str]) -> str:
        return f"{aggregation}([{', '.join(values)}])"

    def function(self, name: str, lets: Sequence[tuple[str, str]], result: str) -> list[str]:
        body = [*(self.let(n, value) for n, value in lets), f"return {result};"]
        return [f"function {name}(x) {{", *(f"  {line}" for line in body), "}"]


_BOUNDED = "const bounded = (x) => (x === x ? Math.max(-1e30, Math.min(1e30, x)) : 0.0);"
_GATHERED = {
    "max": "const max = (values) => values.reduce((a, b) => (b > a ? b : a));",
    "min": "const min = (values) => values.reduce((a, b) => (b < a ? b : a));",
    "max_abs": "const max_abs = (values) => values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));",
    "median": """\
function median(values) {
  values.sort((a, b) => a - b);
  const n = values.length >> 1;
  return values.length % 2 ? values[n] : 0.5 * (values[n - 1] + values[n]);
}""",
}
_ERF = """\
// The error function by its series, and its complement by a continued fraction where it is small.
function erf(x) {
  const z = Math.abs(x);
  if (z > 2.5) return Math.sign(x) * (1.0 - erfc(z));
  let term = z, sum = z;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2.0 * z * z) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * 1.1283791670955126 * Math.exp(-z * z) * sum;
}
function erfc(x) {
  if (x < 2.5) return 1.0 - erf(x);
  let f = 0.0;
  for (let n = 60; n > 0; n--) f = (0.5 * n) / (x + f);
  return (0.5641895835477563 * Math.exp(-x * x)) / (x + f);
}"""
_EXP = """\
// exp with the last bit that glibc gives it; engines round it in ways of their own. By 128 powers of 2 (their rests are
// in TAILS) and a polynomial, as in Szabolcs Nagy's exp of ARM's Optimized Routines.
const POWERS = [], TAILS = [];
function product(a, b) {
  const p = a * b, c = 134217729 * a, d = 134217729 * b;
  const ah = c - (c - a), al = a - ah, bh = d - (d - b), bl = b - bh;
  return [p, ah * bh - p + ah * bl + al * bh + al * bl];
}
for (let k = 0, roots = []; k < 128; k++) {
  for (let square = [2, 0]; roots.length < 7; roots.push(square)) {
    const s = Math.sqrt(square[0]), [p, rest] = product(s, s);
    const d = (square[0] - p - rest + square[1]) / (2 * s);
    square = [s + d, d - (s + d - s)];
  }
  let [high, low] = [1, 0];
  for (let i = 0; i < 7; i++) {
    if (!(k & (64 >> i))) continue;
    const [p, rest] = product(high, roots[i][0]);
    const f = rest + (high * roots[i][1] + low * roots[i][0]);
    [high, low] = [p + f, f - (p + f - p)];
  }
  POWERS.push(high);
  TAILS.push(low / high);
}
function exponential(x) {
  if (!(Math.abs(x) < 700.0)) return Math.exp(x);
  const k = 184.6649652337873 * x + 6755399441055744 - 6755399441055744;
  const r = x + k * -0.005415212348111709 + k * -1.2864023111638344e-14;
  const i = ((k % 128) + 128) % 128, r2 = r * r;
  const cubic = r2 * (0.49999999999996786 + r * 0.16666666666665886);
  const t = TAILS[i] + r + cubic + r2 * r2 * (0.0416666808410674 + r * 0.008333335853059549);
  const s = POWERS[i] * 2 ** ((k - i) / 128), [p, rest] = product(s, t), sum = s + p;
  return sum + (p - (sum - s) + rest);
}"""
_RINT = """\
function rint(x) {
  const low = Math.floor(x), rest = x - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}"""


class JavaScript:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = "an ES module in JavaScript, for web pages and Node"
    options: tuple[str, ...] = ()

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the file."""
        return {f"{policy.name}.mjs": module_text(policy)}

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Program:
        """Return the file at play, in Node.

        Raises:
            MissingToolError: There is no Node.
        """
        node = shutil.which("node") or shutil.which("nodejs")
        if node is None:
            raise MissingToolError("Node")
        (folder / "driver.mjs").write_text(_driver(policy), encoding="utf-8")
        return Program([node, "driver.mjs"], policy, folder)


def module_text(policy: PolicyPlan, lit: Sequence[int | None] | None = None) -> str:
    """Return a policy as the text of an ES module.

    Args:
        policy: The policy.
        lit: Slots (`neat.networks.plan`) whose values the module shows after each answer, as its export ``lit``, for
            drawings of a network at work; None stands for a node that has none, which is shown as 0. By default the
            module has no such export.
    """
    u = unfold(policy.network)
    language = _JavaScript()
    lines = ["/*", *(f" * {line}".rstrip() for line in about(policy)), " */", ""]
    functions = ["\n".join(function) for function in language.functions(u)]
    body = _body(language, policy, u, lit)
    act = _act(policy)
    lines += [_BOUNDED, ""] if any(node.guarded for node in u.nodes) else []
    for aggregation in GATHERED:
        if any(node.aggregation == aggregation for node in u.nodes):
            lines += [_GATHERED[aggregation], ""]
    if any("erf" in line for line in (*functions, *body)):
        lines += [_ERF, ""]
    lines += [_EXP, ""] if any("exponential(" in line for line in (*functions, *body)) else []
    lines += [_RINT, ""] if any("rint(" in line for line in act) else []
    for function in functions:
        lines += [function, ""]
    if lit is not None:
        lines += ["/** The values of the nodes, after each answer. */", "export let lit = [];", ""]
    return "\n".join([*lines, *_program(u, body, act), ""])


def _body(language: Language, policy: PolicyPlan, u: Unfolded, lit: Sequence[int | None] | None) -> list[str]:
    used = {slot for node in u.nodes for slot in node.sources} | {slot for slot in lit or () if slot is not None}
    lines, scaled = [], set()
    for i, shift, factor, limit in scaled_inputs(policy, used):
        scaled.add(i)
        value = f"(x[{i}] - {_number(shift)}) * {_number(factor)}"
        value = value if math.isinf(limit) else f"Math.max(-{limit!r}, Math.min({limit!r}, {value}))"
        lines.append(language.let(f"x{i}", value))
    names = {node.slot: node.name for node in u.nodes}
    value_of = values_of(u, scaled)
    statements = language.statements(u, value_of)
    lines += _passes(u, statements) if u.motion.at_once else statements
    result = ", ".join(value_of(slot) if slot in names else "0.0" for slot in u.outputs)
    if lit is not None:
        known = {u.bias_slot: _number(u.bias_value), u.zero: "0.0", None: "0.0"}
        shown = [known[slot] if slot is None or slot in known else value_of(slot) for slot in lit]
        lines.append(f"lit = [{', '.join(shown)}];")
    return [*lines, f"return [{result}];"]


def _passes(u: Unfolded, statements: Sequence[str]) -> list[str]:
    """Return the loop over passes, in which all nodes move at once."""
    new = ", ".join(
        f"{_number(1.0 - node.share)} * v[{i}] + {_number(node.share)} * {node.name}" if u.motion.lags else node.name
        for i, node in enumerate(u.nodes)
    )
    if u.motion.settles:
        inner = [*statements, f"const next = [{new}];"]
        inner += [f"const settled = passes >= {u.waves} && next.every((value, i) => value === v[i]);"]
        inner += ["v = next;", "if (settled) break;"]
        head = [
            f"let v = new Array({len(u.nodes)}).fill(0.0);",
            f"for (let passes = 1; passes <= {u.passes}; passes++) {{",
        ]
        return [*head, *(f"  {line}" for line in inner), "}"]
    inner = [*statements, f"v = [{new}];"]
    if not u.counts_passes:
        if u.passes > 1:
            inner = [f"for (let pass = 0; pass < {u.passes}; pass++) {{", *(f"  {line}" for line in inner), "}"]
        return ["let v = this.values;", *inner, "this.values = v;"]
    count = str(u.passes)
    lines = ["let v = this.values;", "let passes = this.passes;"]
    if u.first_passes != u.passes:
        lines.append(f"const count = passes === 0 ? {u.first_passes} : {u.passes};")
        count = "count"
    inner = [f"passes = Math.min(passes + 1, {u.waves});", *inner]
    lines += [f"for (let pass = 0; pass < {count}; pass++) {{", *(f"  {line}" for line in inner), "}"]
    return [*lines, "this.values = v;", "this.passes = passes;"]


def _act(policy: PolicyPlan) -> list[str]:
    if not policy.actions:
        return []
    parts = []
    for part in policy.actions:
        if isinstance(part, Amounts):
            parts += [_amount(f"y[{part.begin + i}]", row, part.rounding) for i, row in enumerate(part.table.tolist())]
        else:
            stretch = (
                "y"
                if (part.begin, part.count) == (0, policy.network.outputs)
                else (f"y.slice({part.begin}, {part.begin + part.count})")
            )
            found = f"{stretch}.indexOf(Math.max(...{stretch}))"
            parts.append(f"{part.start} + {found}" if part.start else found)
    alone = len(policy.actions) == 1 and not isinstance(policy.actions[0], Amounts)
    return [f"return {parts[0]};" if alone else f"return [{', '.join(parts)}];"]


def _amount(value: str, row: Sequence[float], rounding: str) -> str:
    tanh, factor, offset, low, high = row
    value = f"Math.tanh({value})" if tanh else value
    value = value if factor == 1.0 else f"{value} * {factor!r}"
    value = value if offset == 0.0 else f"{value} + {offset!r}"
    value = value if math.isinf(low) else f"Math.max({low!r}, {value})"
    value = value if math.isinf(high) else f"Math.min({high!r}, {value})"
    if rounding == "integer":
        return f"rint({value})"
    return f"Number({value} > 0.5)" if rounding == "binary" else value


def _program(u: Unfolded, body: Sequence[str], act: Sequence[str]) -> list[str]:
    about_outputs = "/** The outputs of the network for an observation. */"
    about_act = "/** The action for an observation. */"
    if not u.keeps_state:
        lines = [about_outputs, "export function outputs(x) {", *(f"  {line}" for line in body), "}"]
        if act:
            lines += ["", about_act, "export function act(x) {", "  const y = outputs(x);"]
            lines += [*(f"  {line}" for line in act), "}"]
        return lines
    lines = ["/** A network that remembers; call reset() at the start of each episode. */", "export class Policy {"]
    lines += ["  constructor() {", "    this.reset();", "  }", "", "  /** Forget everything. */", "  reset() {"]
    lines += [f"    this.values = new Array({len(u.nodes)}).fill(0.0);"]
    lines += ["    this.passes = 0;"] if u.counts_passes else []
    lines += ["  }", "", f"  {about_outputs}", "  outputs(x) {", *(f"    {line}" for line in body), "  }"]
    if act:
        lines += ["", f"  {about_act}", "  act(x) {", "    const y = this.outputs(x);"]
        lines += [*(f"    {line}" for line in act), "  }"]
    return [*lines, "}"]


def _driver(policy: PolicyPlan) -> str:
    """Return a program that plays the policy; see `neat.exporters.programs`."""
    acts = "true" if policy.actions else "false"
    return f"""\
import fs from "node:fs";
import * as exported from "./{policy.name}.mjs";
const made = () => (exported.Policy ? new exported.Policy() : exported);
const one = made(), two = made();
const row = Buffer.alloc({8 * (policy.network.inputs + 1)});
const size = {policy.network.outputs + policy.action_size};
for (;;) {{
  let got = 0;
  while (got < row.length) {{
    let n;
    try {{
      n = fs.readSync(0, row, got, row.length - got);
    }} catch (error) {{
      if (error.code === "EAGAIN") continue;
      throw error;
    }}
    if (n === 0) process.exit(0);
    got += n;
  }}
  const x = [];
  for (let i = 8; i < row.length; i += 8) x.push(row.readDoubleLE(i));
  if (row.readDoubleLE(0) !== 0 && one.reset) {{
    one.reset();
    two.reset();
  }}
  const answer = Buffer.alloc(8 * size);
  const numbers = {acts} ? [...one.outputs(x), ...[two.act(x)].flat()] : one.outputs(x);
  numbers.forEach((number, i) => answer.writeDoubleLE(number, 8 * i));
  let sent = 0;
  while (sent < answer.length) sent += fs.writeSync(1, answer, sent);
}}
"""
