"use strict";
// The active network, and the charts of all generations.
const charts = (() => {
  const TAU = 2 * Math.PI;
  const LEAST = 0.05; // nodes whose values never exceed this stay dim

  function blend(a, b, share) {
    return `color-mix(in srgb, ${b} ${Math.round(100 * Math.max(0, Math.min(1, share)))}%, ${a})`;
  }

  // The brightness of nodes: each value relative to the largest value that the node has had.
  class Lights {
    constructor(drawing) {
      this.nodes = new Float32Array(drawing.nodes.length).fill(LEAST);
      this.most = LEAST;
    }
    take(drawing, values) {
      const now = drawing.nodes.map((node) => (node.place < values.length && Number.isFinite(values[node.place]) ? values[node.place] : 0));
      now.forEach((value, i) => { this.nodes[i] = Math.max(this.nodes[i], Math.abs(value)); });
      const carried = drawing.lines.map((line) => line.weight * now[line.source]);
      carried.forEach((value) => { this.most = Math.max(this.most, Math.abs(value)); });
      return { nodes: now.map((value, i) => value / this.nodes[i]), lines: carried.map((value) => value / this.most), values: now };
    }
  }

  function network(ctx, width, drawing, lights, values, choice, theme) {
    const scale = width / drawing.size[0];
    const lit = values && values.length ? lights.take(drawing, values) : null;
    ctx.save();
    ctx.scale(scale, scale);
    ctx.lineCap = ctx.lineJoin = "round";
    drawing.lines.forEach((line, i) => {
      const level = lit ? lit.lines[i] : 0;
      const role = theme[line.role] || theme.ink;
      const lamp = level >= 0 ? theme.positive : theme.negative;
      const rest = lit ? blend(theme.background, theme.disabled, 0.4) : role;
      const colour = lit ? blend(rest, lamp, Math.abs(level)) : role;
      ctx.strokeStyle = colour;
      ctx.lineWidth = line.width;
      ctx.setLineDash(line.dashed ? [3, 2] : []);
      ctx.beginPath();
      for (let p = 0; p < line.points.length; p += 2) {
        if (p) ctx.lineTo(line.points[p], line.points[p + 1]);
        else ctx.moveTo(line.points[p], line.points[p + 1]);
      }
      ctx.stroke();
      if (line.head) {
        ctx.beginPath();
        for (let p = 0; p < line.head.length; p += 2) ctx[p ? "lineTo" : "moveTo"](line.head[p], line.head[p + 1]);
        ctx.closePath();
        ctx.fillStyle = colour;
        ctx.fill();
      }
    });
    ctx.setLineDash([]);
    let chosen = -1;
    if (lit && choice) {
      drawing.nodes.forEach((node, i) => { if (node.output && (chosen < 0 || lit.values[i] > lit.values[chosen])) chosen = i; });
    }
    drawing.nodes.forEach((node, i) => {
      const level = lit ? lit.nodes[i] : 0;
      const lamp = level >= 0 ? theme.positive : theme.negative;
      if (lit && Math.abs(level) > 0.05) {
        ctx.globalAlpha = 0.28 * Math.abs(level);
        ctx.fillStyle = lamp;
        ctx.beginPath();
        ctx.arc(node.x, node.y, node.radius * 2, 0, TAU);
        ctx.fill();
        ctx.globalAlpha = 1;
      }
      shape(ctx, node);
      ctx.fillStyle = blend(theme[node.fill], lamp, Math.abs(level));
      ctx.fill();
      ctx.strokeStyle = theme[node.outline] || theme.ink;
      ctx.lineWidth = 1;
      ctx.stroke();
      if (i === chosen) {
        ctx.beginPath();
        ctx.arc(node.x, node.y, node.radius + 3, 0, TAU);
        ctx.strokeStyle = theme.ink;
        ctx.lineWidth = 1.6;
        ctx.stroke();
      }
    });
    ctx.textBaseline = "middle";
    for (const label of drawing.labels) {
      ctx.font = `${label.size}px system-ui, "DejaVu Sans", sans-serif`;
      ctx.textAlign = label.anchor === "middle" ? "center" : label.anchor === "end" ? "right" : "left";
      ctx.fillStyle = theme[label.role] || theme.ink;
      ctx.fillText(label.text, label.x, label.y);
    }
    ctx.restore();
  }

  function shape(ctx, node) {
    ctx.beginPath();
    const { x, y, radius } = node;
    if (node.shape === "square") ctx.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else if (node.shape === "diamond") {
      ctx.moveTo(x, y - radius);
      ctx.lineTo(x + radius, y);
      ctx.lineTo(x, y + radius);
      ctx.lineTo(x - radius, y);
      ctx.closePath();
    } else ctx.arc(x, y, radius, 0, TAU);
  }

  const PAD = { left: 8, right: 8, top: 14, bottom: 20 };

  function frame(ctx, width, height, points, theme, seen) {
    const first = points[0][0], last = Math.max(points[points.length - 1][0], first + 1);
    const across = (generation) => PAD.left + ((generation - first) / (last - first)) * (width - PAD.left - PAD.right);
    ctx.font = "11px system-ui, sans-serif";
    ctx.fillStyle = theme.muted;
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = "left";
    ctx.fillText(String(first), PAD.left, height - 5);
    ctx.textAlign = "right";
    ctx.fillText(`generation ${points[points.length - 1][0]}`, width - PAD.right, height - 5);
    ctx.fillStyle = theme.grid;
    ctx.fillRect(PAD.left, height - PAD.bottom, width - PAD.left - PAD.right, 1);
    const marker = () => {
      if (seen === null || seen < first || seen > last) return;
      ctx.strokeStyle = theme.ink;
      ctx.globalAlpha = 0.45;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(across(seen), PAD.top - 4);
      ctx.lineTo(across(seen), height - PAD.bottom);
      ctx.stroke();
      ctx.globalAlpha = 1;
    };
    return { across, marker };
  }

  function fitness(ctx, width, height, points, goal, theme, seen) {
    const { across, marker } = frame(ctx, width, height, points, theme, seen);
    const known = points.flatMap((point) => [point[1], point[2]]).filter((value) => value !== null);
    if (!known.length) return;
    let least = Math.min(...known), most = Math.max(...known);
    const near = goal !== null && goal > least - 2 * (most - least) - 1e-9 && goal < most + 0.6 * (most - least) + 1e-9;
    if (near) { least = Math.min(least, goal); most = Math.max(most, goal); }
    if (most === least) { most += 1; least -= 1; }
    const up = (value) => height - PAD.bottom - 3 - ((value - least) / (most - least)) * (height - PAD.top - PAD.bottom - 6);
    if (near) {
      ctx.setLineDash([5, 4]);
      stroke(ctx, [[PAD.left, up(goal)], [width - PAD.right, up(goal)]], theme.disjoint, 1);
      ctx.setLineDash([]);
    }
    for (const [place, colour, thick] of [[2, theme.disabled, 1.5], [1, theme.positive, 2.2]]) {
      stroke(ctx, points.filter((point) => point[place] !== null).map((point) => [across(point[0]), up(point[place])]), colour, thick);
    }
    ctx.fillStyle = theme.muted;
    ctx.textAlign = "left";
    ctx.fillText(short(most), PAD.left, 10);
    marker();
  }

  function stroke(ctx, points, colour, width) {
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = width;
    ctx.lineJoin = "round";
    ctx.beginPath();
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
    if (points.length === 1) ctx.fillRect(points[0][0] - 2, points[0][1] - 2, 4, 4);
  }

  function river(ctx, width, height, points, colour, theme, seen) {
    const { across, marker } = frame(ctx, width, height, points, theme, seen);
    const ids = [...new Set(points.flatMap((point) => point[3].filter((_, i) => i % 2 === 0)))].sort((a, b) => a - b);
    const tall = height - PAD.top - PAD.bottom;
    const drawn = points.length > 1 ? points : [points[0], [points[0][0] + 1, ...points[0].slice(1)]];
    const bounds = drawn.map((point) => {
      const sizes = new Map();
      for (let i = 0; i < point[3].length; i += 2) sizes.set(point[3][i], point[3][i + 1]);
      const whole = [...sizes.values()].reduce((a, b) => a + b, 0) || 1;
      let at = 0;
      return ids.map((id) => {
        const from = at;
        at += (sizes.get(id) || 0) / whole;
        return [from, at];
      });
    });
    ids.forEach((id, k) => {
      ctx.beginPath();
      drawn.forEach((point, g) => ctx[g ? "lineTo" : "moveTo"](across(point[0]), PAD.top + bounds[g][k][0] * tall));
      for (let g = drawn.length - 1; g >= 0; g--) ctx.lineTo(across(drawn[g][0]), PAD.top + bounds[g][k][1] * tall);
      ctx.closePath();
      ctx.fillStyle = colour(id);
      ctx.fill();
      ctx.strokeStyle = theme.background;
      ctx.lineWidth = 0.7;
      ctx.stroke();
    });
    marker();
  }

  return { Lights, network, fitness, river };
})();
