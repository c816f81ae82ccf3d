"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const figures = [...document.querySelectorAll("figure")];
  const choices = figures.map((figure) => figure.querySelector(".choice"));
  const chosen = () => choices.flatMap((choice, i) => (choice.getAttribute("aria-pressed") === "true" ? [i] : []));
  let socket = null, generation = null, waits = 500, asked = true;

  const say = (order) => {
    if (!socket || socket.readyState !== WebSocket.OPEN || asked) return;
    asked = order.do !== "save";
    socket.send(JSON.stringify({ ...order, generation }));
    update();
  };
  const update = () => {
    const count = chosen().length;
    $("breed").textContent = count ? `Breed ${count === 1 ? "this one" : `these ${count}`}` : "New pictures";
    $("breed").disabled = asked;
  };
  const show = (message) => {
    generation = message.generation;
    asked = false;
    message.pictures.forEach((picture, i) => {
      choices[i].firstElementChild.src = picture;
      choices[i].setAttribute("aria-pressed", "false");
      figures[i].classList.toggle("parent", i < message.parents);
    });
    $("back").disabled = !message.back;
    $("when").textContent = `generation ${generation}`;
    update();
  };
  const connect = () => {
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${location.pathname}live`);
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      waits = 500;
      if (message.type === "pictures") show(message);
      if (message.type === "note") $("note").textContent = message.text;
    };
    socket.onclose = () => {
      asked = true;
      $("note").textContent = "The command has ended: start `neat breed` again.";
      $("breed").disabled = $("back").disabled = true;
      setTimeout(connect, (waits = Math.min(2 * waits, 10000)));
    };
  };
  const turn = (i) => {
    choices[i].setAttribute("aria-pressed", String(choices[i].getAttribute("aria-pressed") !== "true"));
    update();
  };
  choices.forEach((choice, i) => choice.addEventListener("click", () => turn(i)));
  figures.forEach((figure, i) => figure.querySelector(".save").addEventListener("click", () => say({ do: "save", picture: i })));
  $("breed").addEventListener("click", () => say({ do: "breed", chosen: chosen() }));
  $("back").addEventListener("click", () => say({ do: "back" }));
  update();
  connect();
})();
