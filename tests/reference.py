"""Slow, plain-Python references: what networks, distances and valid genomes are, said as directly as possible.

Written from the definitions, with `math` and dictionaries, so that compiled code has something independent to agree
with. Functions are written in their numerically careful form, so that networks can be compared to the last bit.
"""

from __future__ import annotations

import math

INPUT, BIAS, OUTPUT, HIDDEN = range(4)


# --------------------------------------------------------------------------------------------- activation, aggregation


def logistic(z):
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0.0 else math.exp(z) / (1.0 + math.exp(z))


def bounded(x):
    return max(-1e100, min(1e100, x))


# Powers are products: the last bit of x ** 2 is up to the C library.
ACTIVATION = {
    "sigmoid": lambda x, slope: logistic(slope * x),
    "tanh": lambda x, _: math.tanh(x),
    "relu": lambda x, _: x if x > 0.0 else 0.0,
    "identity": lambda x, _: x,
    "step": lambda x, _: 0.0 if x < 0.0 else 1.0,
    "piecewise_linear": lambda x, _: 0.0 if x <= -1.0 else 1.0 if x >= 1.0 else 0.5 * x + 0.5,
    "gaussian": lambda x, _: math.exp(-(bounded(x) * bounded(x))),
    "sine": lambda x, _: math.sin(x),
    "abs": lambda x, _: abs(x),
    "softplus": lambda x, _: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "leaky_relu": lambda x, _: x if x > 0.0 else 0.01 * x,
    "elu": lambda x, _: x if x > 0.0 else math.expm1(x),
    "selu": lambda x, _: 1.0507009873554805 * (x if x > 0.0 else 1.6732632423543772 * math.expm1(x)),
    "gelu": lambda x, _: 0.5 * x * math.erfc(-x * math.sqrt(0.5)),
    "swish": lambda x, _: x * logistic(x),
    "softsign": lambda x, _: x / (1.0 + abs(x)),
    "cosine": lambda x, _: math.cos(x),
    "clamped": lambda x, _: -1.0 if x < -1.0 else 1.0 if x > 1.0 else x,
    "hat": lambda x, _: 1.0 - abs(x) if abs(x) < 1.0 else 0.0,
    "square": lambda x, _: bounded(x) * bounded(x),
    "cube": lambda x, _: bounded(x) * bounded(x) * bounded(x),
    "arctan": lambda x, _: math.atan(x),
    "bipolar_sigmoid": lambda x, slope: 2.0 * logistic(slope * x) - 1.0,
}


def add(values):
    total = 0.0
    for v in values:  # not sum(): newer Pythons compensate its rounding
        total += v
    return total


def median(values):
    ordered, n = sorted(values), len(values)
    return ordered[n // 2] if n % 2 else 0.5 * (ordered[n // 2 - 1] + ordered[n // 2])


AGGREGATION = {
    "sum": add,
    "mean": lambda values: add(values) / len(values),
    "product": math.prod,
    "max": max,
    "min": min,
    "median": median,
    "max_abs": lambda values: max(values, key=abs),
}


# --------------------------------------------------------------------------------------------------------- networks


class Plan:
    """A genome as dictionaries, and which of its nodes the inputs and the bias node reach."""

    def __init__(self, genome):
        from neat.functions.activations import activation_name
        from neat.functions.aggregations import AGGREGATIONS

        rows = [dict(zip(genome.nodes.dtype.names, row, strict=True)) for row in genome.nodes.tolist()]
        self.inputs = [r["innovation"] for r in rows if r["kind"] == INPUT]
        self.bias_node = [r["innovation"] for r in rows if r["kind"] == BIAS]
        self.outputs = [r["innovation"] for r in rows if r["kind"] == OUTPUT]
        self.computed = [r["innovation"] for r in rows if r["kind"] in (OUTPUT, HIDDEN)]
        self.node = {r["innovation"]: r for r in rows}
        for r in rows:
            r["activation"] = activation_name(r["activation"])
            r["aggregation"] = AGGREGATIONS[r["aggregation"]]
        genes = [dict(zip(genome.connections.dtype.names, row, strict=True)) for row in genome.connections.tolist()]
        self.sources = {number: [] for number in self.node}  # by target, in order of innovation number
        for gene in sorted(genes, key=lambda gene: gene["innovation"]):
            if gene["enabled"]:
                self.sources[gene["target"]].append((gene["source"], gene["weight"]))
        self.reached = self.closure([*self.inputs, *self.bias_node], forwards=True)
        self.useful = self.closure(self.outputs, forwards=False)

    def closure(self, start, *, forwards):
        found, todo = set(start), list(start)
        while todo:
            here = todo.pop()
            if forwards:
                beyond = [t for t, sources in self.sources.items() if here in [s for s, _ in sources]]
            else:
                beyond = [s for s, _ in self.sources[here]]
            for number in beyond:
                if number not in found:
                    found.add(number)
                    todo.append(number)
        return found

    def depth(self):
        """Longest path of enabled connections that matters for the outputs, or None where there is a cycle."""
        known = {}

        def longest(number, above):
            if number in above:
                raise RecursionError
            if number not in known:
                before = (
                    [longest(s, above | {number}) for s, _ in self.sources[number] if s in self.reached]
                    if number in self.computed
                    else []
                )
                known[number] = 1 + max(before) if before else 0
            return known[number]

        try:
            return max(longest(o, frozenset()) for o in self.outputs)
        except RecursionError:
            return None

    def sensors(self, x, bias_value):
        return dict(zip(self.inputs, x, strict=True)) | dict.fromkeys(self.bias_node, bias_value)

    def value(self, number, values, slope):
        """A node's output: activation(bias + response * aggregation(weight * source))."""
        node = self.node[number]
        weighted = [weight * values[source] for source, weight in self.sources[number]]
        gathered = AGGREGATION[node["aggregation"]](weighted) if weighted else 0.0
        value = ACTIVATION[node["activation"]](node["bias"] + node["response"] * gathered, slope)
        return 0.0 if math.isnan(value) else max(-1e30, min(1e30, value))


def feedforward(genome, x, slope=4.9, bias_value=1.0):
    """Each node once all its sources are known."""
    plan = Plan(genome)
    values = plan.sensors(x, bias_value)

    def of(number):
        if number not in values:
            if number not in plan.reached:
                values[number] = 0.0
            else:
                for source, _ in plan.sources[number]:
                    of(source)
                values[number] = plan.value(number, values, slope)
        return values[number]

    return [of(o) for o in plan.outputs]


def step(plan, values, active, slope):
    """One time step: every node with an active source takes a new value, all at the same moment."""
    now_active = active | {t for t in plan.computed if any(s in active for s, _ in plan.sources[t])}
    new = dict(values)
    for number in plan.computed:
        if number in now_active:
            new[number] = plan.value(number, values, slope)
    return new, now_active


def settling(genome, x, max_steps=20, slope=4.9, bias_value=1.0):
    """Time steps from the inputs outward until nothing changes, or the cap (an acyclic genome's depth at least)."""
    plan = Plan(genome)
    sensors = plan.sensors(x, bias_value)
    values = dict.fromkeys(plan.node, 0.0) | sensors
    active = set(sensors)
    for _ in range(max(max_steps, plan.depth() or 0)):
        before, was_active = values, active
        values, active = step(plan, values, active, slope)
        if values == before and active == was_active:
            break
    return [values[o] for o in plan.outputs]


class Recurrent:
    """Values kept between observations; ``passes`` time steps each."""

    def __init__(self, genome, passes=1, settle_first=False, max_steps=20, slope=4.9, bias_value=1.0):
        self.plan = Plan(genome)
        self.passes, self.settle_first, self.max_steps = passes, settle_first, max_steps
        self.slope, self.bias_value = slope, bias_value
        self.reset()

    def reset(self):
        self.values = dict.fromkeys(self.plan.node, 0.0)
        self.active = {*self.plan.inputs, *self.plan.bias_node}
        self.first = True

    def activate(self, x):
        self.values |= self.plan.sensors(x, self.bias_value)
        for _ in range(self.passes):
            self.step()
        if self.first and self.settle_first:
            wanted = {o for o in self.plan.outputs if o in self.plan.reached}
            for _ in range(self.max_steps - self.passes):
                if wanted <= self.active:
                    break
                self.step()
        self.first = False
        return [self.values[o] for o in self.plan.outputs]

    def step(self):
        self.values, self.active = step(self.plan, self.values, self.active, self.slope)


class Continuous(Recurrent):
    """τ dy/dt = activation(…) − y: each pass goes the part 1 − exp(−Δt / τ) of the way, all nodes at once."""

    def __init__(self, genome, passes=1, settle_first=False, max_steps=20, slope=4.9, bias_value=1.0, time_step=1.0):
        self.time_step = time_step
        super().__init__(genome, passes, settle_first, max_steps, slope, bias_value)

    def step(self):
        before = self.values
        super().step()
        for number in self.plan.computed:
            if number in self.active:
                part = -math.expm1(-self.time_step / self.plan.node[number]["time_constant"])
                self.values[number] = (1.0 - part) * before[number] + part * self.values[number]


def integrated(genome, inputs, time, steps, slope=4.9, bias_value=1.0):
    """Follow τ dy/dt = activation(…) − y by small steps of Heun's rule, each input held for ``time``; list outputs."""
    plan = Plan(genome)
    values, outputs = dict.fromkeys(plan.node, 0.0), []
    moving = [n for n in plan.computed if n in plan.reached]

    def slopes(at):
        return {n: (plan.value(n, at, slope) - at[n]) / plan.node[n]["time_constant"] for n in moving}

    for x in inputs:
        values |= plan.sensors(x, bias_value)
        for _ in range(steps):
            first = slopes(values)
            ahead = slopes(values | {n: values[n] + time / steps * first[n] for n in moving})
            values |= {n: values[n] + time / steps * (first[n] + ahead[n]) / 2 for n in moving}
        outputs.append([values[o] for o in plan.outputs])
    return outputs


# --------------------------------------------------------------------------------------------------- genes, alignment


def genes_of(genome):
    """Connection genes as {innovation: (source, target, enabled, weight)}."""
    return {number: tuple(row) for number, *row in genome.connections.tolist()}


def nodes_of(genome):
    """Node genes as {innovation: (kind, activation, aggregation, bias, response)}."""
    return {number: tuple(row) for number, *row in genome.nodes.tolist()}


def align(a, b):
    """Innovation numbers of matching, disjoint and excess genes of two genomes (2002 paper, figure 4)."""
    ours, theirs = (set(g if isinstance(g, dict) else genes_of(g)) for g in (a, b))
    last = min(max(ours, default=-1), max(theirs, default=-1))
    excess = {n for n in ours ^ theirs if n > last}
    return ours & theirs, (ours ^ theirs) - excess, excess


def distance(a, b, c1=1.0, c2=1.0, c3=0.4, normalise=True, small_genome=20):
    """Compatibility distance, equation 1 of the 2002 paper, of two genomes or their `genes_of`."""
    ours, theirs = (g if isinstance(g, dict) else genes_of(g) for g in (a, b))
    matching, disjoint, excess = align(ours, theirs)
    larger = max(len(ours), len(theirs))
    n = larger if normalise and larger > 0 and larger >= small_genome else 1
    difference = add(abs(ours[i][3] - theirs[i][3]) for i in sorted(matching))
    mean = difference / len(matching) if matching else 0.0
    return c1 * len(excess) / n + c2 * len(disjoint) / n + c3 * mean


def has_cycle(genome):
    """Whether the connections, disabled ones included, form a cycle."""
    edges = {(s, t) for s, t, _, _ in genes_of(genome).values()}
    while edges:
        targets = {t for _, t in edges}
        left = {(s, t) for s, t in edges if s in targets}  # edges out of a node that nothing leads to are on no cycle
        if left == edges:
            return True
        edges = left
    return False


def faults(genome, *, acyclic=False):
    """Every rule of valid genomes that this one breaks, as a list of words (empty: it is valid)."""
    found = []
    nodes, genes = genome.nodes.tolist(), genome.connections.tolist()
    numbers = [n[0] for n in nodes]
    kinds = [n[1] for n in nodes]
    fixed = sum(k != HIDDEN for k in kinds)
    if kinds != sorted(kinds) or kinds.count(BIAS) > 1 or INPUT not in kinds or OUTPUT not in kinds:
        found.append("kinds")
    if numbers != sorted(set(numbers)) or numbers[:fixed] != list(range(fixed)):
        found.append("node numbers")
    values = [float(v) for name in genome.nodes.dtype.names[4:] for v in genome.nodes[name]]  # after the functions
    if not all(math.isfinite(v) for v in values):
        found.append("node values")
    innovations = [g[0] for g in genes]
    if innovations != sorted(set(innovations)) or any(i < 0 for i in innovations):
        found.append("connection numbers")
    kind_of = dict(zip(numbers, kinds, strict=True))
    if any(g[1] not in kind_of or g[2] not in kind_of for g in genes):
        found.append("dangling")
    elif any(kind_of[g[2]] in (INPUT, BIAS) for g in genes):
        found.append("into a sensor")
    elif acyclic and has_cycle(genome):
        found.append("cycle")
    if len({(g[1], g[2]) for g in genes}) < len(genes):
        found.append("pair twice")
    if any(g[3] not in (0, 1) or not math.isfinite(g[4]) for g in genes):
        found.append("connection values")
    named = {n for g in genes for n in g[1:3]}
    if any(k == HIDDEN and n not in named for n, k in kind_of.items()):
        found.append("idle node")
    return found


# --------------------------------------------------------------------------------------------------- random numbers

_64 = 2**64 - 1


def mix(z):
    """SplitMix64's output function (Steele, Lea & Flood 2014, figure 16; Stafford's variant 13)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _64
    return z ^ (z >> 31)


class SplitMix:
    """SplitMix64 from a given state and odd step."""

    def __init__(self, state, step):
        self.state, self.step = state, step

    def next(self):
        self.state = (self.state + self.step) & _64
        return mix(self.state)

    def uniform(self):
        return (self.next() >> 11) / 2**53

    def below(self, n):
        return ((self.next() >> 32) * n) >> 32
