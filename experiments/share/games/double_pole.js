// Two poles on one cart, as `environments/games/double_pole.py` has them. State: x, x', θ1, θ1', θ2, θ2'.
export const size = [640, 300];
export const fps = 50;
export const hint = "Drag the cart. Keys: ← → push it, a little.";
const GRAVITY = -9.8, CART = 1.0, POLES = [[0.1, 0.5], [0.01, 0.05]], FRICTION = 2e-6, STEP = 0.01;
const TRACK = 2.4, ANGLE = 0.628329;
const SCALE = 118, GROUND = 240;

export function reset(random, { x = 0, x_velocity = 0, theta1 = 0.07, theta1_velocity = 0 } = {}) {
  return [x, x_velocity, theta1, theta1_velocity, 0, 0];
}

function pole(theta, omega, [mass, length]) {
  const sine = Math.sin(theta), cosine = Math.cos(theta);
  const pull = (FRICTION / (mass * length)) * omega + GRAVITY * sine;
  const force = mass * length * omega * omega * sine + 0.75 * mass * cosine * pull;
  return [force, mass * (1.0 - 0.75 * cosine * cosine), cosine, pull];
}

function accelerations([, v, p, w, q, u], force, friction) {
  const [f1, m1, c1, g1] = pole(p, w, POLES[0]), [f2, m2, c2, g2] = pole(q, u, POLES[1]);
  const a = (force - friction * Math.sign(v) + f1 + f2) / (CART + m1 + m2);
  return [v, a, w, (-0.75 / POLES[0][1]) * (a * c1 + g1), u, (-0.75 / POLES[1][1]) * (a * c2 + g2)];
}

function integrate(state, force, friction) {
  const moved = (slope, h) => state.map((value, i) => value + h * slope[i]);
  const k1 = accelerations(state, force, friction);
  const k2 = accelerations(moved(k1, 0.5 * STEP), force, friction);
  const k3 = accelerations(moved(k2, 0.5 * STEP), force, friction);
  const k4 = accelerations(moved(k3, STEP), force, friction);
  for (let i = 0; i < 6; i++) state[i] += (STEP / 6.0) * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
}

export function step(state, action, { cart_friction = 0 } = {}) {
  const force = 20.0 * (Math.min(Math.max(action[0], 0), 1) - 0.5);
  for (let i = 0; i < 2; i++) integrate(state, force, cart_friction);
  const over = Math.abs(state[0]) > TRACK || Math.abs(state[2]) > ANGLE || Math.abs(state[4]) > ANGLE;
  return [over ? 0 : 1, over];
}

export function observe(s, { velocities = true } = {}) {
  if (!velocities) return [s[0] / 4.8, s[2] / 0.52, s[4] / 0.52];
  return [s[0] / 4.8, s[1] / 2, s[2] / 0.52, s[3] / 2, s[4] / 0.52, s[5] / 2];
}

export function poke(state, x) {
  state[1] += 0.02 * Math.max(-1, Math.min(1, (x - 320 - state[0] * SCALE) / 80));
}

export function key(state, name) {
  if (name === "ArrowLeft") state[1] -= 0.08;
  if (name === "ArrowRight") state[1] += 0.08;
}

export function draw(c, state, width, height, look) {
  const cart = 320 + state[0] * SCALE, top = GROUND - 34;
  c.strokeStyle = look.muted;
  c.lineWidth = 2;
  c.beginPath();
  c.moveTo(0, GROUND);
  c.lineTo(width, GROUND);
  for (const side of [-TRACK, TRACK]) {
    c.moveTo(320 + side * SCALE, GROUND - 60);
    c.lineTo(320 + side * SCALE, GROUND);
  }
  c.stroke();
  c.fillStyle = look.ink;
  c.beginPath();
  c.roundRect(cart - 38, top, 76, 24, 5);
  c.fill();
  for (const side of [-20, 20]) {
    c.beginPath();
    c.arc(cart + side, GROUND - 7, 7, 0, 7);
    c.fill();
  }
  c.lineCap = "round";
  const looks = [[-14, state[2], 1.3, look.negative, 9], [14, state[4], 0.24, look.positive, 7]];
  for (const [aside, angle, length, colour, thick] of looks) {
    c.strokeStyle = colour;
    c.lineWidth = thick;
    c.beginPath();
    c.moveTo(cart + aside, top);
    c.lineTo(cart + aside + length * SCALE * Math.sin(angle), top - length * SCALE * Math.cos(angle));
    c.stroke();
  }
}
