"""A policy as a PyTorch module, whose weights, biases and responses can be trained and written back to the genome."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from neat.errors import ConfigError
from neat.exporters.expressions import CALLS, Spelling, spell
from neat.exporters.functions import expression_of, is_built_in
from neat.exporters.numpy import function_name, listed
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import about
from neat.exporters.programs import Program, python_program
from neat.exporters.stages import Group, columns_of, stages
from neat.exporters.target import Files, MissingToolError, Options
from neat.exporters.unfolded import Unfolded, unfold
from neat.functions.activations import ACTIVATIONS
from neat.genes.table import Genome, Genomes
from neat.networks.decoders import decoder_of
from neat.networks.settings import NetworkConfig

__all__ = ["Torch", "with_parameters"]


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else f'float("{value}")'


_SPELLING = Spelling(
    number=_number,
    calls={name: f"torch.{name}" for name in CALLS}
    | {"max": "maximum", "min": "minimum"}
    | {name: f"torch.{name}" for name in ("abs", "erf", "erfc")},
    condition=lambda c, a, b: f"where({c}, {a}, {b})",
    words={"and": "torch.logical_and", "or": "torch.logical_or", "not": "torch.logical_not"},
    infix=False,
)
_NATIVE = {
    "sigmoid": "torch.sigmoid(x)",
    "relu": "torch.relu(x)",
    "softplus": "torch.logaddexp(x, torch.zeros_like(x))",
    "leaky_relu": "functional.leaky_relu(x, 0.01)",
    "elu": "functional.elu(x)",
    "selu": "functional.selu(x)",
    "gelu": "functional.gelu(x)",
    "swish": "functional.silu(x)",
    "softsign": "functional.softsign(x)",
    "piecewise_linear": "torch.clamp(0.5 * x + 0.5, 0.0, 1.0)",
    "clamped": "torch.clamp(x, -1.0, 1.0)",
    "hat": "torch.relu(1.0 - torch.abs(x))",
}
"""As PyTorch's own functions, whose gradients are finite where the function's are."""

_HELPERS = {
    "where": """\
def where(condition, a, b):
    a, b = (v if torch.is_tensor(v) else torch.full(condition.shape, v, dtype=DTYPE) for v in (a, b))
    return torch.where(condition, a, b)
""",
    "maximum": """\
def maximum(a, b):
    a, b = (v if torch.is_tensor(v) else torch.tensor(v, dtype=DTYPE) for v in (a, b))
    return torch.maximum(a, b)
""",
    "minimum": """\
def minimum(a, b):
    a, b = (v if torch.is_tensor(v) else torch.tensor(v, dtype=DTYPE) for v in (a, b))
    return torch.minimum(a, b)
""",
    "bounded": """\
def bounded(x):
    return torch.clamp(torch.nan_to_num(x, nan=0.0, posinf=1e30, neginf=-1e30), -1e30, 1e30)
""",
    "median": """\
def median(values):
    ordered = values.sort(-1).values
    n = values.shape[-1]
    return (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
""",
    "max_abs": """\
def max_abs(values):
    return values.gather(-1, values.abs().argmax(-1, keepdim=True))[..., 0]
""",
}


class Torch:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = "a PyTorch module with trainable parameters, which can be read back into the genome"
    options = ("precision",)

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the file."""
        u = unfold(policy.network)
        groups = [group for stage in stages(u) for group in stage]
        lines = ['"""' + about(policy)[0], *about(policy)[1:], "", *_usage(u), '"""', ""]
        functions = [_function(activation) for activation in sorted({group.activation for group in groups})]
        program = _program(policy, u)
        text = "\n".join(line for lines in (*functions, program) for line in lines)
        lines += ["import torch"]
        lines += ["from torch.nn import functional"] if "functional." in text else []
        lines += ["", f"DTYPE = torch.float{32 if options.precision == 'single' else 64}", ""]
        for name, helper in _HELPERS.items():
            if f"{name}(" in text.replace(f"def {name}(", "").replace(f"torch.{name}(", ""):
                lines += ["", helper]
        for function in functions:
            lines += ["", *function, ""]
        lines += ["", *program, ""]
        return {f"{policy.name}_torch.py": "\n".join(lines)}

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Program:
        """Return the file at play.

        Raises:
            MissingToolError: PyTorch is not installed.
        """
        import importlib.util

        if importlib.util.find_spec("torch") is None:
            raise MissingToolError("PyTorch")
        (folder / "driver.py").write_text(_ADAPTER.format(name=policy.name), encoding="utf-8")
        return python_program(policy, folder, "driver.py")


_ADAPTER = """\
import sys
sys.path.insert(0, ".")
import torch
import {name}_torch as exported
torch.set_num_threads(1)


class Policy:
    def __init__(self):
        self.module = exported.Policy()
        self.reset()

    def reset(self):
        self.state = None

    def answer(self, method, x):
        with torch.no_grad():
            x = torch.tensor([x], dtype=exported.DTYPE)
            if hasattr(self.module, "initial_state"):
                answer, self.state = method(x, self.state)
            else:
                answer = method(x)
        return answer[0].tolist()

    def outputs(self, x):
        return self.answer(self.module, x)

    def act(self, x):
        return self.answer(self.module.act, x)
"""


def _usage(u: Unfolded) -> list[str]:
    lines = ["    policy = Policy()"]
    if u.keeps_state:
        lines += ["    y, state = policy(x)  # x of shape (n, inputs), y of shape (n, outputs): begins an episode"]
        lines += ["    y, state = policy(x, state)"]
    else:
        lines += ["    y = policy(x)  # x of shape (n, inputs), y of shape (n, outputs)"]
    return [
        *lines, "",
        "Trained parameters are read back into the genome by neat.exporters.torch.with_parameters(genome,",
        "policy.state_dict(), network).",
    ]  # fmt: skip


def _function(activation: int) -> list[str]:
    native = _NATIVE.get(ACTIVATIONS[activation].name) if is_built_in(activation) else None
    lets, result = ([], native) if native else spell(expression_of(activation), _SPELLING)
    body = [*(f"    {name} = {value}" for name, value in lets), f"    return {result}"]
    return [f"def {function_name(activation)}(x):", *body]


def _program(policy: PolicyPlan, u: Unfolded) -> list[str]:
    plan = policy.network
    parameters = (
        ("weight", plan.edge_weight.tolist(), "of each connection"),
        ("bias", plan.nodes["bias"].tolist(), "of each node"),
        ("response", plan.nodes["response"].tolist(), "of each node"),
    )
    lines = ["class Policy(torch.nn.Module):", '    """The network; `act` says what its outputs mean."""', ""]
    lines += ["    def __init__(self):", "        super().__init__()"]
    for name, values, what in parameters:
        lines.append(f"        self.{name} = torch.nn.Parameter(torch.tensor({listed(values)}, dtype=DTYPE))  # {what}")
    if policy.scaling is not None:
        for name, row in zip(("shift", "factor", "limit"), policy.scaling.tolist(), strict=True):
            numbers = f"[{', '.join(map(_number, row))}]"
            lines.append(f'        self.register_buffer("{name}", torch.tensor({numbers}, dtype=DTYPE))')
    if u.keeps_state:
        size = len(u.nodes) + u.counts_passes
        lines += ["", "    def initial_state(self, n):"]
        lines += [f'        """Return the state before an episode, shape (n, {size})."""']
        lines += [f"        return torch.zeros(n, {size}, dtype=self.weight.dtype, device=self.weight.device)"]
    head = "x, state=None" if u.keeps_state else "x"
    lines += ["", f"    def forward(self, {head}):"]
    lines += [f'        """Return the outputs{", and the state after the observations" if u.keeps_state else ""}."""']
    lines += [f"        {line}" for line in _body(policy, u)]
    act = _act(policy)
    if act:
        answer = "return action, state" if u.keeps_state else "return action"
        call = "y, state = self(x, state)" if u.keeps_state else "y = self(x)"
        lines += ["", f"    def act(self, {head}):", '        """Return the action for each observation."""']
        lines += [f"        {line}" for line in (call, *act, answer)]
    return lines


def _body(policy: PolicyPlan, u: Unfolded) -> list[str]:
    columns = columns_of(u)
    lines = ["x = x.to(self.weight.dtype)"]
    if policy.scaling is not None:
        lines.append("x = torch.clamp((x - self.shift) * self.factor, -self.limit, self.limit)")
    lines.append("zero = torch.zeros(x.shape[0], 1, dtype=x.dtype, device=x.device)")
    sensors = f"x, zero + {u.bias_value!r}, zero" if u.bias_slot is not None else "x, zero"
    answer = f"v[:, {listed([columns[slot] for slot in u.outputs])}]"
    if not u.motion.at_once:
        lines.append(f"v = torch.cat([{sensors}], 1)")
        for stage in stages(u):
            names = []
            for i, group in enumerate(stage):
                lines += _group(u, group, columns, f"new{i}")
                names.append(f"new{i}")
            lines.append(f"v = torch.cat([v, {', '.join(names)}], 1)")
        return [*lines, f"return {answer}"]
    groups = [group for stage in stages(u) for group in stage]
    nodes = [node for group in groups for node in group.nodes]
    inner = [f"v = torch.cat([{sensors}, values], 1)"]
    for i, group in enumerate(groups):
        inner += _group(u, group, columns, f"new{i}")
    parts = ", ".join(f"new{i}" for i in range(len(groups)))
    inner.append(f"new = torch.cat([{parts}], 1)" if groups else "new = values")
    tensor = "torch.tensor({}, dtype=x.dtype, device=x.device)".format
    if u.waves > 1:
        waves = tensor(listed([float(node.wave) for node in nodes]))
        inner.append(f"new = torch.where(passes >= {waves}, new, 0.0 * new)")
    if u.motion.lags:
        inner.append(f"share = {tensor(listed([node.share for node in nodes]))}")
        inner.append("new = (1.0 - share) * values + share * new")
    last = f"v = torch.cat([{sensors}, values], 1)"
    if u.motion.settles:
        inner += [
            f"settled = passes >= {u.waves} and bool((new == values).all())",
            "values = new",
            "if settled:",
            "    break",
        ]
        lines.append(f"values = zero.expand(-1, {len(nodes)})")
        return [
            *lines,
            f"for passes in range(1, {u.passes + 1}):",
            *(f"    {line}" for line in inner),
            last,
            f"return {answer}",
        ]
    lines += ["state = self.initial_state(x.shape[0]) if state is None else state"]
    if not u.counts_passes:
        inner.append("values = new")
        lines += ["values = state", f"for _ in range({u.passes}):", *(f"    {line}" for line in inner)]
        return [*lines, last, f"return {answer}, values"]
    lines += ["values, passes = state[:, :-1], state[:, -1:]"]
    inner = [
        f"count = torch.clamp(passes + 1.0, max={float(u.waves)!r})",
        *(line.replace("passes", "count") for line in inner),
    ]
    if u.first_passes != u.passes:
        lines.append("first = passes == 0.0")
        inner += [f"counts = first | (number < {u.passes})"]
        inner += ["values, passes = torch.where(counts, new, values), torch.where(counts, count, passes)"]
    else:
        inner += ["values, passes = new, count"]
    lines += [f"for number in range({u.first_passes}):", *(f"    {line}" for line in inner)]
    return [*lines, last, f"return {answer}, torch.cat([values, passes], 1)"]


def _group(u: Unfolded, group: Group, columns: Mapping[int, int], into: str) -> list[str]:
    """Return the statements that evaluate a group of nodes, shape (n, nodes)."""
    edges = [node.first_edge + e for node in group.nodes for e in range(len(node.sources))]
    places, starts, count = [node.place for node in group.nodes], group.starts, len(group.nodes)
    lines = [f"s = v[:, {listed([columns[slot] for slot in group.sources])}] * self.weight[{listed(edges)}]"]
    if group.aggregation in ("sum", "mean"):
        owner = [i for i, node in enumerate(group.nodes) for _ in node.sources]
        if count == 1:
            lines.append("s = s.sum(1, keepdim=True)")
        else:
            index = f"torch.tensor({listed(owner)}, device=x.device)"
            lines.append(f"s = zero.repeat(1, {count}).index_add(1, {index}, s)")
        if group.aggregation == "mean":
            sizes = listed([float(len(node.sources)) for node in group.nodes])
            lines.append(f"s = s / torch.tensor({sizes}, dtype=x.dtype, device=x.device)")
    else:
        fold = {"product": "{}.prod(1)", "max": "{}.amax(1)", "min": "{}.amin(1)"}.get(
            group.aggregation, f"{group.aggregation}({{}})"
        )
        parts = [fold.format(f"s[:, {a}:{b}]") for a, b in pairwise(starts)]
        lines.append(f"s = torch.stack([{', '.join(parts)}], 1)")
    lines.append(f"s = self.bias[{listed(places)}] + self.response[{listed(places)}] * s")
    name = function_name(group.activation)
    z = f"{u.slope!r} * s" if name == "sigmoid" and u.slope != 1.0 else "s"
    value = f"{name}({z})"
    lines.append(f"{into} = {f'bounded({value})' if group.guarded else value}")
    return lines


def _act(policy: PolicyPlan) -> list[str]:
    if not policy.actions:
        return []
    parts = []
    for part in policy.actions:
        end = part.begin + (part.size if isinstance(part, Amounts) else part.count)
        if not isinstance(part, Amounts):
            parts.append(f"{part.start} + y[:, {part.begin}:{end}].argmax(1, keepdim=True)")
            continue
        tanh, *rows = part.table.T.tolist()
        value = f"y[:, {part.begin}:{end}]"
        if any(tanh):
            first = f"torch.tensor({listed([bool(t) for t in tanh])}, device=y.device)"
            value = f"torch.where({first}, torch.tanh({value}), {value})"
        factor, offset, low, high = (
            f"torch.tensor([{', '.join(map(_number, row))}], dtype=y.dtype, device=y.device)" for row in rows
        )
        value = f"torch.clamp({value} * {factor} + {offset}, {low}, {high})"
        if part.rounding == "integer":
            value = f"torch.round({value})"
        parts.append(f"({value} > 0.5)" if part.rounding == "binary" else value)
    if len(parts) == 1:
        return [f"action = {parts[0]}{'' if isinstance(policy.actions[0], Amounts) else '[:, 0]'}"]
    return [f"action = torch.cat([{', '.join(f'({part}).to(y.dtype)' for part in parts)}], 1)"]


def with_parameters(genome: Genome, parameters: Mapping[str, Any], network: NetworkConfig | None = None) -> Genome:
    """Return a genome with the parameters of its trained module; genes that the network does not use are unchanged.

    Args:
        genome: The exported genome.
        parameters: ``state_dict()`` of the module: ``weight``, ``bias`` and ``response``, as tensors or numbers.
        network: Its network settings.

    Raises:
        ConfigError: They belong to another network, or the network's connections are not genes.
    """
    network = network or NetworkConfig()
    decoder = decoder_of(network)
    if not decoder.of_genes:
        raise ConfigError(f"network.encoding = {network.encoding!r}: the connections of such networks are not genes")
    plan = decoder.plan(Genomes.of([genome]))
    trained = genome.copy()
    for name, genes, place, count in (
        ("weight", trained.connections, plan.edge_gene, len(plan.edge_weight)),
        ("bias", trained.nodes, plan.node_gene, len(plan.nodes)),
        ("response", trained.nodes, plan.node_gene, len(plan.nodes)),
    ):
        if name not in parameters:
            raise ConfigError(f"parameters: expected weight, bias and response, got {', '.join(map(str, parameters))}")
        found = parameters[name]
        values = np.asarray(found.detach().cpu().numpy() if hasattr(found, "detach") else found, np.float64)
        if values.shape != (count,) or not np.isfinite(values).all():
            raise ConfigError(f"{name}: expected {count} finite numbers, got shape {values.shape}")
        genes[name][place] = values
    return trained
