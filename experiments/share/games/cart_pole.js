// CartPole, as `environments/games/cart_pole.py` has it. State: x, x', θ, θ', whether the episode has ended.
export const size = [600, 300];
export const fps = 50;
export const hint = "Drag the pole or the cart. Keys: ← → push the cart.";
const [GRAVITY, MASS_POLE, TOTAL, LENGTH, POLE_MASS_LENGTH, FORCE, TAU] = [9.8, 0.1, 0.1 + 1.0, 0.5, 0.1 * 0.5, 10.0, 0.02];
const ANGLE = (12 * 2 * Math.PI) / 360, TRACK = 2.4;
const SCALE = 110, GROUND = 230;

export function reset(random, { low = -0.05, high = 0.05 } = {}) {
  return [0, 1, 2, 3].map(() => low + (high - low) * random()).concat(0);
}

export function step(state, action, { sutton_barto_reward = 0 } = {}) {
  let [x, v, theta, omega] = state;
  const force = action === 1 ? FORCE : -FORCE;
  const cosine = Math.cos(theta), sine = Math.sin(theta);
  const temp = (force + POLE_MASS_LENGTH * (omega * omega) * sine) / TOTAL;
  const angular = (GRAVITY * sine - cosine * temp) / (LENGTH * (4.0 / 3.0 - (MASS_POLE * (cosine * cosine)) / TOTAL));
  const linear = temp - (POLE_MASS_LENGTH * angular * cosine) / TOTAL;
  x += TAU * v;
  v += TAU * linear;
  theta += TAU * omega;
  omega += TAU * angular;
  state.splice(0, 4, x, v, theta, omega);
  const over = x < -TRACK || x > TRACK || theta < -ANGLE || theta > ANGLE;
  if (!over) return [sutton_barto_reward ? 0 : 1, false];
  const again = state[4] !== 0;
  state[4] = 1;
  return [sutton_barto_reward ? -1 : again ? 0 : 1, true];
}

export function observe(state, { velocities = true } = {}) {
  return (velocities ? state.slice(0, 4) : [state[0], state[2]]).map(Math.fround);
}

export function poke(state, x, y) {
  const cart = 300 + state[0] * SCALE;
  if (y < GROUND - 40) state[3] += 0.04 * Math.max(-1, Math.min(1, (x - cart - 110 * Math.sin(state[2])) / 60));
  else state[1] += 0.12 * Math.max(-1, Math.min(1, (x - cart) / 80));
}

export function key(state, name) {
  if (name === "ArrowLeft") state[1] -= 0.5;
  if (name === "ArrowRight") state[1] += 0.5;
}

export function draw(c, state, width, height, look) {
  const cart = 300 + state[0] * SCALE, top = GROUND - 34;
  c.strokeStyle = look.muted;
  c.lineWidth = 2;
  c.beginPath();
  c.moveTo(0, GROUND);
  c.lineTo(width, GROUND);
  for (const side of [-TRACK, TRACK]) {
    c.moveTo(300 + side * SCALE, GROUND - 14);
    c.lineTo(300 + side * SCALE, GROUND + 14);
  }
  c.stroke();
  c.fillStyle = look.ink;
  c.beginPath();
  c.roundRect(cart - 36, top, 72, 26, 5);
  c.fill();
  for (const side of [-20, 20]) {
    c.beginPath();
    c.arc(cart + side, GROUND - 7, 7, 0, 7);
    c.fill();
  }
  c.strokeStyle = look.negative;
  c.lineWidth = 9;
  c.lineCap = "round";
  c.beginPath();
  c.moveTo(cart, top);
  c.lineTo(cart + 130 * Math.sin(state[2]), top - 130 * Math.cos(state[2]));
  c.stroke();
  c.fillStyle = look.background;
  c.beginPath();
  c.arc(cart, top, 3, 0, 7);
  c.fill();
}
