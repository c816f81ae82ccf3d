// Acrobot, as `environments/games/acrobot.py` has it. State: θ1, θ2, θ1', θ2'.
export const size = [420, 420];
export const fps = 15;
export const hint = "Drag the lower link. Keys: ← → swing it.";
const DT = 0.2, MOMENT = 1.0, GRAVITY = 9.8, SPEED_1 = 4 * Math.PI, SPEED_2 = 9 * Math.PI;
const clip = (x, low, high) => Math.min(Math.max(x, low), high);

export function reset(random, { low = -0.1, high = 0.1 } = {}) {
  return [0, 1, 2, 3].map(() => Math.fround(low + (high - low) * random()));
}

function slopes(t1, t2, s1, s2, torque) {
  const d1 = 0.25 + (1.0 + 0.25 + 2 * 1.0 * 0.5 * Math.cos(t2)) + MOMENT + MOMENT;
  const d2 = 0.25 + 0.5 * Math.cos(t2) + MOMENT;
  const phi2 = 0.5 * GRAVITY * Math.cos(t1 + t2 - Math.PI / 2.0);
  const phi1 = -0.5 * (s2 * s2) * Math.sin(t2) - 2 * 0.5 * s2 * s1 * Math.sin(t2)
    + (0.5 + 1.0) * GRAVITY * Math.cos(t1 - Math.PI / 2) + phi2;
  const a2 = (torque + (d2 / d1) * phi1 - 0.5 * (s1 * s1) * Math.sin(t2) - phi2) / (0.25 + MOMENT - (d2 * d2) / d1);
  return [-(d2 * a2 + phi1) / d1, a2];
}

function wrapped(angle) {
  while (angle > Math.PI) angle -= 2 * Math.PI;
  while (angle < -Math.PI) angle += 2 * Math.PI;
  return angle;
}

export function step(state, action) {
  const torque = action - 1, half = DT / 2;
  let [a, b, c, d] = state;
  const [c1, d1] = slopes(a, b, c, d, torque);
  const [a2, b2] = [c + half * c1, d + half * d1];
  const [c2, d2] = slopes(a + half * c, b + half * d, a2, b2, torque);
  const [a3, b3] = [c + half * c2, d + half * d2];
  const [c3, d3] = slopes(a + half * a2, b + half * b2, a3, b3, torque);
  const [a4, b4] = [c + DT * c3, d + DT * d3];
  const [c4, d4] = slopes(a + DT * a3, b + DT * b3, a4, b4, torque);
  a = wrapped(a + (DT / 6.0) * (c + 2 * a2 + 2 * a3 + a4));
  b = wrapped(b + (DT / 6.0) * (d + 2 * b2 + 2 * b3 + b4));
  c = clip(c + (DT / 6.0) * (c1 + 2 * c2 + 2 * c3 + c4), -SPEED_1, SPEED_1);
  d = clip(d + (DT / 6.0) * (d1 + 2 * d2 + 2 * d3 + d4), -SPEED_2, SPEED_2);
  state.splice(0, 4, a, b, c, d);
  const over = -Math.cos(a) - Math.cos(b + a) > 1.0;
  return [over ? 0 : -1, over];
}

export function observe([a, b, c, d]) {
  return [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b), c, d].map(Math.fround);
}

const joints = ([a, b]) => {
  const elbow = [210 + 90 * Math.sin(a), 210 + 90 * Math.cos(a)];
  return [elbow, [elbow[0] + 90 * Math.sin(a + b), elbow[1] + 90 * Math.cos(a + b)]];
};

export function poke(state, x, y) {
  const [elbow] = joints(state), wanted = Math.atan2(x - elbow[0], y - elbow[1]);
  state[3] = clip(state[3] + 2.0 * clip(wrapped(wanted - state[0] - state[1]), -1, 1), -SPEED_2, SPEED_2);
}

export function key(state, name) {
  if (name === "ArrowLeft") state[3] = Math.max(-SPEED_2, state[3] - 4);
  if (name === "ArrowRight") state[3] = Math.min(SPEED_2, state[3] + 4);
}

export function draw(c, state, width, height, look) {
  const [elbow, hand] = joints(state);
  c.strokeStyle = look.disjoint;
  c.lineWidth = 2;
  c.setLineDash([6, 6]);
  c.beginPath();
  c.moveTo(0, 120);
  c.lineTo(width, 120);
  c.stroke();
  c.setLineDash([]);
  c.lineCap = "round";
  c.lineWidth = 16;
  for (const [from, to, colour] of [[[210, 210], elbow, look.positive], [elbow, hand, look.negative]]) {
    c.strokeStyle = colour;
    c.beginPath();
    c.moveTo(...from);
    c.lineTo(...to);
    c.stroke();
  }
  c.fillStyle = look.ink;
  for (const joint of [[210, 210], elbow]) {
    c.beginPath();
    c.arc(...joint, 5, 0, 7);
    c.fill();
  }
}
