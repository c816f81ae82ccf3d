// MountainCar and MountainCarContinuous, as `environments/games/mountain_car.py` has them: the second computes in single
// precision after its first step. State: position, velocity; of the second also whether it stands at its start.
export const size = [600, 400];
export const fps = 30;
export const hint = "Drag the car. Keys: ← → push it.";
const LEFT = -1.2, RIGHT = 0.6, SPEED = 0.07, FORCE = 0.001, GRAVITY = 0.0025, POWER = 0.0015;
const single = Math.fround;

export function reset(random, { low = -0.6, high = -0.4, continuous = false } = {}) {
  const start = [low + (high - low) * random(), 0];
  return continuous ? [...start, 1] : start;
}

const clip = (x, low, high) => Math.min(Math.max(x, low), high);

export function step(state, action, settings = {}) {
  return settings.continuous ? driven(state, action[0], settings) : pushed(state, action, settings);
}

function pushed(state, action, { goal_velocity = 0 }) {
  let [position, velocity] = state;
  velocity += (action - 1) * FORCE + Math.cos(3 * position) * -GRAVITY;
  velocity = clip(velocity, -SPEED, SPEED);
  position = clip(position + velocity, LEFT, RIGHT);
  if (position === LEFT && velocity < 0) velocity = 0;
  state[0] = position;
  state[1] = velocity;
  return [-1, position >= 0.5 && velocity >= goal_velocity];
}

function driven(state, amount, { goal_velocity = 0 }) {
  const push = single(amount), outside = push < -1 || push > 1;
  let position, velocity, over;
  if (state[2] !== 0) {
    [position, velocity] = state;
    const pull = 0.0025 * Math.cos(3 * position);
    velocity += outside ? Math.sign(push) * POWER - pull : single(single(push * single(POWER)) - single(pull));
    velocity = clip(velocity, -SPEED, SPEED);
    position = clip(position + velocity, LEFT, RIGHT);
    if (position === LEFT && velocity < 0) velocity = 0;
    over = position >= 0.45 && velocity >= goal_velocity;
    state.splice(0, 3, single(position), single(velocity), 0);
  } else {
    position = single(state[0]);
    velocity = single(state[1]);
    const pull = 0.0025 * Math.cos(single(3 * position));
    const change = outside ? single(Math.sign(push) * POWER - pull) : single(single(push * single(POWER)) - single(pull));
    velocity = clip(single(velocity + change), single(-SPEED), single(SPEED));
    position = clip(single(position + velocity), single(LEFT), single(RIGHT));
    if (position === single(LEFT) && velocity < 0) velocity = 0;
    over = position >= single(0.45) && velocity >= single(goal_velocity);
    state[0] = position;
    state[1] = velocity;
  }
  return [(over ? 100 : 0) - push * push * 0.1, over];
}

export const observe = (state) => [single(state[0]), single(state[1])];

const SCALE = 600 / (RIGHT - LEFT);
const at = (position) => [(position - LEFT) * SCALE, 360 - (Math.sin(3 * position) * 0.45 + 0.55) * 240];

export function poke(state, x) {
  state[1] = clip(state[1] + 0.002 * clip((x - at(state[0])[0]) / 60, -1, 1), -SPEED, SPEED);
}

export function key(state, name) {
  if (name === "ArrowLeft") state[1] = Math.max(-SPEED, state[1] - 0.015);
  if (name === "ArrowRight") state[1] = Math.min(SPEED, state[1] + 0.015);
}

export function draw(c, state, width, height, look, { continuous = false } = {}) {
  c.strokeStyle = look.ink;
  c.lineWidth = 3;
  c.beginPath();
  for (let i = 0; i <= 100; i++) c.lineTo(...at(LEFT + ((RIGHT - LEFT) * i) / 100));
  c.stroke();
  const [flag, ground] = at(continuous ? 0.45 : 0.5);
  c.lineWidth = 2;
  c.beginPath();
  c.moveTo(flag, ground);
  c.lineTo(flag, ground - 50);
  c.stroke();
  c.fillStyle = look.disjoint;
  c.beginPath();
  c.moveTo(flag, ground - 50);
  c.lineTo(flag + 26, ground - 42);
  c.lineTo(flag, ground - 34);
  c.fill();
  const [x, y] = at(state[0]);
  c.save();
  c.translate(x, y);
  c.rotate(-Math.atan(Math.cos(3 * state[0]) * 3 * 0.45 * (240 / SCALE)));
  c.fillStyle = look.negative;
  c.beginPath();
  c.roundRect(-22, -28, 44, 18, 5);
  c.fill();
  c.fillStyle = look.muted;
  for (const side of [-13, 13]) {
    c.beginPath();
    c.arc(side, -8, 7, 0, 7);
    c.fill();
  }
  c.restore();
}
