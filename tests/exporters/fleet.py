"""Random policies in every language at once: many of them in one program, compared with the networks they are.

The tests do this with a few; the whole study is a command::

    python tests/exporters/fleet.py --genomes 200 --observations 1000
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from neat.config import NetworkConfig
from neat.exporters import EXPORTERS, Amounts, Choice, Options, PolicyPlan
from neat.exporters.checking import Recording, Reference
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of

sys.path.insert(0, str(Path(__file__).parents[1]))
from random_genomes import random_genome

KINDS = ("feedforward", "settling", "recurrent", "ctrnn")
INPUTS, OUTPUTS, EPISODES = 4, 3, 10


def policies(kind: str, count: int, seed: int = 0) -> list[PolicyPlan]:
    """Return random policies of a kind; every activation and aggregation occurs from 22 of them on."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    made = []
    for n in range(count):
        cyclic = kind != "feedforward" and n % 4 > 0
        genome = random_genome(rng, INPUTS, OUTPUTS, 4, 18, bias=n % 5 > 0, cyclic=cyclic, biases=True)
        first = INPUTS + (n % 5 > 0)
        nodes = genome.nodes
        nodes["activation"][first:] = rng.integers(0, 22, len(nodes) - first)
        nodes["activation"][first] = n % 22
        nodes["aggregation"][first:] = rng.integers(0, 7, len(nodes) - first)
        nodes["aggregation"][first] = n % 7
        nodes["response"][first:] = rng.normal(1.0, 0.3, len(nodes) - first)
        nodes["time_constant"][first:] = rng.uniform(0.5, 4.0, len(nodes) - first)
        genome.connections["weight"] *= 0.6  # or half of the networks with cycles are chaotic
        network = NetworkConfig(
            kind=kind, passes=1 + n % 3, settle_first=n % 2 > 0, max_steps=3 + n % 9, sigmoid_slope=(4.9, 1.0)[n % 2],
            bias_value=(1.0, 0.5)[n % 2],
        )  # fmt: skip
        scaling = np.array([[0.1] * INPUTS, [1.5] * INPUTS, [2.0, 2.0, 2.0, 2.0]]) if n % 3 == 0 else None
        actions = (
            (Choice(0, OUTPUTS),),
            (Choice(0, 2, -1), Amounts(2, np.array([[1.0, 1.5, 0.2, -1.0, math.inf]]))),
            (Amounts(0, np.array([[1.0, 2.5, 3.0, 0.0, 5.0], [0.0, 1.0, 0.0, -9.0, 9.0]]), "integer"), Choice(2, 1, 4)),
            (Amounts(0, np.array([[0.0, 0.5, 0.5, 0.0, 1.0]] * OUTPUTS), "binary"),),
            (Amounts(0, np.array([[0.0, 1.0, 0.0, -0.5, 0.5]] * OUTPUTS)),),
            (),
        )[n % 6]
        plan = decoder_of(network).plan(Genomes.of([genome]))
        made.append(PolicyPlan(network=plan, name=f"{kind}_{n}", scaling=scaling, actions=actions))
    return made


def recording(count: int) -> Recording:
    """Return observations in episodes."""
    rng = np.random.default_rng(1)
    begins = np.arange(count) % max(count // EPISODES, 1) == 0
    return Recording(rng.normal(0.0, 1.0, (count, INPUTS)), begins, "random")


def steady(policy: PolicyPlan, given: Recording, expected: np.ndarray) -> np.ndarray:
    """Return which answers do not hang on the last bits of what was seen: in a chaotic network most do."""
    rng = np.random.default_rng(2)
    noise = 1.0 + 1e-14 * rng.choice([-1.0, 1.0], given.observations.shape)
    moved = Reference(policy).play(given.observations * noise, given.begins)[0]
    fine = (np.abs(moved - expected) <= 1e-10 * np.maximum(1.0, np.abs(expected))).all(axis=1)
    for i in range(1, len(fine)):
        fine[i] &= given.begins[i] or fine[i - 1]
    return fine


# ------------------------------------------------------------------------------------------- many in one program

_PYTHON = """
import importlib, json, sys
import numpy as np
sys.path.insert(0, ".")
names, acts = json.load(open("names.json"))
x, begins = np.load("x.npy"), np.load("begins.npy")
for name, has in zip(names, acts):
    module = importlib.import_module(name)
    one, two = (module.Policy(), module.Policy()) if hasattr(module, "Policy") else (module, module)
    rows = []
    for row, first in zip(x.tolist(), begins.tolist()):
        if first and hasattr(one, "reset"):
            one.reset()
            two.reset()
        y = list(one.outputs(row))
        if has:
            action = two.act(row)
            y += list(action) if hasattr(action, "__len__") else [action]
        rows.append(y)
    np.save(name + ".npy", np.array(rows, float))
"""

_NUMPY = """
import importlib, json, sys
import numpy as np
sys.path.insert(0, ".")
names, acts = json.load(open("names.json"))
x, begins = np.load("x.npy"), np.load("begins.npy")
episodes = x.reshape(begins.sum(), -1, x.shape[1])
n = len(episodes)
for name, has in zip(names, acts):
    module = importlib.import_module(name + "_numpy")
    one, two = (module.Policy(n), module.Policy(n)) if hasattr(module, "Policy") else (module, module)
    rows = []
    for t in range(episodes.shape[1]):
        y = one.outputs(episodes[:, t])
        if has:
            y = np.concatenate([y, np.asarray(two.act(episodes[:, t]), float).reshape(n, -1)], 1)
        rows.append(y)
    np.save(name + ".npy", np.stack(rows, 1).reshape(len(x), -1))
"""

_TORCH = """
import importlib, json, sys
import numpy as np, torch
sys.path.insert(0, ".")
torch.set_num_threads(1)
names, acts = json.load(open("names.json"))
x, begins = np.load("x.npy"), np.load("begins.npy")
episodes = torch.tensor(x.reshape(begins.sum(), -1, x.shape[1]))
with torch.no_grad():
    for name, has in zip(names, acts):
        policy = importlib.import_module(name + "_torch").Policy()
        stateful, state, after, rows = hasattr(policy, "initial_state"), None, None, []
        for t in range(episodes.shape[1]):
            args = (episodes[:, t],)
            y = policy(*args, *((state,) if stateful else ()))
            y, state = y if stateful else (y, None)
            if has:
                action = policy.act(*args, *((after,) if stateful else ()))
                action, after = action if stateful else (action, None)
                y = torch.cat([y, action.reshape(len(y), -1).to(y.dtype)], 1)
            rows.append(y)
        answers = torch.stack(rows, 1)
        np.save(name + ".npy", answers.reshape(len(x), -1).numpy())
"""

_JAVASCRIPT = """
import fs from "node:fs";
const [names, acts, x, begins] = JSON.parse(fs.readFileSync("all.json"));
for (const [k, name] of names.entries()) {
  const module = await import(`./${name}.mjs`);
  const made = () => (module.Policy ? new module.Policy() : module);
  const one = made(), two = made();
  const rows = [];
  for (const [i, row] of x.entries()) {
    if (begins[i] && one.reset) {
      one.reset();
      two.reset();
    }
    rows.push(acts[k] ? [...one.outputs(row), ...[two.act(row)].flat()] : one.outputs(row));
  }
  fs.writeFileSync(`${name}.json`, JSON.stringify(rows));
}
"""


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def _python(many: list[PolicyPlan], given: Recording, folder: Path, driver: str) -> list[np.ndarray]:
    (folder / "names.json").write_text(json.dumps([[p.name for p in many], [bool(p.actions) for p in many]]))
    np.save(folder / "x.npy", given.observations)
    np.save(folder / "begins.npy", given.begins)
    _run([sys.executable, "-c", driver], folder)
    return [np.load(folder / f"{p.name}.npy") for p in many]


def _javascript(many: list[PolicyPlan], given: Recording, folder: Path) -> list[np.ndarray]:
    names, acts = [p.name for p in many], [bool(p.actions) for p in many]
    data = [names, acts, given.observations.tolist(), given.begins.tolist()]
    (folder / "all.json").write_text(json.dumps(data))
    (folder / "all.mjs").write_text(_JAVASCRIPT)
    _run(["node", "all.mjs"], folder)
    return [np.array(json.loads((folder / f"{p.name}.json").read_text()), float) for p in many]


def _c(many: list[PolicyPlan], given: Recording, folder: Path, *flags: str) -> list[np.ndarray]:
    """Compile all in one program: each file's driver becomes a function."""
    from neat.exporters.c import _driver
    from neat.exporters.unfolded import unfold

    calls = []
    for p in many:
        driver = _driver(p, unfold(p.network)).replace("int main(void)", f"int play_{p.name}(FILE *in, FILE *out)")
        driver = driver.replace("stdin", "in").replace("stdout", "out")
        (folder / f"{p.name}_driver.c").write_text(driver)
        calls.append(f'    play_{p.name}(fopen("x", "rb"), fopen("{p.name}.bin", "wb"));')
    declared = "\n".join(f"int play_{p.name}(FILE *, FILE *);" for p in many)
    body = "\n".join(calls)
    text = f"#include <stdio.h>\n{declared}\nint main(void)\n{{\n{body}\n    return 0;\n}}\n"
    (folder / "all.c").write_text(text)
    rows = np.concatenate([given.begins[:, None].astype(float), given.observations], axis=1)
    (folder / "x").write_bytes(rows.tobytes())
    files = [f"{p.name}{part}.c" for p in many for part in ("", "_driver")]
    _run(["gcc", "-std=c99", "-O0", "-Wall", "-Wextra", "-Werror", *flags, "-o", "all", "all.c", *files, "-lm"], folder)
    _run(["./all"], folder)
    size = len(given.observations)
    return [np.frombuffer((folder / f"{p.name}.bin").read_bytes()).reshape(size, -1) for p in many]


def _onnx(many: list[PolicyPlan], given: Recording, folder: Path, options: Options) -> list[np.ndarray]:
    exporter = EXPORTERS["onnx"]()
    found = []
    for p in many:
        player = exporter.player(p, options, folder)
        found.append(np.concatenate(player.play(given.observations, given.begins), axis=1))
    return found


_NAMES = {"exp": math.exp, "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "erf": math.erf, "sqrt": math.sqrt}
_NAMES |= {"atan": math.atan, "arctan": math.atan, "sine": math.sin, "cosine": math.cos, "abs": abs, "log": math.log}
_NAMES |= {"sum": lambda *v: sum(v), "mean": lambda *v: sum(v) / len(v), "product": lambda *v: math.prod(v)}
_NAMES |= {"median": lambda *v: float(np.median(v)), "max_abs": lambda *v: max(v, key=abs)}
_NAMES |= {"max": lambda *v: max(v), "min": lambda *v: min(v), "clip": lambda v, a, b: min(max(v, a), b)}


def _formula(many: list[PolicyPlan], given: Recording, folder: Path) -> list[np.ndarray]:
    """Evaluate the text, as a reader would by hand."""
    return [_by_hand(p, (folder / f"{p.name}.txt").read_text(), given) for p in many]


def _by_hand(p: PolicyPlan, text: str, given: Recording) -> np.ndarray:
    names = dict(_NAMES)
    waves = {name: int(wave) for name, wave in re.findall(r"(\w+) from pass (\d+)", text)}
    passes = int((re.search(r"takes (?:at most )?(\d+) passes", text) or [0, "1"])[1])
    first_passes = int((re.search(r"first observation of an episode takes (\d+)", text) or [0, passes])[1])
    lines = [line for line in text.splitlines() if " = " in line]
    statements = []
    for line in lines:
        left, _, right = line.partition(" = ")
        if left.endswith("(x)"):
            names["_bounded"] = _bounded  # what a node computes stays within ±1e30, before its memory takes it in
            names[left[:-3]] = eval(f"lambda x: _bounded({right})", names)
        else:
            statements.append((left, compile(re.sub(r"(\w+)\[t-1\]", r"was['\1']", right), "line", "eval")))
    outputs = [f"output_{k}" for k in range(OUTPUTS)]
    at_once = "[t]" in text.replace("[t] is a node's", "")
    settles = "until nothing changes" in text
    was: dict[str, float] = {}
    answers, started = [], False
    for x, begins in zip(given.observations.tolist(), given.begins, strict=True):
        values = {f"input_{i}": v for i, v in enumerate(x)}
        if begins or settles:
            was, count, started = {left[:-3]: 0.0 for left, _ in statements if left.endswith("[t]")}, 0, False
        total = first_passes if not started else passes
        started = True
        for _ in range(total if at_once else 1):
            new = {}
            count += 1
            for left, code in statements:
                value = _bounded(eval(code, names, {**values, "was": was}))
                if left.endswith("[t]"):
                    new[left[:-3]] = value if count >= waves.get(left[:-3], 1) else 0.0
                else:
                    values[left] = value
            was = new or was
        answers.append([was.get(name, values.get(name, 0.0)) for name in outputs])
    return np.array(answers)


def _bounded(value: float) -> float:
    return max(-1e30, min(1e30, value))


# ------------------------------------------------------------------------------------------------------ comparison


def compare(target: str, many: list[PolicyPlan], given: Recording, precision: str = "double") -> dict[str, float]:
    """Return the greatest difference of a target from the networks, and the share of answers that was compared."""
    options = Options(precision=precision, recording=given)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for p in many:
            for name, content in EXPORTERS[target]().write(p, options).items():
                (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        if target in ("python", "numpy", "torch"):
            answers = _python(many, given, folder, {"python": _PYTHON, "numpy": _NUMPY, "torch": _TORCH}[target])
        elif target == "javascript":
            answers = _javascript(many, given, folder)
        elif target == "c":
            answers = _c(many, given, folder)
        elif target == "onnx":
            answers = _onnx(many, given, folder, options)
        else:
            answers = _formula(many, given, folder)
    worst, compared, where = 0.0, 0, ""
    for p, answer in zip(many, answers, strict=True):
        outputs, actions = Reference(p).play(given.observations, given.begins)
        fine = steady(p, given, outputs)
        expected = outputs if target == "formula" else np.concatenate([outputs, actions], axis=1)
        assert answer.shape == expected.shape, (target, p.name, answer.shape, expected.shape)
        got, expected = answer[fine], expected[fine]
        if target != "formula" and p.actions:  # at a tie, the last bit decides what is chosen
            close = _ties(p, outputs[fine])
            got, expected = got[~close], expected[~close]
        compared += len(got)
        if len(got):
            apart = np.abs(got - expected) / np.maximum(1.0, np.abs(expected))
            apart = np.where(np.isnan(apart), math.inf, apart)
            if apart.max() > worst:
                worst, where = float(apart.max()), p.name
    return {"worst": worst, "compared": compared / (len(many) * len(given.observations)), "where": where}


def _ties(p: PolicyPlan, outputs: np.ndarray) -> np.ndarray:
    """Return where an action hangs on the last bits of the outputs."""
    close = np.zeros(len(outputs), np.bool_)
    for part in p.actions:
        if isinstance(part, Choice):
            ordered = np.sort(outputs[:, part.begin : part.begin + part.count], axis=1)
            if part.count > 1:
                gap = ordered[:, -1] - ordered[:, -2]
                close |= (gap > 0.0) & (gap < 1e-9 * np.maximum(1.0, np.abs(ordered[:, -1])))
                close |= (gap == 0.0) & (ordered[:, -1] != np.rint(ordered[:, -1]))
        elif part.rounding in ("integer", "binary"):
            tanh, factor, offset, _, _ = part.table.T
            y = outputs[:, part.begin : part.begin + part.size]
            value = np.where(tanh != 0.0, np.tanh(y), y) * factor + offset
            close |= (np.abs(np.abs(value - np.floor(value)) - 0.5) < 1e-9).any(axis=1)
    return close


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genomes", type=int, default=200)
    parser.add_argument("--observations", type=int, default=1000)
    parser.add_argument("--targets", nargs="+", default=list(EXPORTERS))
    words = parser.parse_args()
    given = recording(words.observations)
    print("| target | " + " | ".join(KINDS) + " |\n|---|" + "---|" * len(KINDS))
    for target in words.targets:
        cells = []
        for kind in KINDS:
            found = compare(target, policies(kind, words.genomes), given)
            cells.append(f"{found['worst']:.1e} ({found['compared']:.1%})")
        print(f"| {target} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
