// A shared champion: its network runs in the page, and plays if its game exists in JavaScript.
"use strict";
const find = (selector) => document.querySelector(selector);
const policy = network.Policy ? new network.Policy() : network;
const nodes = [...document.querySelectorAll("[data-node]")].map((node) => [node, Number(node.dataset.node)]);
const edges = [...document.querySelectorAll("[data-from]")].map((edge) => [edge, Number(edge.dataset.from)]);
const hold = (x, low, high) => Math.min(Math.max(x, low), high);

let chosen; // index of the output whose action was chosen

function light() {
  const values = network.lit;
  for (const [node, place] of nodes) {
    node.classList.toggle("chosen", place === chosen);
    const value = Math.tanh(values[place] || 0);
    node.style.setProperty("--much", `${Math.round(90 * Math.abs(value))}%`);
    node.style.setProperty("--lit", value < 0 ? "var(--negative)" : "var(--positive)");
  }
  for (const [edge, place] of edges) edge.style.opacity = 0.25 + 0.75 * Math.abs(Math.tanh(values[place] || 0));
}

function looks() {
  const style = getComputedStyle(document.documentElement), look = {};
  for (const name of ["background", "ink", "muted", "grid", "positive", "negative", "disjoint", "excess"]) {
    look[name] = style.getPropertyValue(`--${name}`).trim();
  }
  return look;
}

function live() {
  const canvas = find("canvas"), context = canvas.getContext("2d"), told = find(".told");
  const [width, height] = game.size || [600, 400], settings = about.settings, fps = game.fps || 30;
  let look = looks(), state, seen, steps = 0, total = 0, episode = 0, paused = false, over = 0, owed = 0, last = 0;
  let pointer = null, speed = 1, failed = false;

  function scale() {
    const ratio = window.devicePixelRatio || 1, shown = canvas.clientWidth || width;
    canvas.width = Math.round(shown * ratio);
    canvas.height = Math.round((shown * ratio * height) / width);
    paint();
  }

  function paint() {
    if (!state) return;
    context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    context.clearRect(0, 0, width, height);
    context.save();
    game.draw(context, state, width, height, look, settings);
    context.restore();
  }

  function say() {
    const number = Math.abs(total) >= 100 ? total.toFixed(0) : total.toFixed(2);
    told.textContent = `Episode ${episode}, step ${steps}: return ${number.replace("-", "−")}${over ? " · over" : ""}`;
  }

  function restart() {
    state = game.reset(Math.random, settings);
    if (policy.reset) policy.reset();
    seen = game.observe(state, settings);
    policy.outputs(seen);
    if (policy.reset) policy.reset();
    steps = total = over = 0;
    chosen = undefined;
    episode += 1;
    light();
    paint();
    say();
  }

  function step() {
    if (pointer && game.poke) game.poke(state, pointer[0], pointer[1], width, height, settings);
    const action = policy.act(game.observe(state, settings));
    chosen = about.choices[action];
    const [reward, done] = game.step(state, action, settings);
    total += reward;
    steps += 1;
    if (done || (about.maxSteps && steps >= about.maxSteps)) over = 1;
  }

  function frame(now) {
    if (failed) return;
    try {
      const passed = Math.min((now - last) / 1000, 0.25);
      last = now;
      if (over) {
        over += paused ? 0 : passed;
        if (over > 2.2) restart();
      } else if (!paused) {
        owed = Math.min(owed + passed * fps * speed, 40);
        const due = Math.floor(owed);
        owed -= due;
        for (let i = 0; i < due && !over; i++) step();
        if (due) show();
      } else if (pointer && game.poke) {
        game.poke(state, pointer[0], pointer[1], width, height, settings);
        paint();
      }
    } catch (error) {
      failed = true;
      told.textContent = `The game failed: ${error.message}`;
      console.error(error);
    }
    requestAnimationFrame(frame);
  }

  function show() {
    light();
    paint();
    say();
  }

  function pause(wanted) {
    paused = wanted;
    find(".pause").textContent = paused ? "Play" : "Pause";
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
  };
  if (game.poke) {
    canvas.classList.add("poked");
    canvas.addEventListener("pointerdown", (event) => {
      pointer = place(event);
      canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => pointer && (pointer = place(event)));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (pointer = null));
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, button") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") pause(!paused);
    else if (event.key === "r") restart();
    else if (game.key && event.key.startsWith("Arrow")) game.key(state, event.key);
    else return;
    event.preventDefault();
    paint();
  });
  find(".pause").addEventListener("click", () => pause(!paused));
  find(".restart").addEventListener("click", restart);
  find(".one").addEventListener("click", () => {
    pause(true);
    if (over) return restart();
    step();
    show();
  });
  find(".speed").addEventListener("input", (event) => {
    speed = 2 ** Number(event.target.value);
    find(".rate").textContent = speed < 1 ? `1/${1 / speed}×` : `${speed}×`;
  });
  find(".hint").textContent = [game.hint, "Space pauses, R restarts."].filter(Boolean).join(" ");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    look = looks();
    paint();
  });
  new ResizeObserver(scale).observe(canvas);
  canvas.style.aspectRatio = `${width} / ${height}`;
  restart();
  scale();
  requestAnimationFrame((now) => {
    last = now;
    frame(now);
  });
}

function sliders() {
  const rows = [...document.querySelectorAll(".inputs input")];
  if (!rows.length) return light();
  const answer = () => {
    const outputs = policy.outputs(rows.map((row) => Number(row.value)));
    rows.forEach((row) => (row.nextElementSibling.textContent = Number(row.value).toFixed(2).replace("-", "−")));
    document.querySelectorAll(".outputs dd").forEach((cell, i) => {
      cell.textContent = outputs[i].toFixed(3).replace("-", "−");
    });
    light();
  };
  rows.forEach((row) => row.addEventListener("input", answer));
  if (policy.reset) setInterval(answer, 100);
  answer();
}

if (game) live();
else sliders();
