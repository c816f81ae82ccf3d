"""Functions of one number as expression trees, parsed from Python and written in other languages.

Supported is what all target languages can express: arithmetic, comparisons, conditions, the functions of `math` in
`CALLS`, names for intermediate results, and ``if`` with a ``return`` on either side.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["CALLS", "Expression", "Spelling", "UnreadableError", "read", "spell"]

CALLS = frozenset({
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "log", "log1p", "max",
    "min", "sin", "sinh", "sqrt", "tan", "tanh",
})  # fmt: skip
"""Functions that an expression may call, by their names in `math`."""

_ALIASES = {"fabs": "abs", "arctan": "atan", "arcsin": "asin", "arccos": "acos"}
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_LARGEST = 2_000
"""Nodes of an expression; what is repeated in it counts each time."""


class UnreadableError(Exception):
    """A function uses something that expressions do not support; the message says what."""


@dataclass(frozen=True)
class Expression:
    """A node of a tree.

    Attributes:
        op: ``const``, ``x``, an operator, a comparison, ``and``, ``or``, ``not``, ``neg``, ``if`` (condition, value,
            otherwise) or one of `CALLS`.
        args: What it is applied to.
        value: Of a constant.
    """

    op: str
    args: tuple[Expression, ...] = ()
    value: float = 0.0
    size: int = field(default=1, compare=False)

    @classmethod
    def of(cls, op: str, *args: Expression) -> Expression:
        """Return an operation.

        Raises:
            UnreadableError: It is too large.
        """
        size = 1 + sum(arg.size for arg in args)
        if size > _LARGEST:
            raise UnreadableError("it is too long")
        return cls(op, args, size=size)


X = Expression("x")


def read(source: str, known: Mapping[str, float] | None = None) -> Expression:
    """Read a function definition, or the body of a function of ``x``.

    Args:
        source: Python.
        known: Names of numbers that it may use.

    Raises:
        UnreadableError: It does something else.
    """
    if not source.lstrip().startswith(("def ", "@")):
        source = "def f(x):\n" + "\n".join(f"    {line}" for line in source.splitlines())
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise UnreadableError("it is not a plain function")
    arguments = definition.args
    if len(arguments.args) != 1 or arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        raise UnreadableError("it does not take one number")
    names = {name: _constant(float(value)) for name, value in (known or {}).items()}
    return _Reader().body(definition.body, {**names, arguments.args[0].arg: X})


def _constant(value: float) -> Expression:
    return Expression("const", value=value)


class _Reader:
    def body(self, statements: list[ast.stmt], names: dict[str, Expression]) -> Expression:
        """Return what a block of statements returns."""
        for at, statement in enumerate(statements):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # the docstring
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.expression(statement.value, names)
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                if len(targets) == 1 and isinstance(targets[0], ast.Name):
                    names = {**names, targets[0].id: self.expression(statement.value, names)}
                    continue
            if isinstance(statement, ast.If):
                rest = statements[at + 1 :]
                condition = self.expression(statement.test, names)
                chosen = self.body([*statement.body, *rest], names)
                return Expression.of("if", condition, chosen, self.body([*statement.orelse, *rest], names))
            raise UnreadableError(f"line {statement.lineno} of it is not an assignment, a condition or a return")
        raise UnreadableError("it does not always return a number")

    def expression(self, node: ast.expr, names: dict[str, Expression]) -> Expression:
        """Return an expression of Python's grammar as a tree."""
        of = Expression.of
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return _constant(float(node.value))
        if isinstance(node, ast.Name):
            if node.id in names:
                return names[node.id]
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.attr in ("pi", "e", "tau", "inf"):
                return _constant(float(getattr(math, node.attr)))
        elif isinstance(node, ast.UnaryOp):
            arg = self.expression(node.operand, names)
            if isinstance(node.op, ast.USub):
                return _constant(-arg.value) if arg.op == "const" else of("neg", arg)
            if isinstance(node.op, ast.Not):
                return of("not", arg)
            if isinstance(node.op, ast.UAdd):
                return arg
        elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return self.operation(_OPERATORS[type(node.op)], node, names)
        elif isinstance(node, ast.Compare) and all(type(o) in _COMPARISONS for o in node.ops):
            sides = [self.expression(side, names) for side in (node.left, *node.comparators)]
            ops = [_COMPARISONS[type(o)] for o in node.ops]
            parts = [of(op, a, b) for op, a, b in zip(ops, sides, sides[1:], strict=False)]
            return parts[0] if len(parts) == 1 else of("and", *parts)
        elif isinstance(node, ast.BoolOp):
            word = "and" if isinstance(node.op, ast.And) else "or"
            return of(word, *(self.expression(value, names) for value in node.values))
        elif isinstance(node, ast.IfExp):
            return of("if", *(self.expression(part, names) for part in (node.test, node.body, node.orelse)))
        elif isinstance(node, ast.Call):
            return self.call(node, names)
        raise UnreadableError(f"it says {ast.unparse(node)[:60]!r}")

    def operation(self, op: str, node: ast.BinOp, names: dict[str, Expression]) -> Expression:
        left, right = self.expression(node.left, names), self.expression(node.right, names)
        if op != "**":
            return Expression.of(op, left, right)
        if right.op == "const" and right.value in (2.0, 3.0, 4.0):  # the last bit of a power is up to the library
            square = Expression.of("*", left, left)
            return square if right.value == 2.0 else Expression.of("*", square, left if right.value == 3.0 else square)
        if right.op == "const" and right.value == 0.5:
            return Expression.of("sqrt", left)
        raise UnreadableError(f"it says {ast.unparse(node)[:60]!r}, and powers are 0.5, 2, 3 and 4")

    def call(self, node: ast.Call, names: dict[str, Expression]) -> Expression:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        name = _ALIASES.get(name, name)
        args = [self.expression(arg, names) for arg in node.args]
        if node.keywords or name not in CALLS or len(args) != (2 if name in ("max", "min") else 1):
            raise UnreadableError(f"it calls {ast.unparse(node)[:60]!r}")
        return Expression.of(name, *args)


@dataclass(frozen=True)
class Spelling:
    """How a language writes expressions.

    Attributes:
        number: Writes a constant.
        calls: What functions are called.
        condition: Writes a choice of (condition, value, otherwise).
        words: What ``and``, ``or`` and ``not`` are.
        infix: Whether ``and`` and ``or`` stand between their operands; else they are called with two.
    """

    number: Callable[[float], str]
    calls: Mapping[str, str]
    condition: Callable[[str, str, str], str]
    words: Mapping[str, str] = field(default_factory=lambda: {"and": "and", "or": "or", "not": "not "})
    infix: bool = True


_LEVEL = {"if": 0, "or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7}
_LEVEL |= dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4)


def spell(expression: Expression, spelling: Spelling) -> tuple[list[tuple[str, str]], str]:
    """Write an expression of ``x``: what to name first (name, expression), and the result.

    What is costly and stands in it twice is named: ``a``, ``b`` and so on.
    """
    counts: dict[Expression, int] = {}
    _count(expression, counts)
    repeated = [part for part, n in counts.items() if n > 1 and part.op in CALLS and part.op not in ("abs",)]
    repeated.sort(key=lambda part: part.size)
    names: dict[Expression, str] = {}
    first = []
    for name, part in zip("abcdefghijklmnop", repeated, strict=False):
        first.append((name, _write(part, spelling, names)[0]))
        names[part] = name
    return first, _write(expression, spelling, names)[0]


def _count(expression: Expression, counts: dict[Expression, int]) -> None:
    counts[expression] = counts.get(expression, 0) + 1
    if counts[expression] == 1:
        for arg in expression.args:
            _count(arg, counts)


def _write(e: Expression, spelling: Spelling, names: Mapping[Expression, str]) -> tuple[str, int]:
    """Return the text of an expression and how tightly it binds."""
    if e in names:
        return names[e], 9
    if e.op == "x":
        return "x", 9
    if e.op == "const":
        text = spelling.number(e.value)
        return text, 7 if text.startswith("-") else 9

    def inner(arg: Expression, level: int) -> str:
        text, binds = _write(arg, spelling, names)
        return text if binds >= level else f"({text})"

    if e.op in CALLS:
        return f"{spelling.calls[e.op]}({', '.join(inner(arg, 0) for arg in e.args)})", 9
    if e.op == "if":
        level = 1 if spelling.infix else 0
        return spelling.condition(*(inner(arg, level) for arg in e.args)), 0 if spelling.infix else 9
    level = _LEVEL[e.op]
    if e.op == "neg":
        return f"-{inner(e.args[0], 8)}", level
    if e.op == "not":
        word = spelling.words["not"]
        return (f"{word}{inner(e.args[0], level)}", level) if spelling.infix else (f"{word}({inner(e.args[0], 0)})", 9)
    if e.op in ("and", "or"):
        word = spelling.words[e.op]
        if spelling.infix:
            return f" {word} ".join(inner(arg, level + 1) for arg in e.args), level
        text = inner(e.args[0], 0)
        for arg in e.args[1:]:
            text = f"{word}({text}, {inner(arg, 0)})"
        return text, 9
    return f"{inner(e.args[0], level)} {e.op} {inner(e.args[1], level + 1)}", level
