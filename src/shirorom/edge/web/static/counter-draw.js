// Draws the counter: the queue, the phone in hand, its places, what is to be said. Only what differs is drawn anew.
"use strict";
(() => {
  const counter = window.shirorom.counter;
  const { root, words, state, outbox, $, say, time, grouped, items, here, itemOf, carrierOf, numberOf } = counter;
  const { placesOf, byOther, claimedBy, isAnswered, placeName } = counter;
  const { carriers, marks, unknown, says } = words;

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

  // New content only where it differs; the keyboard stays where it was.
  const drawn = new WeakMap();
  function put(box, nodes, sign) {
    const signature = JSON.stringify(sign);
    if (drawn.get(box) === signature) return;
    drawn.set(box, signature);
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    box.replaceChildren(...nodes());
    if (focused) box.querySelector(`[data-at="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  // One line above the desk; `acts`: what can be done about it, as pairs of a word's key and a function.
  function notice(text, { bad = false, acts = [] } = {}) {
    state.notices = text ? [{ text, bad, acts, n: (state.notices[0]?.n ?? 0) + 1 }] : [];
    draw();
  }

  function show(what) {
    root.dataset.state = what;
    for (const part of root.querySelectorAll("[data-show]")) part.hidden = part.dataset.show !== what;
  }

  function draw() {
    if (state.desk) {
      if (state.at.item && !here()) state.at = { item: null, place: null };
      show(state.at.item ? "ready" : "empty");
      drawQueue();
      drawRules();
      if (state.at.item) drawItem(here());
    }
    drawNotices();
  }

  function drawNotices() {
    const others = outbox.others();
    const refused = outbox.entries.filter((entry) => entry.refused);
    const waiting = outbox.entries.length - others.length - refused.length;
    const lines = [...state.notices];
    if (!state.online && state.desk) lines.push({ text: say("offline"), bad: true });
    const phones = counter.waiting.reduce((sum, body) => sum + (body.devices?.length ?? 1), 0);
    if (phones) lines.push({ text: say("phones_wait", { count: phones }) });
    if (waiting && (!state.online || !outbox.sending)) lines.push({ text: say("waiting", { count: waiting }) });
    for (const name of new Set(others.map((entry) => entry.by.name))) {
      const theirs = others.filter((entry) => entry.by.name === name);
      lines.push({ text: say("other_person_named", { count: theirs.length, name }), bad: true, acts: [["mine", () => outbox.adopt(theirs)]] });
    }
    for (const entry of refused) {
      const item = itemOf(entry.body.item);
      const what = `${item ? `${say("at", { number: item.number })} ${placeName(item, entry.body.place)} ` : ""}${entry.body.glyph}　${entry.refused.title}`;
      lines.push({ text: say("refused", { text: what }), bad: true, acts: [["retry", () => outbox.retry(entry)], ["drop", () => outbox.drop(entry)]] });
    }
    put($("notices"), () => lines.map(({ text, bad, acts = [] }) => el("div", { class: bad ? "notice bad" : "notice" }, el("p", {}, text),
      ...acts.map(([key, press, details]) => el("button", { class: "btn sm", type: "button", onclick: press }, say(key, details))))), lines.map(({ text, n }) => [text, n]));
  }

  const cssOf = (item) => marks[item.verdict]?.css ?? "q";
  const wordOf = (item) => marks[item.verdict]?.word ?? unknown;
  const counts = (item) => {
    const places = placesOf(item);
    const whole = carriers.filter((carrier) => places.filter((one) => one.carrier === carrier.id).every(isAnswered)).length;
    return { total: places.length, done: places.filter(isAnswered).length, whole };
  };

  let shown = null;
  function drawQueue() {
    $("count").textContent = say("items", { count: items().length });
    const rows = items().map((item) => ({ item, ...counts(item), waits: outbox.entries.some((entry) => entry.body.item === item.id) }));
    const sign = rows.map(({ item, done, total, waits }) => [item.id, item.number, item.state, item.verdict, item.claimed_by, done, total, waits, item.id === state.at.item]);
    put($("items"), () => rows.map(drawRow), sign);
    if (shown === state.at.item) return;
    shown = state.at.item;
    root.querySelector(".one[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function drawRow({ item, whole, waits }) {
    const tails = item.imeis.map((imei) => imei.slice(-4)).join("・");
    const over = item.state === "done" || item.verdict === "restricted";
    const sign = over ? el("span", { class: `pip ${cssOf(item)}` }, wordOf(item))
      : item.claimed_by ? el("span", { class: "tag" }, say("busy")) : null;
    const note = el("small", { class: "dim" }, el("span", {}, time(item.added_at)), el("span", {}, say("progress", { done: whole })),
      item.claimed_by && item.claimed_by !== state.desk.person.name ? el("span", {}, claimedBy(item.claimed_by)) : null,
      waits ? el("span", { class: "strong" }, says.waits) : null);
    return el("li", {}, el("button", { class: "one", type: "button", "data-at": item.id, "aria-current": item.id === state.at.item ? "true" : null },
      el("b", {}, String(item.number)), el("span", { class: "num" }, `…${tails}`), sign, note));
  }

  function drawItem(item) {
    const places = placesOf(item);
    const now = places.find((one) => one.place === state.at.place) ?? places[0];
    const { total, done, whole } = counts(item);
    const open = places.some((one) => one.state === "open");
    $("who").textContent = [say("at", { number: item.number }), time(item.added_at), item.by].join(" ・ ");
    put($("ids"), () => item.imeis.map((imei, n) => el("p", { class: n + 1 === numberOf(now.place) ? "now" : "" },
      el("span", { class: "sm dim" }, item.imeis.length > 1 ? say("number", { n: n + 1 }) : "IMEI"), " ", el("b", { class: "num" }, grouped(imei)))), [item.imeis, numberOf(now.place)]);
    const partly = open || places.some((one) => one.waits);
    $("vl").textContent = [say(partly ? "partial" : "final"), item.so_far && item.verdict === "undetermined" ? say("so_far", { word: marks[item.so_far].word }) : ""].filter(Boolean).join(" ・ ");
    put($("vd"), () => [el("span", { class: `pip ${cssOf(item)}` }, wordOf(item))], [item.verdict]);
    $("done").textContent = say("progress", { done: whole });
    $("cells").textContent = say("cells", { total, done });
    $("sum").textContent = item.summary;
    put($("bar"), () => places.map((one) => el("i", { class: one.waits ? "wait" : isAnswered(one) ? "on" : "" })), places.map((one) => [one.waits, isAnswered(one)]));
    drawFour(item, places, now);
    drawWork(item, now, partly);
  }

  function drawFour(item, places, now) {
    const sign = [item.id, now.place, places.map((one) => [one.place, one.state, one.why, one.mark, one.stale, one.waits, byOther(item, one) && one.claimed_by])];
    put($("four"), () => carriers.map((carrier) => {
      const mine = places.filter((one) => one.carrier === carrier.id);
      const current = now.carrier === carrier.id;
      const word = mine.every(isAnswered) ? "done" : current ? "busy" : mine.every((one) => one.state === "open") ? "todo" : "unasked";
      return el("section", { class: current ? "car now" : "car", "aria-label": carrier.name }, el("header", {}, el("h3", {}, carrier.name), el("span", { class: "sm dim" }, say(word))),
        ...mine.map((one) => slot(item, one, one.place === now.place)));
    }), sign);
  }

  function slot(item, place, current) {
    const other = byOther(item, place) ? claimedBy(place.claimed_by) : null;
    let css = "unmet";
    let word = current ? say("now") : say("todo");
    if (place.state === "answered") [css, word] = [marks[place.mark].css, marks[place.mark].word];
    else if (place.state === "no-answer") [css, word] = ["q", $("keys").lastElementChild.querySelector("span").textContent];
    else if (place.state === "skipped" || place.state === "off") word = say(place.why ?? "unasked");
    const notes = [
      item.imeis.length > 1 ? say("number", { n: numberOf(place.place) }) : null,
      place.waits ? says.waits : null,
      place.state === "open" && place.mark ? say("stale", { word: marks[place.mark].word }) : null,
      place.state === "answered" && !place.waits && place.asked_at && place.asked_at < item.added_at ? say("answered_before", { time: time(place.asked_at) }) : null,
      place.state === "open" ? other : null,
    ].filter(Boolean);
    return el("button", { class: `slot mark ${css}${current ? " cur" : ""}${place.waits ? " unsent" : ""}`, type: "button", "data-at": place.place, "aria-pressed": current ? "true" : "false" },
      el("span", {}, word), notes.length ? el("small", {}, notes.join(" ・ ")) : null);
  }

  function drawWork(item, place, open) {
    const carrier = carrierOf(place.place);
    const imei = item.imeis[numberOf(place.place) - 1];
    $("work").dataset.over = open ? "" : "over";
    $("wh").textContent = placeName(item, place.place);
    $("no").textContent = grouped(imei);
    $("held").textContent = state.holder ? claimedBy(state.holder) : "";
    const link = $("open");
    link.href = carrier.url;
    link.dataset.copy = imei;
    link.firstElementChild.textContent = say(place.state === "open" ? "open" : "open_again");
    const off = place.state === "off";
    link.hidden = off;
    for (const key of $("keys").children) key.disabled = off;
    const shot = state.shots[`${item.id} ${place.place}`];
    $("drop").querySelector("img")?.remove();
    $("shot").hidden = Boolean(shot);
    if (shot) $("drop").prepend(el("img", { src: shot.url, alt: say("shot_kept") }));
  }

  function drawRules() {
    const form = $("rules");
    const sign = JSON.stringify(state.desk.rules);
    if (drawn.get(form) === sign) return;
    drawn.set(form, sign);
    form.elements.stop.checked = state.desk.rules.stop_at_restricted;
    for (const box of form.querySelectorAll("[name=skip]")) box.checked = state.desk.rules.skip.includes(box.value);
  }

  Object.assign(counter, { draw, show, notice });
})();
