// Explanations: ticks that stay in this browser, and the worker that keeps the pages for reading without a connection.
"use strict";

navigator.serviceWorker?.register("/sw.js").catch(() => {}); // not where the transport is not secure: nothing is lost

for (const article of document.querySelectorAll("[data-ticks]")) {
  const key = `ticks:${article.dataset.ticks}`;
  const items = [...article.querySelectorAll(".ticks > li")];
  const said = article.querySelector("[data-progress]");
  const clear = article.querySelector("[data-clear]");

  const load = () => {
    try {
      return new Set(JSON.parse(localStorage.getItem(key) ?? "[]"));
    } catch {
      return new Set(); // no storage, or not ours: a list without ticks
    }
  };
  const ticked = load();
  const save = () => {
    try {
      localStorage.setItem(key, JSON.stringify([...ticked]));
    } catch {
      // ticks for this visit only
    }
  };
  const boxes = items.map((item) => {
    const what = item.querySelector(".what");
    const label = document.createElement("label");
    const box = document.createElement("input");
    label.className = "tick";
    box.type = "checkbox";
    box.checked = ticked.has(item.id);
    what.replaceWith(label);
    label.append(box, what);
    box.addEventListener("change", () => {
      ticked[box.checked ? "add" : "delete"](item.id);
      save();
      tell();
    });
    return box;
  });
  const tell = () => {
    const done = boxes.filter((box) => box.checked).length;
    said.textContent = article.dataset.done.replace("{0}", done).replace("{1}", boxes.length);
    clear.hidden = done === 0;
  };
  clear.addEventListener("click", () => {
    ticked.clear();
    for (const box of boxes) box.checked = false;
    save();
    tell();
    boxes[0].focus();
  });
  tell();
}
