// The page of patterns: draws the pieces that scripts draw, by the scripts' own code and templates, with made-up contents.
"use strict";
(() => {
  const { slot, car, row, line, bar } = window.shirorom.pieces;
  const fill = (id, ...nodes) => document.getElementById(id).append(...nodes);
  const drawn = JSON.parse(document.getElementById("p-counter").dataset.drawn);

  fill("p-lines", ...drawn.lines.map(line));
  fill("p-rows", ...drawn.rows.map(row));
  fill("p-slots", car({ name: "au", state: "2", current: true }, ...drawn.slots.slice(0, 5).map(slot)),
    car({ name: "au", state: "1" }, ...drawn.slots.slice(5, 10).map(slot)), car({ name: "au", state: "0" }, ...drawn.slots.slice(10).map(slot)));
  fill("p-bar", ...bar(["on", "on", "wait", ""]));

  // The pieces of intake.js as they lie in its page.
  const TEXTS = { name: "IMG_0001.jpg", text: "00-100101-000001-3", digits: "00-100101-000001-3", label: "IMEI 1", others: "EID " };
  function paint(canvas) {
    [canvas.width, canvas.height] = [480, 60];
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#f4f1ea";
    pen.fillRect(0, 0, 480, 60);
    pen.fillStyle = "#1a1a1a";
    pen.font = "32px sans-serif";
    pen.fillText("IMEI 001001010000013", 12, 42);
  }
  const piece = (name) => document.importNode(document.querySelector(`[data-piece=${name}]`).content.firstElementChild, true);
  for (const template of document.querySelectorAll("template[data-piece]:not([data-piece=number])")) {
    const card = piece(template.dataset.piece);
    if (template.dataset.piece === "confirm") card.querySelector("[data-numbers]").append(piece("number"), piece("number"));
    const own = { count: template.dataset.piece === "many" ? "812" : "1 / 3", ...TEXTS };
    if (card.localName === "section") own.text = document.getElementById("p-stage").dataset[template.dataset.piece] ?? own.text;
    for (const [place, text] of Object.entries(own)) for (const box of card.querySelectorAll(`[data-${place}]`)) box.textContent = text;
    for (const canvas of card.querySelectorAll("canvas")) paint(canvas);
    card.removeAttribute("tabindex");
    fill("p-stage", card);
  }
})();
