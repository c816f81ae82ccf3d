"""A policy as an ONNX model (opset 17), for onnxruntime and other runtimes; state is an input and an output.

Inputs are ``observation``, shape (batch, inputs), and, for networks with state, ``state``: zeros at the start of an
episode, then the ``next_state`` of the previous call. Outputs are ``outputs``, shape (batch, outputs), and ``action``
(``action_0``, ``action_1``, … if it has parts). Runtimes support few functions in double precision, so some are
composed of others here.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError, MissingExtraError
from neat.exporters.expressions import Expression
from neat.exporters.functions import expression_of, identifier_of, is_built_in
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.exporters.program import about
from neat.exporters.stages import Group, columns_of, stages
from neat.exporters.target import Answers, Files, MissingToolError, Options
from neat.exporters.unfolded import Unfolded, unfold

__all__ = ["ONNX", "OPSET"]

OPSET = 17
_UNROLLED = 4
"""Passes up to which they are written one after the other; more are a loop."""
_LARGEST = 512 << 20
"""Bytes of the weights of a model, which must not reach 2 GiB."""

Vector = NDArray[np.float64]


class ONNX:
    """See the module's text, and `neat.exporters.target.Exporter`."""

    summary = f"an ONNX model (opset {OPSET}) with state as explicit inputs and outputs, for onnxruntime"
    options = ("precision",)

    def __init__(self) -> None:
        """Check for the package before any episode is played for the test.

        Raises:
            MissingExtraError: The package ``onnx`` is not installed.
        """
        if importlib.util.find_spec("onnx") is None:
            raise MissingExtraError(
                'the target onnx needs a package that is not installed: pip install "neat-arena[export]"'
            )

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the model."""
        import onnx

        model = _Model(onnx, policy, unfold(policy.network), single=options.precision == "single").made()
        return {f"{policy.name}.onnx": model.SerializeToString()}

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> _Session:
        """Return the model at play, in onnxruntime.

        Raises:
            MissingToolError: onnxruntime is not installed.
        """
        try:
            import onnxruntime
        except ImportError:
            raise MissingToolError("onnxruntime") from None
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        file = str(folder / f"{policy.name}.onnx")
        return _Session(onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"]), policy)


class _Session:
    """A model at play; see `neat.exporters.target.Player`."""

    def __init__(self, session: Any, policy: PolicyPlan) -> None:
        self._session, self._policy = session, policy
        shapes = {given.name: given for given in session.get_inputs()}
        self._type = np.float64 if shapes["observation"].type == "tensor(double)" else np.float32
        self._state = np.zeros((1, shapes["state"].shape[1]), self._type) if "state" in shapes else None

    def play(self, observations: Vector, begins: NDArray[np.bool_]) -> Answers:
        """Answer observations: all at once where nothing is remembered."""
        x = observations.astype(self._type)
        if self._state is None:
            outputs, *actions = self._session.run(None, {"observation": x})
            return self._told(len(x), outputs, actions)
        rows = []
        for row, first in zip(x, begins, strict=True):
            if first:
                self._state[:] = 0.0
            outputs, self._state, *actions = self._session.run(None, {"observation": row[None], "state": self._state})
            rows.append(self._told(1, outputs, actions))
        return np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])

    def _told(self, n: int, outputs: Any, actions: Sequence[Any]) -> Answers:
        parts = [np.asarray(action, np.float64).reshape(n, -1) for action in actions]
        return np.asarray(outputs, np.float64), np.concatenate([np.empty((n, 0)), *parts], axis=1)

    def close(self) -> None:
        """Nothing is to be ended."""


class _Model:
    """Makes one model."""

    def __init__(self, onnx: Any, policy: PolicyPlan, u: Unfolded, *, single: bool) -> None:
        self.onnx, self.policy, self.u = onnx, policy, u
        self.dtype = np.float32 if single else np.float64
        self.type = onnx.TensorProto.FLOAT if single else onnx.TensorProto.DOUBLE
        self.columns = columns_of(u)
        self.initializers: list[Any] = []
        self.nodes: list[Any] = []
        self._known: dict[bytes, str] = {}
        self._count = 0

    def made(self) -> Any:
        """Return the model."""
        helper, u, plan = self.onnx.helper, self.u, self.policy.network
        size = len(u.nodes) + u.counts_passes
        given = [helper.make_tensor_value_info("observation", self.type, ["batch", plan.inputs])]
        told = [helper.make_tensor_value_info("outputs", self.type, ["batch", plan.outputs])]
        if u.keeps_state:
            given.append(helper.make_tensor_value_info("state", self.type, ["batch", size]))
            told.append(helper.make_tensor_value_info("next_state", self.type, ["batch", size]))
        x = self._scaled("observation")
        values = self._network(x)
        at = self._integers([self.columns[slot] - u.inputs for slot in u.outputs])
        self._node("Gather", [values, at], "outputs", axis=1)
        told += self._actions()
        graph = helper.make_graph(self.nodes, self.policy.name, given, told, self.initializers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="neat-arena",
            doc_string="\n".join(about(self.policy)),
        )  # fmt: skip
        names = {"input_names": self.policy.input_names, "output_names": self.policy.output_names}
        helper.set_model_props(model, {key: "\n".join(value) for key, value in names.items()})
        self.onnx.checker.check_model(model)
        return model

    # ------------------------------------------------------------------------------------------------------- pieces

    def _name(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def _node(self, op: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        output = output or self._name()
        self.nodes.append(self.onnx.helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def _constant(self, values: Any, dtype: Any = None) -> str:
        array = np.asarray(values, dtype or self.dtype)
        key = array.tobytes() + f"{array.dtype} {array.shape}".encode()
        if key not in self._known:
            if array.nbytes > _LARGEST:
                size = f"{array.nbytes >> 20:,} MiB"
                raise ConfigError(f"the network is too large for the target onnx: {size} of weights")
            self._known[key] = name = f"c{len(self._known)}"
            self.initializers.append(self.onnx.numpy_helper.from_array(array, name))
        return self._known[key]

    def _integers(self, values: Any) -> str:
        return self._constant(values, np.int64)

    def _scaled(self, x: str) -> str:
        if self.policy.scaling is None:
            return x
        shift, factor, limit = self.policy.scaling
        x = self._node("Mul", [self._node("Sub", [x, self._constant(shift)]), self._constant(factor)])
        if np.isfinite(limit).any():
            x = self._node("Max", [x, self._constant(-limit)])
            x = self._node("Min", [x, self._constant(limit)])
        return x

    # ------------------------------------------------------------------------------------------------------ network

    def _network(self, x: str) -> str:
        """Return the values after the inputs: bias and zero, then nodes by stage, shape (batch, columns)."""
        u = self.u
        nothing = self._node("Mul", [self._node("Gather", [x, self._integers([0])], axis=1), self._constant(0.0)])
        constants = [0.0] if u.bias_slot is None else [u.bias_value, 0.0]
        fixed = self._node("Add", [nothing, self._constant([constants])])
        if not u.motion.at_once:
            parts = [x, fixed]
            for stage in stages(u):
                v = self._node("Concat", parts, axis=1)
                parts = [v, *(self._group(group, v) for group in stage)]
            v = self._node("Concat", parts, axis=1)
            return self._after_inputs(v)
        values, count = self._passes(x, fixed, nothing)
        if u.keeps_state:
            self._node("Concat", [values, count] if u.counts_passes else [values], "next_state", axis=1)
        return self._node("Concat", [fixed, values], axis=1)

    def _after_inputs(self, v: str) -> str:
        n, m = self.u.inputs, len(self.columns)
        return self._node("Slice", [v, self._integers([n]), self._integers([m]), self._integers([1])])

    def _passes(self, x: str, fixed: str, nothing: str) -> tuple[str, str]:
        """Return the values of nodes after the passes of an observation, and the passes of the episode so far."""
        u, helper = self.u, self.onnx.helper
        size = len(u.nodes)
        count, first = nothing, ""
        if u.keeps_state:
            values = "state"
            if u.counts_passes:
                values = self._columns("state", 0, size)
                count = self._columns("state", size, size + 1)
        else:
            values = self._node("Mul", [self._constant(np.zeros((1, size))), nothing])
        total = max(u.first_passes, u.passes)
        varies = u.keeps_state and u.first_passes != u.passes
        if varies:
            first = self._node("Equal", [count, self._constant(0.0)])
        if total <= _UNROLLED:
            for number in range(total):
                counts = first if varies and number >= u.passes else ""
                values, count = self._pass(x, fixed, values, count, counts)
            return values, count
        outer, self.nodes = self.nodes, []
        names = self._name(), self._name()
        counts = ""
        if varies:
            counts = self._node("Or", [first, self._node("Less", ["number", self._integers(u.passes)])])
        ends = self._pass(x, fixed, *names, counts)
        ends = tuple(self._node("Identity", [end]) for end in ends)  # type: ignore[assignment]
        self._node("Identity", ["go_on"], "goes_on")
        info = helper.make_tensor_value_info
        boolean, integer = self.onnx.TensorProto.BOOL, self.onnx.TensorProto.INT64
        body = helper.make_graph(
            self.nodes, "pass",
            [info("number", integer, []), info("go_on", boolean, []), info(names[0], self.type, ["batch", size]),
             info(names[1], self.type, ["batch", 1])],
            [info("goes_on", boolean, []), info(ends[0], self.type, ["batch", size]),
             info(ends[1], self.type, ["batch", 1])],
        )  # fmt: skip
        self.nodes = outer
        results = [self._name(), self._name()]
        inputs = [self._integers(total), self._constant(True, np.bool_), values, count]
        self.nodes.append(helper.make_node("Loop", inputs, results, body=body))
        return results[0], results[1]

    def _columns(self, tensor: str, begin: int, end: int) -> str:
        return self._node("Slice", [tensor, self._integers([begin]), self._integers([end]), self._integers([1])])

    def _pass(self, x: str, fixed: str, values: str, count: str, counts: str) -> tuple[str, str]:
        """Return values and number of passes after one pass, which counts only where ``counts`` is true."""
        u = self.u
        groups = [group for stage in stages(u) for group in stage]
        if not groups:
            return values, count
        nodes = [node for group in groups for node in group.nodes]
        v = self._node("Concat", [x, fixed, values], axis=1)
        new = self._node("Concat", [self._group(group, v) for group in groups], axis=1)
        after = self._node("Min", [self._node("Add", [count, self._constant(1.0)]), self._constant(float(u.waves))])
        if u.waves > 1:
            reached = self._node("GreaterOrEqual", [after, self._constant([[float(node.wave) for node in nodes]])])
            new = self._node("Where", [reached, new, self._constant(0.0)])
        if u.motion.lags:
            share = np.array([[node.share for node in nodes]])
            kept = self._node("Mul", [values, self._constant(1.0 - share)])
            new = self._node("Add", [kept, self._node("Mul", [new, self._constant(share)])])
        if counts:
            new = self._node("Where", [counts, new, values])
            after = self._node("Where", [counts, after, count])
        return new, after

    def _group(self, group: Group, v: str) -> str:
        """Return the values of a group of nodes, shape (batch, nodes)."""
        u, nodes = self.u, group.nodes
        if group.aggregation in ("sum", "mean"):
            used = sorted({self.columns[slot] for slot in group.sources})
            row = {column: i for i, column in enumerate(used)}
            weights = np.zeros((len(used), len(nodes)))
            for j, node in enumerate(nodes):
                for slot, weight in zip(node.sources, node.weights, strict=True):
                    weights[row[self.columns[slot]], j] += weight
            s = self._node("MatMul", [self._node("Gather", [v, self._integers(used)], axis=1), self._constant(weights)])
            if group.aggregation == "mean":
                s = self._node("Div", [s, self._constant([[float(len(node.sources)) for node in nodes]])])
        else:
            s = self._node("Concat", [self._gathered(group.aggregation, node, v) for node in nodes], axis=1)
        if any(node.response != 1.0 for node in nodes):
            s = self._node("Mul", [s, self._constant([[node.response for node in nodes]])])
        if any(node.bias != 0.0 for node in nodes):
            s = self._node("Add", [s, self._constant([[node.bias for node in nodes]])])
        if is_built_in(group.activation) and identifier_of(group.activation) == "sigmoid" and u.slope != 1.0:
            s = self._node("Mul", [s, self._constant(u.slope)])
        y = self._activation(expression_of(group.activation), s, {})
        if group.guarded:
            y = self._node("Where", [self._node("IsNaN", [y]), self._constant(0.0), y])
            y = self._node("Max", [self._node("Min", [y, self._constant(1e30)]), self._constant(-1e30)])
        return y

    def _gathered(self, aggregation: str, node: Any, v: str) -> str:
        """Return the aggregation of one node's edges, shape (batch, 1)."""
        sources = self._integers([self.columns[slot] for slot in node.sources])
        terms = self._node("Mul", [self._node("Gather", [v, sources], axis=1), self._constant([node.weights])])
        folds = {"product": "ReduceProd", "max": "ReduceMax", "min": "ReduceMin"}
        if aggregation in folds:
            return self._node(folds[aggregation], [terms], axes=[1], keepdims=1)
        if aggregation == "max_abs":
            at = self._node("ArgMax", [self._node("Abs", [terms])], axis=1, keepdims=1)
            return self._node("GatherElements", [terms, at], axis=1)
        n = len(node.sources)
        ordered, places = self._name(), self._name()
        count = self._integers([n])
        self.nodes.append(self.onnx.helper.make_node("TopK", [terms, count], [ordered, places], axis=1, largest=0))
        low = self._node("Gather", [ordered, self._integers([(n - 1) // 2])], axis=1)
        high = self._node("Gather", [ordered, self._integers([n // 2])], axis=1)
        return self._node("Mul", [self._node("Add", [low, high]), self._constant(0.5)])

    # -------------------------------------------------------------------------------------------------- expressions

    def _activation(self, e: Expression, x: str, known: dict[Expression, str]) -> str:
        """Return an expression of ``x``."""
        if e.op == "x":
            return x
        if e.op == "const":
            return self._constant(e.value)
        if e in known:
            return known[e]
        args = [self._activation(arg, x, known) for arg in e.args]
        if e.op in _OPS:
            found = args[0]
            for arg in args[1:]:
                found = self._node(_OPS[e.op], [found, arg])
            found = self._node(_OPS[e.op], args) if len(args) == 1 else found
        elif e.op == "!=":
            found = self._node("Not", [self._node("Equal", args)])
        elif e.op == "if":
            found = self._node("Where", args)
        else:
            found = getattr(self, f"_{e.op}")(*args)
        known[e] = found
        return found

    def _of(self, op: str, a: str, b: float | str) -> str:
        return self._node(op, [a, b if isinstance(b, str) else self._constant(b)])

    def _expm1(self, x: str) -> str:
        return self._of("Sub", self._node("Exp", [x]), 1.0)

    def _log1p(self, x: str) -> str:
        return self._node("Log", [self._of("Add", x, 1.0)])

    def _sinh(self, x: str) -> str:
        a, b = self._node("Exp", [x]), self._node("Exp", [self._node("Neg", [x])])
        return self._of("Mul", self._of("Sub", a, b), 0.5)

    def _cosh(self, x: str) -> str:
        a, b = self._node("Exp", [x]), self._node("Exp", [self._node("Neg", [x])])
        return self._of("Mul", self._of("Add", a, b), 0.5)

    def _tan(self, x: str) -> str:
        return self._of("Div", self._node("Sin", [x]), self._node("Cos", [x]))

    def _asin(self, x: str) -> str:
        rest = self._of("Sub", self._constant(1.0), self._of("Mul", x, x))
        return self._atan(self._of("Div", x, self._node("Sqrt", [rest])))

    def _acos(self, x: str) -> str:
        return self._of("Sub", self._constant(math.pi / 2), self._asin(x))

    def _atan(self, x: str) -> str:
        """Halve the angle three times, then take the series: full precision."""
        size = self._node("Abs", [x])
        t = self._of("Div", self._of("Min", size, 1.0), self._of("Max", size, 1.0))
        for _ in range(3):
            root = self._node("Sqrt", [self._of("Add", self._of("Mul", t, t), 1.0)])
            t = self._of("Div", t, self._of("Add", root, 1.0))
        square = self._of("Mul", t, t)
        total = self._constant(1.0 / 19.0)
        for n in range(17, 0, -2):
            total = self._of("Sub", self._constant(1.0 / n), self._of("Mul", square, total))
        angle = self._of("Mul", self._of("Mul", t, total), 8.0)
        beyond = self._of("Sub", self._constant(math.pi / 2), angle)
        angle = self._node("Where", [self._of("Greater", size, 1.0), beyond, angle])
        return self._of("Mul", angle, self._node("Sign", [x]))

    def _erf(self, x: str) -> str:
        """Integrate by Gauss and Legendre's rule, on an interval beyond which the function is 1: full precision."""
        places, weights = np.polynomial.legendre.leggauss(48)
        x = self._of("Max", self._of("Min", x, 6.0), -6.0)
        wide = self._node("Unsqueeze", [x, self._integers([2])])
        t = self._node("Mul", [wide, self._constant((places + 1.0) / 2.0)])
        bell = self._node("Exp", [self._node("Neg", [self._of("Mul", t, t)])])
        area = self._node("MatMul", [bell, self._constant(weights[:, None] / math.sqrt(math.pi))])
        return self._of("Mul", x, self._node("Squeeze", [area, self._integers([2])]))

    def _erfc(self, x: str) -> str:
        return self._of("Sub", self._constant(1.0), self._erf(x))

    # ------------------------------------------------------------------------------------------------------ actions

    def _actions(self) -> list[Any]:
        """Write what the outputs mean; return the outputs of the model for it."""
        told = []
        types = self.onnx.TensorProto
        for i, part in enumerate(self.policy.actions):
            name = "action" if len(self.policy.actions) == 1 else f"action_{i}"
            end = part.begin + (part.size if isinstance(part, Amounts) else part.count)
            y = self._columns("outputs", part.begin, end)
            shape: list[Any] = ["batch"]
            if isinstance(part, Amounts):
                shape.append(part.size)
                kind = self._amounts(part, y, name)
            else:
                kind = types.INT64
                best = self._node("ArgMax", [y], axis=1, keepdims=0)
                self._node("Add", [best, self._integers(part.start)], name)
            told.append(self.onnx.helper.make_tensor_value_info(name, kind, shape))
        return told

    def _amounts(self, part: Amounts, y: str, name: str) -> Any:
        types = self.onnx.TensorProto
        tanh, factor, offset, low, high = part.table.T
        if tanh.any():
            y = self._node("Where", [self._constant(tanh != 0.0, np.bool_), self._node("Tanh", [y]), y])
        y = self._node("Add", [self._node("Mul", [y, self._constant(factor)]), self._constant(offset)])
        y = self._node("Min", [self._node("Max", [y, self._constant(low)]), self._constant(high)])
        kind = {"none": self.type, "single": types.FLOAT}.get(part.rounding, types.INT64)
        if part.rounding == "integer":
            y = self._node("Round", [y])
        elif part.rounding == "binary":
            y = self._of("Greater", y, 0.5)
        self._node("Cast", [y], name, to=kind)
        return kind


_OPS: Mapping[str, str] = {
    "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "neg": "Neg", "<": "Less", "<=": "LessOrEqual", ">": "Greater",
    ">=": "GreaterOrEqual", "==": "Equal", "and": "And", "or": "Or", "not": "Not", "abs": "Abs", "ceil": "Ceil",
    "cos": "Cos", "exp": "Exp", "floor": "Floor", "log": "Log", "max": "Max", "min": "Min", "sin": "Sin",
    "sqrt": "Sqrt", "tanh": "Tanh",
}  # fmt: skip
