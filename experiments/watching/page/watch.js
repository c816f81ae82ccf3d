"use strict";
// The page: it receives messages (JSON, and binary frames), draws them, and sends what the user clicks.
(() => {
  const $ = (id) => document.getElementById(id);
  const MOST_RATIO = 0.9, SPECIES = 8;
  const held = new Set();
  const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", " ": "space" };

  let socket = null, tries = 0, connected = false;
  let run = null, status = null, generation = null, player = null, history = null;
  let frame = null, picture = null, lights = null, trail = [], theme = {};
  let hits = new Float32Array(0), drawn = 0;
  const dirty = { arena: true, network: true, charts: true };

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const names = ["background", "ink", "muted", "grid", "positive", "negative", "disabled", "input", "output", "hidden", "disjoint", "excess", "field"];
    theme = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    theme.species = Array.from({ length: SPECIES }, (_, i) => style.getPropertyValue(`--s${i}`).trim());
    dirty.arena = dirty.network = dirty.charts = true;
  }
  const speciesColour = (id) => theme.species[((id % SPECIES) + SPECIES) % SPECIES];

  // ── messages from and to the server ──

  function connect() {
    const address = new URL("live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { tries = 0; connected = true; showState(); };
    socket.onmessage = (event) => (typeof event.data === "string" ? told(JSON.parse(event.data)) : framed(event.data));
    socket.onclose = () => {
      connected = false;
      showState();
      setTimeout(connect, Math.min(4000, 300 * 2 ** tries++));
    };
  }
  const ask = (order) => { if (connected) socket.send(JSON.stringify(order)); };

  function told(message) {
    if (message.type === "run") { run = message; showRun(); }
    else if (message.type === "status") { status = message; showStatus(); }
    else if (message.type === "history") { history = message.points; dirty.charts = true; }
    else if (message.type === "generation") {
      generation = message;
      frame = picture = null;
      trail = [];
      hits = new Float32Array(2 * message.genomes.length).fill(NaN);
      dirty.arena = dirty.charts = true;
      showGeneration();
    } else if (message.type === "network") {
      player = message;
      lights = new charts.Lights(message.drawing);
      trail = [];
      dirty.network = dirty.arena = true;
      showPlayer();
    }
  }

  function framed(buffer) {
    const view = new DataView(buffer);
    const now = {
      kind: view.getUint8(0), person: (view.getUint8(1) & 1) > 0, waits: (view.getUint8(1) & 2) > 0, nodes: view.getUint16(2, true), count: view.getUint32(4, true),
      step: view.getUint32(8, true), picked: view.getInt32(12, true), total: view.getFloat32(16, true),
    };
    let at = 20;
    now.values = new Float32Array(buffer, at, now.nodes);
    at += 4 * now.nodes;
    now.yours = view.getFloat32(at, true);
    at += 4;
    if (!generation || now.count !== generation.genomes.length) return;
    const everybody = now.count + (now.person ? 1 : 0);
    if (now.kind === 1) {
      const columns = generation.scene.columns;
      now.rows = new Float32Array(buffer, at, everybody * columns);
      now.alive = new Uint8Array(buffer, at + 4 * everybody * columns, everybody);
    } else {
      now.alive = new Uint8Array(buffer, at, everybody);
      const image = new Blob([new Uint8Array(buffer, at + Math.ceil(everybody / 4) * 4)], { type: "image/jpeg" });
      if (image.size) createImageBitmap(image).then((made) => { picture = made; dirty.arena = true; }, () => {});
    }
    if (frame && now.step < frame.step) trail = [];
    frame = now;
    if (now.rows && generation.scene.kind === "maze" && now.picked >= 0) {
      trail.push([now.rows[now.picked * 3], now.rows[now.picked * 3 + 1]]);
    }
    dirty.arena = dirty.network = true;
    showFrame();
  }

  // ── texts and numbers ──

  const put = (id, text) => { const node = $(id); if (node.textContent !== text) node.textContent = text; };

  function showRun() {
    put("task", run.task);
    document.title = `${run.task} · neat-arena`;
    dirty.charts = true;
  }

  function showState() {
    const words = { waiting: "starting", finished: "finished", solved: "solved", stopped: "stopped", extinct: "extinct", running: "running" };
    const state = connected ? (status ? status.state : "connecting") : "lost";
    const node = $("state");
    put("state", connected ? words[state] || state : "connection lost, trying again");
    node.className = `badge ${state}`;
  }

  function showStatus() {
    showState();
    if (!run) put("task", status.name);
    const latest = status.latest;
    put("n-generation", latest === null || latest === undefined ? "–" : `${latest}`);
    put("n-best", short(status.best));
    put("n-mean", short(status.mean));
    put("n-species", status.species ? String(status.species) : "–");
    put("n-evaluations", status.evaluations ? status.evaluations.toLocaleString("en") : "–");
    $("verified").hidden = status.verified === null || status.verified === undefined;
    put("n-verified", short(status.verified));
    $("problem").hidden = !status.problem;
    put("problem", status.problem || "");
    if (status.state === "waiting") return;
    $("pause").setAttribute("aria-pressed", String(status.paused));
    put("pause", status.paused ? "Continue" : "Pause");
    put("speed", `${status.speed >= 1 ? status.speed : "1/" + 1 / status.speed}×`);
    $("follow").setAttribute("aria-pressed", String(status.follow));
    $("follow").hidden = status.state !== "running";
    $("person").setAttribute("aria-pressed", String(status.person));
    put("person", status.person ? "Stop playing" : "Play along");
    $("pad").hidden = !status.person;
    if (!status.person) held.clear();
    const there = status.generations, slider = $("generation");
    $("slider").hidden = there.length < 2;
    slider.max = String(Math.max(0, there.length - 1));
    if (document.activeElement !== slider || !slider.matches(":active")) placeSlider();
  }

  function placeSlider() {
    if (!status || !generation || !status.generations) return;
    const at = status.generations.indexOf(generation.generation);
    if (at >= 0) $("generation").value = String(at);
    put("chosen", String(generation.generation));
  }

  function showGeneration() {
    placeSlider();
    $("person").hidden = !generation.keys;
    for (const id of ["pause", "pace"]) $(id).hidden = generation.scene.kind === "points";
    put("keys", generation.keys);
    put("where", `Generation ${generation.generation}`);
    put("alive", generation.scene.kind === "points" ? `${generation.population} genomes` : "");
    put("you", "");
    size();
  }

  function showFrame() {
    let living = 0;
    for (let i = 0; i < frame.count; i++) living += frame.alive[i];
    const all = generation.population, some = frame.count < all ? ` of ${all.toLocaleString("en")}` : "";
    put("alive", `${living.toLocaleString("en")} of ${frame.count.toLocaleString("en")} players alive${some ? ` (the best ${frame.count}${some})` : ""} · step ${frame.step.toLocaleString("en")}`);
    put("you", !frame.person ? "" : frame.waits ? "press a key to begin" : `you: ${short(frame.yours)}${frame.alive[frame.count] ? "" : " (over)"}`);
    put("p-total", short(frame.total));
  }

  function showPlayer() {
    put("who", player.best ? `The best of generation ${player.generation}` : `Genome ${player.genome} of generation ${player.generation}`);
    $("best").hidden = player.best;
    put("p-fitness", player.fitness === null ? "not evaluated yet" : short(player.fitness));
    put("p-species", String(player.species));
    $("p-species").style.color = speciesColour(player.species);
    put("p-hidden", String(player.hidden));
    put("p-connections", String(player.connections));
    if (!frame) put("p-total", "–");
    $("lit").hidden = !player.lit;
    $("note").hidden = !player.drawing.note;
    put("note", player.drawing.note);
    const list = $("ancestry");
    list.replaceChildren(...(player.ancestry.length ? player.ancestry.map(step) : [item("none", "no lineage was stored")]));
  }

  function item(kind, text) {
    const made = document.createElement("li");
    made.className = kind;
    made.textContent = text;
    return made;
  }

  function step(ancestor) {
    const made = document.createElement("li");
    const part = (kind, text) => {
      const span = document.createElement("span");
      span.className = kind;
      span.textContent = text;
      made.append(span);
    };
    part("when", ancestor.since < ancestor.generation ? `${ancestor.since}–${ancestor.generation}` : String(ancestor.generation));
    const genes = [ancestor.nodes ? `+${ancestor.nodes} node${ancestor.nodes > 1 ? "s" : ""}` : "", ancestor.connections ? `+${ancestor.connections} connection${ancestor.connections > 1 ? "s" : ""}` : ""].filter(Boolean);
    part("made", ancestor.made + (genes.length ? ` (${genes.join(", ")})` : ""));
    const gain = ancestor.gain;
    if (gain === null || Math.abs(gain) < 1e-9 || ancestor.copies) part("gain same", short(ancestor.fitness));
    else {
      const change = short(Math.abs(gain));
      part(`gain ${gain > 0 ? "up" : "down"}`, `${short(ancestor.fitness)} (${gain > 0 ? "+" : "−"}${change === "0" ? "<0.001" : change})`);
    }
    return made;
  }

  // ── pictures ──

  function fit(canvas, height) {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth;
    if (height) canvas.style.height = `${Math.round(height)}px`;
    const tall = canvas.clientHeight;
    const wide = Math.round(width * ratio), high = Math.round(tall * ratio);
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, tall);
    return [ctx, width, tall];
  }

  function size() { dirty.arena = dirty.network = dirty.charts = true; }

  function arenaHeight(width) {
    if (!generation) return 0.4 * width;
    const scene = scenes[generation.scene.kind];
    let ratio = 0.5;
    if (scene) ratio = scene.ratioOf ? scene.ratioOf(generation.scene.world) : scene.ratio;
    else if (picture) ratio = picture.height / picture.width;
    return Math.min(Math.max(200, width * Math.min(ratio, MOST_RATIO)), Math.max(240, 0.68 * window.innerHeight));
  }

  function drawArena() {
    const canvas = $("arena");
    const [ctx, width, height] = fit(canvas, arenaHeight(canvas.clientWidth));
    if (!generation) return;
    const kind = generation.scene.kind, scene = scenes[kind];
    const colour = (i) => speciesColour(generation.species[i]);
    if (kind === "picture") {
      if (picture) drawPicture(ctx, width, height, colour);
      return;
    }
    if (!scene || (kind !== "points" && !frame)) return;
    const picked = frame ? frame.picked : player ? player.player : -1;
    scene.draw({
      ctx, width, height, theme, colour, hits, trail, generation, picked,
      world: generation.scene.world, rows: frame && frame.rows, columns: generation.scene.columns,
      count: frame ? frame.count : 0, alive: frame && frame.alive, person: frame && frame.person,
    });
    drawn++;
  }

  function drawPicture(ctx, width, height, colour) {
    const scale = Math.min(width / picture.width, height / picture.height);
    const wide = picture.width * scale, high = picture.height * scale, left = (width - wide) / 2, top = (height - high) / 2;
    ctx.drawImage(picture, left, top, wide, high);
    drawn++;
    const tiles = generation.scene.tiles;
    hits.fill(NaN);
    if (!tiles) return;
    const [columns, rows] = tiles, tileWide = wide / columns, tileHigh = high / rows;
    for (let i = 0; i < generation.genomes.length; i++) {
      const x = left + (i % columns) * tileWide, y = top + Math.floor(i / columns) * tileHigh;
      hits[2 * i] = x + tileWide / 2;
      hits[2 * i + 1] = y + tileHigh / 2;
      ctx.fillStyle = colour(i);
      ctx.fillRect(x + 4, y + 4, 12, 12);
      ctx.strokeStyle = theme.background;
      ctx.lineWidth = 2;
      ctx.strokeRect(x, y, tileWide, tileHigh);
      if (frame && i === frame.picked) {
        ctx.strokeStyle = theme.positive;
        ctx.lineWidth = 3;
        ctx.strokeRect(x + 2, y + 2, tileWide - 4, tileHigh - 4);
      }
    }
  }

  // If the positions of the players in the picture are unknown: a square for each player, the best first.
  const chips = () => {
    const wide = Math.max(1, $("roster").clientWidth), count = generation.genomes.length, size = count > 150 ? 10 : 16;
    return { size, columns: Math.max(1, Math.floor(wide / size)) };
  };

  function drawRoster() {
    const canvas = $("roster");
    canvas.hidden = !generation || generation.scene.kind !== "picture" || Boolean(generation.scene.tiles) || !frame;
    if (canvas.hidden) return;
    const { size: side, columns } = chips();
    const [ctx] = fit(canvas, Math.ceil(generation.genomes.length / columns) * side + 2);
    generation.genomes.forEach((_, i) => {
      const x = (i % columns) * side + 1, y = Math.floor(i / columns) * side + 1;
      ctx.globalAlpha = frame.alive[i] ? 1 : 0.22;
      ctx.fillStyle = speciesColour(generation.species[i]);
      ctx.fillRect(x, y, side - 3, side - 3);
      ctx.globalAlpha = 1;
      if (i !== frame.picked) return;
      ctx.strokeStyle = theme.ink;
      ctx.lineWidth = 2;
      ctx.strokeRect(x, y, side - 3, side - 3);
    });
  }

  function drawNetwork() {
    const canvas = $("network");
    const drawing = player && player.drawing;
    const [ctx, width] = fit(canvas, canvas.clientWidth * (drawing ? drawing.size[1] / drawing.size[0] : 0.6));
    if (drawing) {
      const mine = frame && frame.picked === player.player;
      charts.network(ctx, width, drawing, lights, player.lit && mine ? frame.values : null, generation && generation.scene.choice, theme);
    }
  }

  function drawCharts() {
    for (const name of ["fitness", "river"]) {
      const [ctx, width, height] = fit($(name));
      if (!history || !history.length) continue;
      const seen = generation ? generation.generation : null;
      if (name === "fitness") charts.fitness(ctx, width, height, history, run ? run.goal : null, theme, seen);
      else charts.river(ctx, width, height, history, speciesColour, theme, seen);
    }
  }

  function paint() {
    if (dirty.arena) { dirty.arena = false; drawArena(); drawRoster(); }
    if (dirty.network) { dirty.network = false; drawNetwork(); }
    if (dirty.charts) { dirty.charts = false; drawCharts(); }
    requestAnimationFrame(paint);
  }

  // ── input of the user ──

  function pick(event) {
    const box = $("arena").getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    const tiles = generation && generation.scene.tiles;
    let nearest = -1, least = tiles ? Infinity : 40;
    for (let i = 0; i < hits.length / 2; i++) {
      const distance = Math.hypot(hits[2 * i] - x, hits[2 * i + 1] - y);
      if (distance < least) { least = distance; nearest = i; }
    }
    if (nearest >= 0) ask({ do: "pick", player: nearest });
  }

  function hold(key, on) {
    if (!status || !status.person || on === held.has(key)) return;
    if (on) held.add(key); else held.delete(key);
    ask({ do: "keys", held: [...held] });
  }

  $("arena").addEventListener("click", pick);
  $("roster").addEventListener("click", (event) => {
    const box = $("roster").getBoundingClientRect(), { size: side, columns } = chips();
    const player_ = Math.floor((event.clientY - box.top) / side) * columns + Math.floor((event.clientX - box.left) / side);
    if (player_ < generation.genomes.length) ask({ do: "pick", player: player_ });
  });
  $("pause").onclick = () => ask({ do: "pause", on: !(status && status.paused) });
  $("slower").onclick = () => ask({ do: "slower" });
  $("faster").onclick = () => ask({ do: "faster" });
  $("next").onclick = () => ask({ do: "next" });
  $("best").onclick = () => ask({ do: "best" });
  $("follow").onclick = () => ask({ do: "follow", on: !(status && status.follow) });
  $("person").onclick = () => { ask({ do: "person", on: !(status && status.person) }); $("person").blur(); };
  $("generation").oninput = () => {
    const wanted = status.generations[Number($("generation").value)];
    put("chosen", String(wanted));
    ask({ do: "generation", number: wanted });
  };
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("pointerdown", (event) => { event.preventDefault(); hold(button.dataset.key, true); });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) button.addEventListener(name, () => hold(button.dataset.key, false));
  }
  addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || !status || !status.person) return;
    event.preventDefault();
    hold(KEYS[event.key], true);
  });
  addEventListener("keyup", (event) => { if (event.key in KEYS) hold(KEYS[event.key], false); });
  addEventListener("blur", () => [...held].forEach((key) => hold(key, false)));
  addEventListener("resize", size);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colours);

  // For tests and debugging: what the page shows now.
  window.watching = { get frame() { return frame; }, get generation() { return generation; }, get player() { return player; }, get status() { return status; }, get hits() { return hits; }, get drawn() { return drawn; }, get connected() { return connected; } };
  colours();
  connect();
  requestAnimationFrame(paint);
})();
