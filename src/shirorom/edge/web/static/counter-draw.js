// Draws the counter: the queue, the phone in hand, its places, what is to be said. Only what differs is drawn anew.
"use strict";
(() => {
  const counter = window.shirorom.counter;
  const { root, words, state, outbox, $, say, time, grouped, items, here, itemOf, carrierOf, numberOf } = counter;
  const { placesOf, byOther, claimedBy, isAnswered, placeName } = counter;
  const { carriers, marks, unknown, says } = words;
  const { el, slot, car, row, line, bar } = window.shirorom.pieces;

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
    const phones = counter.waiting.reduce((sum, body) => sum + (body.devices?.length ?? 1), 0);
    const lines = [...state.notices];
    const left = [
      !state.online && state.desk && say("offline"),
      waiting && (!state.online || !outbox.sending) && say("waiting", { count: waiting }),
      phones && say("phones_wait", { count: phones }),
    ].filter(Boolean);
    if (left.length) lines.push({ text: left.join("　"), bad: !state.online });
    for (const name of new Set(others.map((entry) => entry.by.name))) {
      const theirs = others.filter((entry) => entry.by.name === name);
      lines.push({ text: say("other_person_named", { count: theirs.length, name }), bad: true, acts: [["mine", () => outbox.adopt(theirs)]] });
    }
    for (const entry of refused) {
      const item = itemOf(entry.body.item);
      const what = `${item ? `${say("at", { number: item.number })} ${placeName(item, entry.body.place)} ` : ""}${entry.body.glyph}　${entry.refused.title}`;
      lines.push({ text: say("refused", { text: what }), bad: true, acts: [["retry", () => outbox.retry(entry)], ["drop", () => outbox.drop(entry)]] });
    }
    const worded = lines.map(({ acts = [], ...rest }) => ({ ...rest, acts: acts.map(([key, press, details]) => [say(key, details), press]) }));
    put($("notices"), () => worded.map(line), worded.map(({ text, n, acts }) => [text, n, acts.map(([word]) => word)]));
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
    const sign = rows.map(({ item, done, total, waits }) => [item.id, item.number, item.state, item.verdict, item.claimed_by, item.planned, done, total, waits, item.id === state.at.item]);
    put($("items"), () => rows.map(drawRow), sign);
    if (shown === state.at.item) return;
    shown = state.at.item;
    root.querySelector(".one[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function drawRow({ item, whole, waits }) {
    const over = item.state === "done" || item.verdict === "restricted";
    const other = item.claimed_by && item.claimed_by !== state.desk.person.name;
    return row({
      at: item.id, number: item.number, tails: item.imeis.map((imei) => imei.slice(-4)).join("・"),
      mark: over ? { css: cssOf(item), word: wordOf(item) } : null, busy: item.claimed_by ? say("busy") : null,
      notes: [time(item.added_at), item.planned ? say("planned") : null, say("progress", { done: whole }), other ? claimedBy(item.claimed_by) : null].filter(Boolean),
      waits: waits ? says.waits : null, current: item.id === state.at.item,
    });
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
    put($("bar"), () => bar(places.map((one) => one.waits ? "wait" : isAnswered(one) ? "on" : "")), places.map((one) => [one.waits, isAnswered(one)]));
    drawFour(item, places, now);
    drawWork(item, now, open);
  }

  function drawFour(item, places, now) {
    const sign = [item.id, now.place, places.map((one) => [one.place, one.state, one.why, one.mark, one.stale, one.waits, byOther(item, one) && one.claimed_by])];
    put($("four"), () => carriers.map((carrier) => {
      const mine = places.filter((one) => one.carrier === carrier.id);
      const current = now.carrier === carrier.id;
      const word = mine.every(isAnswered) ? "done" : current ? "busy" : mine.every((one) => one.state === "open") ? "todo" : "unasked";
      return car({ name: carrier.name, state: say(word), current }, ...mine.map((one) => drawSlot(item, one, one.place === now.place)));
    }), sign);
  }

  const daysSince = (text) => Math.floor((Date.now() + state.clock - Date.parse(text)) / 86_400_000);

  function drawSlot(item, place, current) {
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
      place.why === "plan" && place.mark ? say("planned_before", { word: marks[place.mark].word, n: daysSince(place.asked_at) }) : null,
      place.state === "answered" && !place.waits && place.asked_at && place.asked_at < item.added_at ? say("answered_before", { time: time(place.asked_at) }) : null,
      place.state === "open" ? other : null,
    ].filter(Boolean);
    return slot({ at: place.place, css, word, notes, current, waits: place.waits });
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
