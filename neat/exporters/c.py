"""A policy as C99 without dynamic memory: one file and its header, in double or single precision."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from neat.errors import EvaluationError
from neat.exporters.expressions import CALLS, Spelling
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import GATHERED, Language, about, scaled_inputs, values_of
from neat.exporters.programs import Program
from neat.exporters.target import Files, MissingToolError, Options
from neat.exporters.unfolded import Unfolded, unfold

__all__ = ["C"]


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else f"{'-' if value < 0 else ''}INFINITY"
    return f"-R({-value!r})" if math.copysign(1.0, value) < 0 else f"R({value!r})"


class _C(Language):
    spelling = Spelling(
        number=_number,
        calls={name: {"abs": "fabs", "max": "fmax", "min": "fmin"}.get(name, name) for name in CALLS},
        condition=lambda c, a, b: f"{c} ? {a} : {b}",
        words={"and": "&&", "or": "||", "not": "!"},
    )

    def let(self, name: str, value: str) -> str:
        return f"const real {name} = {value};"

    def variable(self, name: str, value: str) -> str:
        return f"real {name} = {value};"

    def assign(self, name: str, value: str) -> str:
        return f"{name} = {value};"

    def gather(self, aggregation: str, values: Sequence[str]) -> str:
        return f"{aggregation}((real[]){{{', '.join(values)}}}, {len(values)})"

    def function(self, name: str, lets: Sequence[tuple[str, str]], result: str) -> list[str]:
        body = [*(self.let(n, value) for n, value in lets), f"return {result};"]
        return [f"static real {name}(real x)", "{", *(f"    {line}" for line in body), "}"]


_BOUNDED = """\
static real bounded(real x)
{
    return x == x ? fmax(-R(1e30), fmin(R(1e30), x)) : R(0.0);
}"""
_FOLD = """\
static real {name}(const real *values, int n)
{{
    real found = values[0];
    for (int i = 1; i < n; i++)
        if ({test})
            found = values[i];
    return found;
}}"""
_GATHERED = {
    "max": _FOLD.format(name="max", test="values[i] > found"),
    "min": _FOLD.format(name="min", test="values[i] < found"),
    "max_abs": _FOLD.format(name="max_abs", test="fabs(values[i]) > fabs(found)"),
    "median": """\
static real median(real *values, int n)
{
    for (int i = 1; i < n; i++) {
        const real v = values[i];
        int k = i;
        for (; k > 0 && values[k - 1] > v; k--)
            values[k] = values[k - 1];
        values[k] = v;
    }
    return n % 2 ? values[n / 2] : R(0.5) * (values[n / 2 - 1] + values[n / 2]);
}""",
}


class C:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = "C99 without malloc, with a header; double, or float with -DPOLICY_SINGLE"
    options = ("precision",)

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the file and its header."""
        u = unfold(policy.network)
        header = _header(policy, u, single=options.precision == "single")
        return {f"{policy.name}.h": header, f"{policy.name}.c": _source(policy, u)}

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Program:
        """Compile the file with a program that plays it, in the folder.

        Raises:
            MissingToolError: There is no C compiler.
            EvaluationError: It does not compile.
        """
        compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
        if compiler is None:
            raise MissingToolError("a C compiler")
        (folder / "driver.c").write_text(_driver(policy, unfold(policy.network)), encoding="utf-8")
        command = [compiler, "-std=c99", "-O1", "-o", "driver", "driver.c", f"{policy.name}.c", "-lm"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EvaluationError(f"{compiler}: {done.stderr.strip().splitlines()[0][:300]}")
        return Program([str(folder / "driver")], policy, folder)


def _alone(policy: PolicyPlan) -> bool:
    """Return whether an action is one number out of several, which ``act`` returns."""
    return len(policy.actions) == 1 and not isinstance(policy.actions[0], Amounts)


def _declarations(policy: PolicyPlan, u: Unfolded) -> dict[str, str]:
    name, real = policy.name, f"{policy.name}_real"
    state = f"{name}_state *state, " if u.keeps_state else ""
    x, y = f"const {real} x[{max(policy.network.inputs, 1)}]", f"{real} y[{policy.network.outputs}]"
    found = {"reset": f"void {name}_reset({name}_state *state)"} if u.keeps_state else {}
    found["outputs"] = f"void {name}_outputs({state}{x}, {y})"
    if _alone(policy):
        found["act"] = f"int {name}_act({state}{x})"
    elif policy.actions:
        found["act"] = f"void {name}_act({state}{x}, {real} action[{policy.action_size}])"
    return found


def _header(policy: PolicyPlan, u: Unfolded, *, single: bool) -> str:
    name, guard = policy.name, f"{policy.name.upper()}_H"
    words = {
        "reset": "Forget everything: at the start of each episode.",
        "outputs": "The outputs of the network for an observation.",
        "act": "The action for an observation.",
    }
    lines = ["/*", *(f" * {line}".rstrip() for line in about(policy)), " *"]
    if single:
        lines += [" * Compiled with -DPOLICY_DOUBLE, numbers are of double precision.", " */"]
    else:
        lines += [" * Compiled with -DPOLICY_SINGLE, numbers are of single precision.", " */"]
    lines += [f"#ifndef {guard}", f"#define {guard}", "", "#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    kinds = ("DOUBLE", "double", "float") if single else ("SINGLE", "float", "double")
    lines += [f"#ifdef POLICY_{kinds[0]}", f"typedef {kinds[1]} {name}_real;", "#else"]
    lines += [f"typedef {kinds[2]} {name}_real;", "#endif", ""]
    if u.keeps_state:
        lines += ["/* What the network remembers. */", "typedef struct {", f"    {name}_real values[{_room(u)}];"]
        lines += ["    int passes;"] if u.counts_passes else []
        lines += [f"}} {name}_state;", ""]
    for what, declaration in _declarations(policy, u).items():
        lines += [f"/* {words[what]} */", f"{declaration};", ""]
    return "\n".join([*lines, "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""])


def _room(u: Unfolded) -> int:
    return max(len(u.nodes), 1)  # C has no empty arrays


def _source(policy: PolicyPlan, u: Unfolded) -> str:
    language = _C()
    lines = ["#include <tgmath.h>", "", f'#include "{policy.name}.h"', ""]
    lines += [f"typedef {policy.name}_real real;", "#define R(number) ((real)(number))", ""]
    if any(node.guarded for node in u.nodes):
        lines += [_BOUNDED, ""]
    for aggregation in GATHERED:
        if any(node.aggregation == aggregation for node in u.nodes):
            lines += [_GATHERED[aggregation], ""]
    for function in language.functions(u):
        lines += [*function, ""]
    declared = _declarations(policy, u)
    if "reset" in declared:
        lines += [
            declared["reset"],
            "{",
            f"    for (int i = 0; i < {_room(u)}; i++)",
            "        state->values[i] = R(0.0);",
        ]
        lines += ["    state->passes = 0;"] if u.counts_passes else []
        lines += ["}", ""]
    body = _body(language, policy, u)
    lines += [declared["outputs"], "{", *(f"    {line}" for line in body), "}", ""]
    if "act" in declared:
        lines += [declared["act"], "{", *(f"    {line}" for line in _act(policy, u)), "}", ""]
    return "\n".join(lines)


def _body(language: Language, policy: PolicyPlan, u: Unfolded) -> list[str]:
    used = {slot for node in u.nodes for slot in node.sources}
    lines = [] if any(slot < u.inputs for slot in used) else ["(void)x;"]
    scaled = set()
    for i, shift, factor, limit in scaled_inputs(policy, used):
        scaled.add(i)
        value = f"(x[{i}] - {_number(shift)}) * {_number(factor)}"
        value = value if math.isinf(limit) else f"fmax({_number(-limit)}, fmin({_number(limit)}, {value}))"
        lines.append(language.let(f"x{i}", value))
    names = {node.slot: node.name for node in u.nodes}
    value_of = values_of(u, scaled)
    statements = language.statements(u, value_of)
    if u.motion.at_once:
        lines += _passes(u, statements)
    else:
        lines += statements
    for k, slot in enumerate(u.outputs):
        lines.append(f"y[{k}] = {value_of(slot) if slot in names else _number(0.0)};")
    return lines


def _passes(u: Unfolded, statements: Sequence[str]) -> list[str]:
    """Return the loop over passes, in which all nodes move at once."""
    moved = [
        f"v[{i}] = {_number(1.0 - node.share)} * v[{i}] + {_number(node.share)} * {node.name};"
        if u.motion.lags
        else f"v[{i}] = {node.name};"
        for i, node in enumerate(u.nodes)
    ]
    if u.motion.settles:
        same = " && ".join(f"v[{i}] == {node.name}" for i, node in enumerate(u.nodes)) or "1"
        inner = [
            *statements,
            f"const int settled = passes >= {u.waves} && {same};",
            *moved,
            "if (settled)",
            "    break;",
        ]
        head = [f"real v[{_room(u)}] = {{0}};", f"for (int passes = 1; passes <= {u.passes}; passes++) {{"]
        return [*head, *(f"    {line}" for line in inner), "}"]
    lines = ["real *v = state->values;"]
    inner = [*statements, *moved]
    if not u.counts_passes:
        if u.passes == 1:
            return [*lines, *inner]
        return [*lines, f"for (int pass = 0; pass < {u.passes}; pass++) {{", *(f"    {line}" for line in inner), "}"]
    count = str(u.passes)
    if u.first_passes != u.passes:
        lines.append(f"const int count = state->passes == 0 ? {u.first_passes} : {u.passes};")
        count = "count"
    step = f"const int passes = state->passes < {u.waves} ? state->passes + 1 : {u.waves};"
    inner = [step, *inner, "state->passes = passes;"]
    return [*lines, f"for (int pass = 0; pass < {count}; pass++) {{", *(f"    {line}" for line in inner), "}"]


def _act(policy: PolicyPlan, u: Unfolded) -> list[str]:
    lines = [f"real y[{policy.network.outputs}];", f"{policy.name}_outputs({'state, ' if u.keeps_state else ''}x, y);"]
    at = 0
    for part in policy.actions:
        if isinstance(part, Amounts):
            for i, row in enumerate(part.table.tolist()):
                lines.append(f"action[{at + i}] = {_amount(f'y[{part.begin + i}]', row, part.rounding)};")
        else:
            end = part.begin + part.count
            lines += [f"int best{at} = {part.begin};", f"for (int i = {part.begin + 1}; i < {end}; i++)"]
            lines += [f"    if (y[i] > y[best{at}])", f"        best{at} = i;"]
            value = _shifted(f"best{at}", part.start - part.begin)
            lines.append(f"return {value};" if _alone(policy) else f"action[{at}] = (real)({value});")
        at += part.size
    return lines


def _shifted(name: str, by: int) -> str:
    return name if by == 0 else f"{name} {'-' if by < 0 else '+'} {abs(by)}"


def _amount(value: str, row: Sequence[float], rounding: str) -> str:
    tanh, factor, offset, low, high = row
    value = f"tanh({value})" if tanh else value
    value = value if factor == 1.0 else f"{value} * {_number(factor)}"
    value = value if offset == 0.0 else f"{value} + {_number(offset)}"
    value = value if math.isinf(low) else f"fmax({_number(low)}, {value})"
    value = value if math.isinf(high) else f"fmin({_number(high)}, {value})"
    if rounding == "integer":
        return f"rint({value})"
    return f"{value} > R(0.5)" if rounding == "binary" else value


def _driver(policy: PolicyPlan, u: Unfolded) -> str:
    """Return a program that plays the policy; see `neat.exporters.programs`."""
    name, inputs, outputs, size = policy.name, policy.network.inputs, policy.network.outputs, policy.action_size
    one, two = ("&one, ", "&two, ") if u.keeps_state else ("", "")
    lines = ["#include <stdio.h>", f'#include "{name}.h"', "", "int main(void)", "{"]
    lines += [
        f"    double row[{inputs + 1}], answer[{outputs + size}];",
        f"    {name}_real x[{max(inputs, 1)}], y[{outputs}];",
    ]
    if u.keeps_state:
        lines += [f"    {name}_state one, two;", f"    {name}_reset(&one);", f"    {name}_reset(&two);"]
    lines += [f"    while (fread(row, sizeof(double), {inputs + 1}, stdin) == {inputs + 1}) {{"]
    if u.keeps_state:
        lines += [
            "        if (row[0] != 0.0) {",
            f"            {name}_reset(&one);",
            f"            {name}_reset(&two);",
            "        }",
        ]
    lines += [
        f"        for (int i = 0; i < {inputs}; i++)",
        "            x[i] = row[i + 1];",
        f"        {name}_outputs({one}x, y);",
    ]
    lines += [f"        for (int i = 0; i < {outputs}; i++)", "            answer[i] = y[i];"]
    if _alone(policy):
        lines += [f"        answer[{outputs}] = {name}_act({two}x);"]
    elif policy.actions:
        lines += [f"        {name}_real action[{size}];", f"        {name}_act({two}x, action);"]
        lines += [f"        for (int i = 0; i < {size}; i++)", f"            answer[{outputs} + i] = action[i];"]
    lines += [f"        fwrite(answer, sizeof(double), {outputs + size}, stdout);", "        fflush(stdout);", "    }"]
    return "\n".join([*lines, "    return 0;", "}", ""])
