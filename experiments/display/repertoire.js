"use strict";
// A repertoire's heat map: a click on a cell shows its elite's network, and its film where the page holds one.
document.querySelectorAll("[data-repertoire]").forEach((root) => {
  const data = JSON.parse(root.querySelector("script").textContent);
  const details = root.querySelector(".details"), network = root.querySelector(".network");
  const video = root.querySelector("video"), marks = Array.from(root.querySelectorAll("[data-elite]"));
  const NS = "http://www.w3.org/2000/svg";
  const make = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const key of Object.keys(attributes)) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    network.appendChild(element);
    return element;
  };

  function draw(elite) {
    network.replaceChildren();
    const width = 420, height = 300, left = 118, right = 330, places = new Map();
    const column = (numbers, x) => numbers.forEach((number, i) =>
      places.set(number, [x, (height * (i + 0.5)) / numbers.length]));
    column(data.inputs, left);
    column(data.outputs, right);
    const hidden = elite.hidden;
    const deepest = Math.max(1, ...hidden.map((node) => node[1]));
    for (let depth = 1; depth <= deepest; depth += 1) {
      const level = hidden.filter((node) => node[1] === depth).map((node) => node[0]);
      column(level, left + ((right - left) * depth) / (deepest + 1));
    }
    const scale = Math.max(1e-9, ...elite.edges.map((edge) => Math.abs(edge[2])));
    elite.edges.forEach(([source, target, weight]) => {
      const [x1, y1] = places.get(source), [x2, y2] = places.get(target);
      const curve = source === target ? `M${x1},${y1} c-22,-30 22,-30 0,0`
        : `M${x1},${y1} C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}`;
      make("path", { d: curve, fill: "none", class: weight > 0 ? "positive" : "negative",
        "stroke-width": (0.4 + (3 * Math.abs(weight)) / scale).toFixed(2) });
    });
    places.forEach(([x, y], number) => {
      make("circle", { cx: x, cy: y, r: 5 });
      const name = data.names[number];
      if (name !== undefined) {
        const before = data.inputs.includes(number);
        make("text", { x: before ? x - 9 : x + 9, y: y + 3.5, "text-anchor": before ? "end" : "start" }, name);
      }
    });
  }

  function choose(index) {
    const elite = data.elites[index];
    marks.forEach((mark) => mark.classList.toggle("chosen", Number(mark.dataset.elite) === index));
    details.textContent = `Cell ${elite.cell}: fitness ${elite.fitness}, ${data.descriptors
      .map((name, i) => `${name} ${elite.descriptors[i]}`).join(", ")}; ${elite.edges.length} connections, ` +
      `${elite.hidden.length} hidden nodes, found in generation ${elite.found}. To watch it: ` +
      `neat play ${data.folder} --cell ${elite.cell}`;
    draw(elite);
    const film = data.films[elite.cell];
    video.hidden = film === undefined;
    if (film !== undefined) {
      video.src = film;
      video.play().catch(() => undefined);
    } else {
      video.removeAttribute("src");
    }
  }

  marks.forEach((mark) => {
    mark.addEventListener("click", () => choose(Number(mark.dataset.elite)));
    mark.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(Number(mark.dataset.elite));
      }
    });
  });
  choose(data.first);
});
