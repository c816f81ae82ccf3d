"use strict";
// Pictures of many players of a game. A scene gets numbers from the states of the game, draws all living players, the
// selected one last, and stores their positions for clicks.
const scenes = (() => {
  const TAU = 2 * Math.PI;

  // Shared by all scenes: `draw.each(paint)` calls paint(values, look, place) for each player in the order of drawing;
  // `place(x, y)` stores the position of the player.
  function painter(view, paint) {
    const { ctx, rows, columns, count, alive, colour, picked, person, hits, theme } = view;
    let living = 0;
    for (let i = 0; i < count; i++) living += alive[i];
    const alpha = Math.min(0.85, Math.max(0.15, 4 / Math.sqrt(Math.max(1, living))));
    const one = (i, look) => {
      const values = rows.subarray(i * columns, (i + 1) * columns);
      ctx.globalAlpha = look.alpha;
      paint(values, look, (x, y) => { if (i < count) { hits[2 * i] = x; hits[2 * i + 1] = y; } }, i);
    };
    hits.fill(NaN);
    for (let i = count - 1; i >= 0; i--) {
      if (alive[i] && i !== picked) one(i, { alpha, colour: colour(i), bold: false });
    }
    if (picked >= 0 && picked < count && (alive[picked] || living === 0)) {
      one(picked, { alpha: alive[picked] ? 1 : 0.45, colour: colour(picked), bold: true });
    }
    if (person && rows.length >= (count + 1) * columns) {
      one(count, { alpha: alive[count] ? 1 : 0.4, colour: theme.excess, bold: true });
    }
    ctx.globalAlpha = 1;
  }

  function line(ctx, points, width, colour) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.lineCap = ctx.lineJoin = "round";
    ctx.beginPath();
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
  }

  function disc(ctx, x, y, radius, fill, ring) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, TAU);
    ctx.fillStyle = fill;
    ctx.fill();
    if (ring) { ctx.lineWidth = 2; ctx.strokeStyle = ring; ctx.stroke(); }
  }

  function box(ctx, x, y, width, height, radius) {
    ctx.beginPath();
    ctx.roundRect(x - width / 2, y, width, height, radius);
  }

  function rail(view, ground, scale, track) {
    const { ctx, width, theme } = view;
    line(ctx, [[0, ground], [width, ground]], 1.5, theme.muted);
    for (const side of [-track, track]) {
      const x = width / 2 + side * scale;
      line(ctx, [[x, ground - 0.22 * ground], [x, ground]], 2, theme.grid);
    }
    for (let metre = -2; metre <= 2; metre++) {
      const x = width / 2 + metre * scale;
      line(ctx, [[x, ground], [x, ground + 5]], 1.5, theme.grid);
    }
  }

  function carts(view, poles) {
    const { ctx, width, height, theme, world } = view;
    const scale = width / (2 * world.track + 1.2), ground = height * 0.86;
    rail(view, ground, scale, world.track);
    const wide = 0.42 * scale, high = 0.15 * scale, top = ground - high - 0.05 * scale;
    painter(view, (values, look, place) => {
      const x = width / 2 + values[0] * scale;
      box(ctx, x, top, wide, high, 0.04 * scale);
      ctx.fillStyle = look.colour;
      ctx.fill();
      if (look.bold) {
        ctx.lineWidth = 2;
        ctx.strokeStyle = theme.ink;
        ctx.stroke();
        for (const side of [-0.27, 0.27]) disc(ctx, x + side * wide, ground - 0.045 * scale, 0.045 * scale, theme.ink);
      }
      poles(values, x, top, scale, look);
      place(x, top);
    });
  }

  return {
    cart: {
      ratio: 0.36,
      draw(view) {
        carts(view, (values, x, top, scale, look) => {
          const tip = [x + Math.sin(values[1]) * scale, top - Math.cos(values[1]) * scale];
          const thick = Math.max(2, 0.035 * scale);
          if (look.bold) line(view.ctx, [[x, top], tip], thick + 4, view.theme.field);
          line(view.ctx, [[x, top], tip], look.bold ? thick + 1 : thick, look.bold ? view.theme.ink : look.colour);
        });
      },
    },
    "two-poles": {
      ratio: 0.36,
      draw(view) {
        carts(view, (values, x, top, scale, look) => {
          view.world.lengths.forEach((length, i) => {
            const foot = x + (i ? 1 : -1) * 0.09 * scale, angle = values[1 + i];
            const tip = [foot + Math.sin(angle) * length * scale, top - Math.cos(angle) * length * scale];
            if (look.bold) line(view.ctx, [[foot, top], tip], 7, view.theme.field);
            line(view.ctx, [[foot, top], tip], look.bold ? 4 : 3, look.bold ? view.theme.ink : look.colour);
          });
        });
      },
    },
    hill: {
      ratio: 0.5,
      draw(view) {
        const { ctx, width, height, theme, world } = view;
        const across = (x) => ((x - world.left) / (world.right - world.left)) * (width - 24) + 12;
        const up = (x) => height * 0.88 - (Math.sin(3 * x) * 0.5 + 0.5) * height * 0.66;
        const curve = [];
        for (let i = 0; i <= 120; i++) {
          const x = world.left + ((world.right - world.left) * i) / 120;
          curve.push([across(x), up(x)]);
        }
        ctx.beginPath();
        curve.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
        ctx.lineTo(width, height);
        ctx.lineTo(0, height);
        ctx.closePath();
        ctx.fillStyle = theme.input;
        ctx.fill();
        line(ctx, curve, 2, theme.muted);
        const goal = [across(world.goal), up(world.goal)];
        line(ctx, [goal, [goal[0], goal[1] - 42]], 2, theme.ink);
        ctx.beginPath();
        ctx.moveTo(goal[0], goal[1] - 42);
        ctx.lineTo(goal[0] + 20, goal[1] - 35);
        ctx.lineTo(goal[0], goal[1] - 28);
        ctx.fillStyle = theme.disjoint;
        ctx.fill();
        const size = Math.max(4, Math.min(9, width / 110));
        painter(view, (values, look, place, i) => {
          // Cars at the same position are drawn one behind the other: a little further along the slope's normal.
          const slope = Math.cos(3 * values[0]) * 1.5 * height * 0.66 / ((width - 24) / (world.right - world.left));
          const length = Math.hypot(1, slope), depth = look.bold ? 0 : ((i * 0.618) % 1) * 3.2 * size;
          const x = across(values[0]) - (slope / length) * (size + depth), y = up(values[0]) - (1 / length) * (size + depth);
          disc(ctx, x, y, look.bold ? size * 1.35 : size, look.colour, look.bold ? theme.ink : null);
          place(x, y);
        });
      },
    },
    pendulum: {
      ratio: 0.62,
      draw(view) {
        const { ctx, width, height, theme } = view;
        const middle = [width / 2, height / 2], reach = height * 0.4;
        ctx.beginPath();
        ctx.arc(...middle, reach, 0, TAU);
        ctx.lineWidth = 1;
        ctx.strokeStyle = theme.grid;
        ctx.stroke();
        painter(view, (values, look, place) => {
          const tip = [middle[0] - Math.sin(values[0]) * reach, middle[1] - Math.cos(values[0]) * reach];
          if (look.bold) line(ctx, [middle, tip], 9, theme.ink);
          line(ctx, [middle, tip], look.bold ? 6 : 3.5, look.colour);
          disc(ctx, ...tip, look.bold ? 9 : 6, look.colour, look.bold ? theme.ink : null);
          place(...tip);
        });
        disc(ctx, ...middle, 5, theme.ink);
      },
    },
    acrobot: {
      ratio: 0.7,
      draw(view) {
        const { ctx, width, height, theme, world } = view;
        const middle = [width / 2, height * 0.5], reach = height * 0.22;
        const line_ = middle[1] - world.line * reach;
        ctx.setLineDash([6, 5]);
        line(ctx, [[width * 0.12, line_], [width * 0.88, line_]], 1.5, theme.disjoint);
        ctx.setLineDash([]);
        painter(view, (values, look, place) => {
          const elbow = [middle[0] + Math.sin(values[0]) * reach, middle[1] + Math.cos(values[0]) * reach];
          const both = values[0] + values[1];
          const tip = [elbow[0] + Math.sin(both) * reach, elbow[1] + Math.cos(both) * reach];
          if (look.bold) line(ctx, [middle, elbow, tip], 9, theme.ink);
          line(ctx, [middle, elbow, tip], look.bold ? 6 : 3, look.colour);
          disc(ctx, ...tip, look.bold ? 7 : 4, look.colour, look.bold ? theme.ink : null);
          place(...tip);
        });
        disc(ctx, ...middle, 5, theme.ink);
      },
    },
    maze: {
      ratioOf(world) {
        const [, , wide, high] = maze(world);
        return high / wide;
      },
      draw(view) {
        const { ctx, width, height, theme, world, trail } = view;
        const [left, top, wide, high] = maze(world);
        const scale = Math.min(width / wide, height / high);
        const dx = (width - wide * scale) / 2, dy = (height - high * scale) / 2;
        const at = (x, y) => [dx + (x - left) * scale, dy + (y - top) * scale];
        const goal = at(...world.goal);
        disc(ctx, ...goal, 5 * scale, "transparent", theme.disjoint);
        disc(ctx, ...goal, 1.6 * scale, theme.disjoint);
        if (trail.length > 1) line(ctx, trail.map(([x, y]) => at(x, y)), 1.5, theme.negative);
        painter(view, (values, look, place) => {
          const [x, y] = at(values[0], values[1]);
          const radius = (look.bold ? 8 : 4.5) * scale;
          disc(ctx, x, y, radius, look.colour, look.bold ? theme.ink : null);
          const heading = (values[2] * Math.PI) / 180;
          const nose = [x + Math.cos(heading) * radius, y + Math.sin(heading) * radius];
          line(ctx, [[x, y], nose], look.bold ? 2.5 : 1.5, look.bold ? theme.ink : theme.field);
          place(x, y);
        });
        for (const [x1, y1, x2, y2] of world.walls) line(ctx, [at(x1, y1), at(x2, y2)], Math.max(2, 1.6 * scale), theme.ink);
      },
      trail: true,
    },
    // No game: genomes as points; horizontally hidden nodes and connections, vertically fitness.
    points: {
      ratio: 0.5,
      draw(view) {
        const { ctx, width, height, theme, colour, hits, picked, generation } = view;
        const pad = { left: 46, right: 18, top: 16, bottom: 34 };
        const across = generation.connections.map((value, i) => value + generation.hidden[i]);
        const scale = (values, low, high) => {
          const known = values.filter((value) => value !== null);
          const least = Math.min(...known), most = Math.max(...known);
          const place = (value) => low + (most > least ? (value - least) / (most - least) : 0.5) * (high - low);
          return known.length ? { place, least, most } : { place: () => (low + high) / 2, least: 0, most: 0 };
        };
        const x = scale(across, pad.left + 10, width - pad.right), y = scale(generation.fitness, height - pad.bottom - 8, pad.top);
        ctx.font = "12px system-ui, sans-serif";
        ctx.fillStyle = theme.muted;
        ctx.textAlign = "center";
        ctx.fillText(`hidden nodes and connections: ${x.least} to ${x.most}`, width / 2, height - 8);
        ctx.textAlign = "left";
        ctx.fillText(`fitness ${short(y.least)} to ${short(y.most)}`, 10, 16);
        line(ctx, [[pad.left, pad.top], [pad.left, height - pad.bottom], [width - pad.right, height - pad.bottom]], 1, theme.grid);
        hits.fill(NaN);
        ctx.globalAlpha = 0.75;
        for (let i = generation.genomes.length - 1; i >= 0; i--) {
          const shift = (((i * 0.618) % 1) - 0.5) * 10;
          hits[2 * i] = x.place(across[i]) + shift;
          hits[2 * i + 1] = generation.fitness[i] === null ? height / 2 + shift * 3 : y.place(generation.fitness[i]);
          if (i !== picked) disc(ctx, hits[2 * i], hits[2 * i + 1], 5, colour(i));
        }
        ctx.globalAlpha = 1;
        if (picked >= 0) disc(ctx, hits[2 * picked], hits[2 * picked + 1], 7, colour(picked), theme.ink);
      },
    },
  };

  function maze(world) {
    const xs = world.walls.flatMap((wall) => [wall[0], wall[2]]), ys = world.walls.flatMap((wall) => [wall[1], wall[3]]);
    const left = Math.min(...xs) - 8, top = Math.min(...ys) - 8;
    return [left, top, Math.max(...xs) + 8 - left, Math.max(...ys) + 8 - top];
  }
})();

const short = (value) => {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1e6) return value.toExponential(2).replace("-", "−");
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return String(Number(value.toFixed(digits))).replace("-", "−");
};
