// Pendulum, as `environments/games/pendulum.py` has it. State: θ, θ', the last torque, whether there was one.
export const size = [420, 420];
export const fps = 30;
export const hint = "Drag the pendulum. Keys: ← → turn it.";
const SPEED = 8, TORQUE = 2, DT = 0.05, TURN = 2 * Math.PI;
const clip = (x, low, high) => Math.min(Math.max(x, low), high);
const remainder = (x) => ((x % TURN) + TURN) % TURN;

export function reset(random, { x_init = Math.PI, y_init = 1 } = {}) {
  return [x_init, y_init].map((high) => -high + 2 * high * random()).concat(0, 0);
}

export function step(state, action, { g = 10 } = {}) {
  const [theta, speed] = state;
  const torque = clip(Math.fround(action[0]), -TORQUE, TORQUE);
  const angle = remainder(theta + Math.PI) - Math.PI;
  const cost = angle * angle + 0.1 * (speed * speed) + Math.fround(Math.fround(0.001) * Math.fround(torque * torque));
  const pull = ((3 * g) / (2 * 1.0)) * Math.sin(theta);
  const faster = clip(speed + (pull + Math.fround(3 * torque)) * DT, -SPEED, SPEED);
  state.splice(0, 4, theta + faster * DT, faster, torque, 1);
  return [-cost, false];
}

export const observe = (state) => [Math.cos(state[0]), Math.sin(state[0]), state[1]].map(Math.fround);

export function poke(state, x, y) {
  const wanted = Math.atan2(-(x - 210), -(y - 210)), off = remainder(wanted - state[0] + Math.PI) - Math.PI;
  state[1] = clip(state[1] + 1.2 * clip(off, -1, 1), -SPEED, SPEED);
}

export function key(state, name) {
  if (name === "ArrowLeft") state[1] = Math.min(SPEED, state[1] + 3);
  if (name === "ArrowRight") state[1] = Math.max(-SPEED, state[1] - 3);
}

export function draw(c, state, width, height, look) {
  const tip = [210 - 150 * Math.sin(state[0]), 210 - 150 * Math.cos(state[0])];
  c.strokeStyle = look.grid;
  c.lineWidth = 2;
  c.beginPath();
  c.arc(210, 210, 150, 0, 7);
  c.stroke();
  c.strokeStyle = look.negative;
  c.lineWidth = 26;
  c.lineCap = "round";
  c.beginPath();
  c.moveTo(210, 210);
  c.lineTo(...tip);
  c.stroke();
  c.fillStyle = look.ink;
  c.beginPath();
  c.arc(210, 210, 6, 0, 7);
  c.fill();
  if (Math.abs(state[2]) > 0.05) {
    const reach = (state[2] / TORQUE) * 1.4;
    c.strokeStyle = look.positive;
    c.lineWidth = 4;
    c.beginPath();
    c.arc(210, 210, 40, -Math.PI / 2 - Math.max(reach, 0), -Math.PI / 2 - Math.min(reach, 0));
    c.stroke();
  }
}
