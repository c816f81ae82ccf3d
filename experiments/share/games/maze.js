// The deceptive mazes, as `environments/games/maze.py` has them; settings bring walls, start and goal.
// State: x, y, heading, speed, angular velocity, steps, distance to the goal; then the path, for the picture.
export const size = [480, 360];
export const fps = 50;
export const hint = "Drag the robot; it stays out of walls. Keys: ← → turn it.";
const RADIUS = 8, RANGE = 100, FASTEST = 3, REACHED = 5, BEST = 300, DEGREE = Math.PI / 180, RIGHT = Math.sqrt(0.5);
const clip = (x) => Math.min(Math.max(x, -FASTEST), FASTEST);
let scene = { walls: [], goal: [0, 0] };

export function reset(random, settings) {
  scene = settings;
  return [...settings.start, 0, 0, 0, 0, 0];
}

function collides(walls, x, y) {
  for (const [x1, y1, x2, y2] of walls) {
    const ax = x1 - x, ay = y1 - y, bx = x2 - x - ax, by = y2 - y - ay;
    const along = -(ax * bx + ay * by), length = bx * bx + by * by, cross = ax * by - ay * bx;
    let square = (cross * cross) / length;
    if (along <= 0) square = ax * ax + ay * ay;
    else if (along >= length) square = (ax + bx) * (ax + bx) + (ay + by) * (ay + by);
    if (square < RADIUS * RADIUS) return true;
  }
  return false;
}

export function step(state, action, { walls, goal }) {
  state[4] = clip(state[4] + action[0] - 0.5);
  state[3] = clip(state[3] + action[1] - 0.5);
  const x = state[0] + Math.cos(state[2] * DEGREE) * state[3], y = state[1] + Math.sin(state[2] * DEGREE) * state[3];
  let heading = state[2] + state[4];
  if (heading > 360) heading -= 360;
  if (heading < 0) heading += 360;
  state[2] = heading;
  if (!collides(walls, x, y)) [state[0], state[1]] = [x, y];
  const before = state[5] > 0 ? state[6] : BEST, dx = goal[0] - state[0], dy = goal[1] - state[1];
  state[6] = Math.sqrt(dx * dx + dy * dy);
  state[5] += 1;
  state.push(state[0], state[1]);
  return [before - state[6], state[6] < REACHED];
}

export function observe(state, { walls, goal, radar_quirk = 0 }) {
  const c = Math.cos(state[2] * DEGREE), s = Math.sin(state[2] * DEGREE), [x, y] = state, seen = new Array(6).fill(1);
  const note = (before, behind, at) => {
    const finder = at > 0 ? before : behind;
    seen[finder] = Math.min(seen[finder], Math.abs(at) / RANGE);
  };
  for (const [x1, y1, x2, y2] of walls) {
    const ax = c * (x1 - x) + s * (y1 - y), ay = c * (y1 - y) - s * (x1 - x);
    const bx = c * (x2 - x) + s * (y2 - y), by = c * (y2 - y) - s * (x2 - x);
    if (ay > 0 !== by > 0) note(2, 5, ax + ((bx - ax) * ay) / (ay - by));
    if (ax > 0 !== bx > 0) note(4, 0, ay + ((by - ay) * ax) / (ax - bx));
    for (const [p, q, finder] of [[ax - ay, bx - by, 3], [ax + ay, bx + by, 1]]) {
      if (p > 0 === q > 0) continue;
      const at = ax + ((bx - ax) * p) / (p - q);
      if (at > 0) note(finder, finder, at / RIGHT);
    }
  }
  const dx = goal[0] - x, dy = goal[1] - y, ahead = c * dx + s * dy, aside = c * dy - s * dx;
  let pie = 3;
  if (aside >= -ahead && aside < ahead) pie = 0;
  else if (aside >= ahead && aside > -ahead) pie = 1;
  else if (ahead < 0 && aside <= -ahead && aside > ahead) pie = 2;
  const slices = [0, 0, 0, 0];
  if (radar_quirk > 0) {
    seen[5] = pie === 0 ? 1 : 0;
    if (pie > 0) slices[pie - 1] = 1;
  } else slices[pie] = 1;
  return [...seen, ...slices];
}

function frame(width, height) {
  const xs = scene.walls.flatMap((w) => [w[0], w[2]]), ys = scene.walls.flatMap((w) => [w[1], w[3]]);
  const [left, top] = [Math.min(...xs) - 8, Math.min(...ys) - 8];
  const unit = Math.min(width / (Math.max(...xs) + 8 - left), height / (Math.max(...ys) + 8 - top));
  return { left, top, unit };
}

export function poke(state, x, y, width, height) {
  const { left, top, unit } = frame(width, height), dx = x / unit + left - state[0], dy = y / unit + top - state[1];
  const far = Math.hypot(dx, dy), share = Math.min(1, 4 / Math.max(far, 1e-9));
  const there = [state[0] + share * dx, state[1] + share * dy];
  if (!collides(scene.walls, ...there)) [state[0], state[1]] = there;
}

export function key(state, name) {
  if (name === "ArrowLeft") state[2] = (state[2] + 340) % 360;
  if (name === "ArrowRight") state[2] = (state[2] + 20) % 360;
}

export function draw(c, state, width, height, look, { walls, goal }) {
  const { left, top, unit } = frame(width, height), place = (x, y) => [(x - left) * unit, (y - top) * unit];
  c.lineCap = "round";
  c.strokeStyle = look.ink;
  c.lineWidth = 3;
  c.beginPath();
  for (const [x1, y1, x2, y2] of walls) {
    c.moveTo(...place(x1, y1));
    c.lineTo(...place(x2, y2));
  }
  c.stroke();
  c.strokeStyle = look.disjoint;
  for (const radius of [REACHED, 1.5]) {
    c.beginPath();
    c.arc(...place(...goal), radius * unit, 0, 7);
    c.stroke();
  }
  c.strokeStyle = look.excess;
  c.lineWidth = 2;
  c.beginPath();
  for (let i = 7; i < state.length; i += 2) c.lineTo(...place(state[i], state[i + 1]));
  c.stroke();
  c.fillStyle = look.negative;
  c.beginPath();
  c.arc(...place(state[0], state[1]), RADIUS * unit, 0, 7);
  c.fill();
  c.strokeStyle = look.background;
  c.lineWidth = 3;
  c.beginPath();
  c.moveTo(...place(state[0], state[1]));
  const angle = state[2] * DEGREE;
  c.lineTo(...place(state[0] + RADIUS * Math.cos(angle), state[1] + RADIUS * Math.sin(angle)));
  c.stroke();
}
