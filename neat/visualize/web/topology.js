"use strict";
// Interactive drawing of one or more champions. Every place was decided in Python (neat.visualize.widget); this shows
// one step, tells what a gene is and was, and moves between steps.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const NARROW = 640; // below this width, in CSS pixels, the narrow drawing is used

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (parent) parent.appendChild(made);
    return made;
  }

  const signed = (x) => (x < 0 ? "−" : "+") + Number(Math.abs(x).toPrecision(4));

  function start(root) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const canvas = root.querySelector(".canvas");
    const details = root.querySelector(".details");
    const spark = root.querySelector(".spark");
    const slider = root.querySelector("input");
    const output = root.querySelector("output");
    const play = root.querySelector(".play");
    const hint = details.textContent;
    let step = data.steps.length - 1;
    let view = "";
    let chosen = null; // ["gene" | "node", index]
    let timer = 0;

    const name = (node) => data.nodes[node].name;
    const width = (weight, size) => size * (0.7 + 3.3 * Math.min(1, Math.abs(weight) / data.scale));
    const inStep = (i, kind, index) => data.steps[i][kind === "gene" ? "genes" : "nodes"].find((g) => g[0] === index);

    function draw() {
      const plan = data.views[view];
      const now = data.steps[step];
      const known = step > 0 ? new Set(data.steps[step - 1].genes.map((g) => g[0])) : null;
      const fresh = known ? now.genes.filter((g) => !known.has(g[0])).length : 0;
      const before = fresh > now.genes.length / 2 ? null : known; // marks on most genes would tell nothing
      const svg = element("svg", { viewBox: `0 0 ${plan.width} ${plan.height}`, role: "img" });
      svg.setAttribute("aria-label", `network of generation ${now.generation}`);
      const lines = element("g", {}, svg);
      const hits = element("g", {}, svg);
      const nodes = element("g", {}, svg);
      const names = element("g", {}, svg);
      for (const [index, weight, enabled] of now.genes) {
        const edge = plan.edges[index];
        const role = enabled ? (weight < 0 ? "negative" : "positive") : "disabled";
        const group = element("g", { class: `gene ${role}`, "data-gene": data.edges[index].number }, lines);
        if (before && !before.has(index)) group.classList.add("new");
        const wide = enabled ? width(weight, plan.size) : 0.9;
        element("path", { class: "glow", d: edge.d, "stroke-width": wide + 5 }, group);
        element("path", { class: "line", d: edge.d, "stroke-width": wide.toFixed(2) }, group);
        if (edge.head) element("path", { class: "head", d: edge.head }, group);
        const hit = element("path", { class: "hit", d: edge.d, "stroke-width": 12 }, hits);
        listen(hit, "gene", index);
        group.classList.toggle("on", !!chosen && chosen[0] === "gene" && chosen[1] === index);
        const ends = [data.edges[index].source, data.edges[index].target];
        group.classList.toggle("own", !!chosen && chosen[0] === "node" && ends.includes(chosen[1]));
      }
      for (const [index, , , bias] of now.nodes) {
        const [x, y, r] = plan.nodes[index];
        const kind = data.nodes[index].kind;
        const group = element("g", { class: `node ${kind}`, "data-node": data.nodes[index].number }, nodes);
        if (kind === "bias") element("path", { d: `M${x - r} ${y}L${x} ${y - r}L${x + r} ${y}L${x} ${y + r}Z` }, group);
        else if (kind === "input") element("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }, group);
        else element("circle", { cx: x, cy: y, r }, group);
        if (bias) group.classList.add(bias < 0 ? "negative" : "positive");
        listen(group, "node", index);
        group.classList.toggle("on", !!chosen && chosen[0] === "node" && chosen[1] === index);
      }
      for (const [x, y, size, anchor, text] of plan.labels) {
        const label = element("text", { x, y: y + 0.36 * size, "font-size": size, "text-anchor": anchor }, names);
        label.textContent = text;
      }
      svg.classList.toggle("picking", !!chosen && !!inStep(step, chosen[0], chosen[1]));
      canvas.replaceChildren(svg);
      tell();
    }

    function listen(target, kind, index) {
      target.addEventListener("pointerenter", (event) => {
        if (event.pointerType === "mouse") choose(kind, index);
      });
      target.addEventListener("click", (event) => {
        event.stopPropagation();
        choose(kind, index);
      });
    }

    function choose(kind, index) {
      if (chosen && chosen[0] === kind && chosen[1] === index) return;
      chosen = kind === null ? null : [kind, index];
      draw();
    }

    function tell() {
      spark.replaceChildren();
      const now = data.steps[step];
      if (output) {
        const fitness = now.fitness === null ? "" : ` · fitness ${String(Number(now.fitness.toPrecision(6))).replace("-", "−")}`;
        const hidden = now.nodes.filter((n) => data.nodes[n[0]].kind === "hidden").length;
        const enabled = now.genes.filter((g) => g[2]).length;
        output.textContent = `generation ${now.generation}${fitness} · ${hidden} hidden · ${enabled} connections`;
        slider.value = step;
      }
      if (!chosen) {
        details.textContent = hint;
        return;
      }
      const [kind, index] = chosen;
      const gene = inStep(step, kind, index);
      const born = data.steps.findIndex((_, i) => inStep(i, kind, index));
      const since = data.steps.length > 1 ? `; first in the champion of generation ${data.steps[born].generation}` : "";
      if (kind === "gene") {
        const edge = data.edges[index];
        const state = !gene ? "not in this network" : `weight ${signed(gene[1])}${gene[2] ? "" : ", disabled"}`;
        details.textContent = `Gene ${edge.number}: ${name(edge.source)} → ${name(edge.target)}, ${state}${since}`;
        sparkline(index);
      } else {
        const node = data.nodes[index];
        const used = now.genes.filter((g) => g[2]).map((g) => data.edges[g[0]]);
        const into = used.filter((e) => e.target === index).length;
        const out = used.filter((e) => e.source === index).length;
        let what = !gene ? ", not in this network" : "";
        if (gene && (node.kind === "hidden" || node.kind === "output")) {
          what = `: ${data.activations[gene[1]]} of ${data.aggregations[gene[2]]}`;
          if (gene[3]) what += `, bias ${signed(gene[3])}`;
        }
        details.textContent =
          `${node.kind[0].toUpperCase()}${node.kind.slice(1)} node ${node.number} (${name(index)})${what}; ` +
          `${into} in, ${out} out${since}`;
      }
    }

    // Weight of a gene over the steps.
    function sparkline(index) {
      const points = [];
      data.steps.forEach((_, i) => {
        const gene = inStep(i, "gene", index);
        if (gene) points.push([i, gene[1]]);
      });
      if (points.length < 2) return;
      const w = 160, h = 36;
      const top = Math.max(...points.map((p) => Math.abs(p[1])), 1e-9);
      const x = (i) => (4 + ((w - 8) * i) / (data.steps.length - 1)).toFixed(1);
      const y = (v) => (h / 2 - ((h / 2 - 3) * v) / top).toFixed(1);
      const svg = element("svg", { viewBox: `0 0 ${w} ${h}`, width: w, height: h, role: "img" });
      svg.setAttribute("aria-label", "weight over the champions");
      element("path", { class: "zero", d: `M4 ${h / 2}H${w - 4}` }, svg);
      element("path", { class: "weight", d: "M" + points.map((p) => `${x(p[0])} ${y(p[1])}`).join("L") }, svg);
      const gene = inStep(step, "gene", index);
      if (gene) element("circle", { cx: x(step), cy: y(gene[1]), r: 3 }, svg);
      spark.appendChild(svg);
    }

    function go(to) {
      step = Math.max(0, Math.min(data.steps.length - 1, to));
      draw();
    }

    function stop() {
      clearInterval(timer);
      timer = 0;
      play.textContent = "Play";
    }

    if (slider) {
      slider.max = data.steps.length - 1;
      slider.addEventListener("input", () => go(Number(slider.value)));
      root.querySelector(".previous").addEventListener("click", () => go(step - 1));
      root.querySelector(".next").addEventListener("click", () => go(step + 1));
      play.addEventListener("click", () => {
        if (timer) return stop();
        if (step === data.steps.length - 1) go(0);
        play.textContent = "Stop";
        timer = setInterval(() => {
          if (step === data.steps.length - 1) stop();
          else go(step + 1);
        }, Math.max(60, Math.min(700, 12000 / data.steps.length)));
      });
    }
    root.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && chosen) choose(null, 0);
    });
    canvas.addEventListener("click", () => choose(null, 0));
    new ResizeObserver(() => {
      const wanted = canvas.clientWidth < NARROW ? "narrow" : "wide";
      if (wanted !== view) {
        view = wanted;
        draw();
      }
    }).observe(canvas);
  }

  for (const root of document.querySelectorAll("[data-topology]")) start(root);
})();
