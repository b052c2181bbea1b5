// The counter's pieces, drawn from plain values alone: the counter and the page of patterns show the same ones.
"use strict";
(() => {
  function el(name, props = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(props)) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "class") made.className = value;
      else if (key in made && typeof value !== "string") made[key] = value;
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }

  // One place of a carrier. `css`: its mark's class, "q" for no answer, "unmet" where there is none.
  function slot({ at = null, css, word, notes = [], current = false, waits = false }) {
    const classes = ["slot", "mark", css, current && "cur", waits && "unsent"].filter(Boolean).join(" ");
    const small = notes.length ? el("small", { class: notes.length > 1 ? "long" : null }, notes.join(" ・ ")) : null;
    return el("button", { class: classes, type: "button", "data-at": at, "aria-pressed": current ? "true" : "false" }, el("span", {}, word), small);
  }

  function car({ name, state, current = false }, ...slots) {
    return el("section", { class: current ? "car now" : "car", "aria-label": name },
      el("header", {}, el("h3", {}, name), el("span", { class: "sm dim" }, state)), ...slots);
  }

  // One phone of the queue. `mark`: class and word of what it came to; `busy`: the word where somebody is at it.
  function row({ at = null, number, tails, mark = null, busy = null, notes = [], waits = null, current = false }) {
    const sign = mark ? el("span", { class: `pip ${mark.css}` }, mark.word) : busy ? el("span", { class: "tag" }, busy) : null;
    const small = el("small", { class: "dim" }, ...notes.map((note) => el("span", {}, note)), waits ? el("span", { class: "strong" }, waits) : null);
    return el("li", {}, el("button", { class: "one", type: "button", "data-at": at, "aria-current": current ? "true" : null },
      el("b", {}, String(number)), el("span", { class: "num" }, `…${tails}`), sign, small));
  }

  // `acts`: what can be done about it, as pairs of a word and a function.
  function line({ text, bad = false, acts = [] }) {
    return el("div", { class: bad ? "notice bad" : "notice" }, el("p", {}, text),
      ...acts.map(([word, press]) => el("button", { class: "btn sm", type: "button", onclick: press }, word)));
  }

  const bar = (kinds) => kinds.map((kind) => el("i", { class: kind }));

  window.shirorom.pieces = { el, slot, car, row, line, bar };
})();
