// The counter (店頭照会): what the server knows, with what still waits here laid over it; every key changes it and draws it.
"use strict";
(() => {
  const root = document.getElementById("counter");
  if (!root) return;
  const { call, newKey, Outbox } = window.shirorom;
  const { carriers, marks, verdicts, unknown, says, lang } = JSON.parse(root.dataset.words);
  const POLL_MS = 2500;
  const RENEW_MS = 60000;
  const IMEIS_MAX = 4;
  const KINDS = ["image/png", "image/jpeg", "image/webp"];
  const $ = (id) => document.getElementById(id);

  let desk = null; // the server's last word
  let at = { item: null, place: null }; // what is in hand
  let online = true;
  let clock = 0; // the server's time less ours: a tablet's clock may be wrong
  let shots = {}; // pictures that were checked, by item and place
  let held = ""; // the place that we asked the server to hold for us
  const wasHere = new Set(); // the places that this window has held: the server's word on them may be a moment old
  let holder = null; // who holds it instead
  let single = null; // the phone that came last, if it came with one number

  const tab = (sessionStorage["counter-tab"] ??= newKey());
  const say = (key, details = {}) => says[key].replace(/\{([a-z_]+)\}/g, (_, name) => details[name] ?? "？");
  const tell = (text) => { $("say").textContent = text; };
  const time = (text) => new Date(text).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit" });
  const grouped = (imei) => `${imei.slice(0, 2)}-${imei.slice(2, 8)}-${imei.slice(8, 14)}-${imei[14]}`;

  const outbox = new Outbox({
    person: () => desk?.person ?? null,
    seen: (entry, answer) => {
      take(answer.item);
      if (answer.next) {
        held = `${answer.next.item} ${answer.next.place}`;
        wasHere.add(held);
      }
      if (at.place) hold();
    },
    changed: ({ error, lost } = {}) => {
      if (error?.offline) online = false;
      if (lost) notice(say("outbox_lost"));
      draw();
    },
  });

  // ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────────

  const items = () => desk?.items ?? [];
  const itemOf = (id) => items().find((item) => item.id === id) ?? null;
  const carrierOf = (place) => carriers.find((carrier) => place.endsWith(`-${carrier.id}`));
  const numberOf = (place) => Number(place[0]);

  // A place as the server has it, or as it will be once what waits here has been sent.
  function placesOf(item) {
    return item.places.map((place) => {
      const waits = outbox.entries.findLast((entry) => entry.body.item === item.id && entry.body.place === place.place);
      if (!waits) return place;
      const mark = Object.keys(marks).find((name) => marks[name].symbol === waits.body.glyph) ?? null;
      return { ...place, mark, stale: false, state: mark ? "answered" : "no-answer", waits: true, why: null, claimed_by: null };
    });
  }
  const byOther = (item, place) => place.claimed_by && !(place.claimed_by === desk.person.name && wasHere.has(`${item.id} ${place.place}`));
  const claimedBy = (name) => (name === desk.person.name ? say("claimed_self") : say("claimed", { name }));
  const isFree = (item) => (place) => place.state === "open" && !byOther(item, place);
  const isAnswered = (place) => place.state === "answered" || place.state === "no-answer";

  function placeName(item, place) {
    const name = carrierOf(place).name;
    return item.imeis.length > 1 ? `${name}・${say("number", { n: numberOf(place) })}` : name;
  }

  // The server's newer word about one phone.
  function take(item) {
    const known = items().findIndex((one) => one.id === item.id);
    if (known >= 0) desk.items[known] = item;
    draw();
  }

  // ── talking with the server ────────────────────────────────────────────────────────────────────────────────────────

  let polling = null;
  function poll({ whole = false } = {}) {
    polling ??= look(whole).finally(() => { polling = null; });
    return polling;
  }
  async function look(whole) {
    try {
      const seen = desk && !whole ? `?seen=${encodeURIComponent(desk.version)}` : "";
      const news = await call("GET", `/v1/counter${seen}`);
      const first = !desk;
      if (!online) { online = true; tell(outbox.entries.length ? say("sending") : say("back")); }
      if (news) {
        desk = news;
        clock = Date.parse(news.now) - Date.now();
      }
      await outbox.refresh();
      if (first) begin();
      if (outbox.ready().length) outbox.send();
      draw();
    } catch (error) {
      if (!error.offline && !error.problem) throw error;
      if (error.offline) online = false;
      if (!desk) {
        $("trouble").textContent = error.offline ? say("unreachable") : `${error.problem.title}。${error.problem.fix}`;
        show("error");
      }
      draw();
    }
  }

  // Something to do at the server; says why where it did not work.
  async function ask(path, body, options) {
    try {
      return await call("POST", `/v1/counter/${path}`, { body, ...options });
    } catch (error) {
      if (error.offline) { online = false; draw(); tell(say("offline")); }
      else tell(`${error.problem.title}。${error.problem.fix}`);
      throw error;
    }
  }

  // Ask the server to keep what is in hand for us, while it is open.
  async function hold({ again = false } = {}) {
    const item = itemOf(at.item);
    const place = item && item.places.find((one) => one.place === at.place);
    if (!place) return;
    const mine = `${item.id} ${place.place}`;
    if (held === mine && !again) return;
    held = mine;
    wasHere.add(mine);
    try {
      await call("POST", "/v1/counter/claims", { body: { item: item.id, place: place.place, tab } });
      if (held === mine) holder = null;
    } catch (error) {
      if (held === mine) held = "";
      wasHere.delete(mine);
      if (error.problem?.code === "place-claimed" && at.item === item.id && at.place === place.place) {
        await poll({ whole: true });
        holder = itemOf(at.item)?.places.find((one) => one.place === at.place)?.claimed_by ?? "？";
      }
    }
    draw();
  }

  // Whoever leaves lets go: nobody waits for a closed window.
  addEventListener("pagehide", () => {
    if (!held) return;
    const [item, place] = held.split(" ");
    held = "";
    const body = JSON.stringify({ item, place, tab, release: true });
    fetch("/v1/counter/claims", { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: true }).catch(() => {});
  });
  addEventListener("pageshow", (event) => { if (event.persisted) hold(); });

  // ── what a person does ─────────────────────────────────────────────────────────────────────────────────────────────

  function select(item, place = null) {
    const places = placesOf(item);
    const next = place ?? (places.find(isFree(item)) ?? places.find((one) => one.state === "open") ?? places[0]).place;
    at = { item: item.id, place: next };
    holder = null;
    $("copied").textContent = "";
    sessionStorage["counter-at"] = JSON.stringify(at);
    hold();
    draw();
  }

  // The next place of this phone that is still open, going round from here.
  function onward(item, from) {
    const places = placesOf(item);
    const start = places.findIndex((one) => one.place === from) + 1;
    return [...places.slice(start), ...places.slice(0, start)].find(isFree(item)) ?? null;
  }

  function answer(glyph) {
    const item = itemOf(at.item);
    if (!item || !at.place) return;
    const place = at.place;
    const now = placesOf(item).find((one) => one.place === place);
    if (now.state === "off") return tell(say(now.why === "practice" ? "practice" : "off"));
    const mark = Object.values(marks).find((one) => one.symbol === glyph);
    const shot = shots[`${item.id} ${place}`]?.digest ?? null;
    outbox.add({
      item: item.id, place, glyph, sentence: "", screenshot: glyph ? shot : null, tab, only_item: true,
      asked_at: new Date(Date.now() + clock).toISOString(), person: desk.person.id,
    });
    delete shots[`${item.id} ${place}`];
    const next = onward(item, place);
    const name = placeName(item, place);
    if (mark) tell(next ? say("recorded", { place: name, word: mark.word }) : say("recorded_last", { word: mark.word }));
    else tell(say("no_answer", { place: name }));
    if (next) {
      select(item, next.place);
      openByItself();
    } else draw();
  }

  // Where a person wants it: what they pressed last brings up the next official page, with its number copied.
  function openByItself() {
    if (localStorage["counter-open"] === "on" && !$("open").hidden) $("open").click();
  }

  async function undo() {
    const item = itemOf(at.item);
    if (!item) return;
    if (outbox.sending && online) await outbox.sending.catch(() => {});
    const waits = outbox.entries.findLast((entry) => entry.body.item === item.id);
    if (waits && waits !== outbox.inFlight && !waits.tried) {
      await outbox.drop(waits);
      tell(say("undone", { place: placeName(item, waits.body.place) }));
      return select(item, waits.body.place);
    }
    if (!online) return tell(say("undo_offline"));
    const done = await ask("undo", { item: item.id }).catch(() => null);
    if (!done) return;
    take(done.item);
    select(itemOf(item.id) ?? done.item, done.place);
    tell(say("undone", { place: placeName(item, done.place) }));
  }

  async function skip() {
    const item = itemOf(at.item);
    if (!item || !at.place) return;
    const place = at.place;
    const changed = await ask("skips", { item: item.id, place }, { key: newKey() }).catch(() => null);
    if (!changed) return;
    take(changed);
    const next = onward(changed, place);
    if (next) select(changed, next.place);
    tell(say("skipped", { place: placeName(item, place) }));
  }

  async function remove() {
    const item = itemOf(at.item);
    if (!item || !(await ask("removals", { item: item.id }).catch(() => null))) return;
    desk.items = items().filter((one) => one !== item);
    at = { item: null, place: null };
    nextPhone({ quiet: true });
    notice(say("removed", { number: item.number }));
    draw();
  }

  function nextPhone({ quiet = false } = {}) {
    const all = items();
    const here = all.findIndex((item) => item.id === at.item) + 1;
    const next = [...all.slice(here), ...all.slice(0, here)].find((item) => item.id !== at.item && placesOf(item).some(isFree(item)));
    if (next) select(next);
    if (!quiet) tell(next ? "" : say("all_done"));
  }

  function move(by) {
    const item = itemOf(at.item);
    if (!item) return;
    const places = item.places.map((one) => one.place);
    const to = places[(places.indexOf(at.place) + by + places.length) % places.length];
    select(item, to);
    tell("");
  }

  // Scans come one after the other: an answer that is late must not be taken for the last one.
  let adding = Promise.resolve();
  function add(text) {
    adding = adding.then(() => addOne(text));
    return adding;
  }

  async function addOne(text) {
    if (!text.trim()) return;
    notice(say("adding"));
    const done = await ask("items", { text }).catch(() => null);
    if (!done) return notice($("say").textContent);
    await poll({ whole: true });
    const bad = done.found.find((one) => one.error);
    const [fresh] = done.added;
    const before = itemOf(single);
    single = done.added.length === 1 && fresh.imeis.length === 1 ? fresh.id : null;
    const there = done.present.map(itemOf).filter(Boolean);
    const idle = !itemOf(at.item) || !placesOf(itemOf(at.item)).some((one) => one.state === "open");
    if (fresh && idle) {
      select(itemOf(fresh.id) ?? fresh);
      if ($("keys").getBoundingClientRect().bottom > innerHeight) $("work").scrollIntoView({ block: "start" });
      openByItself();
    }
    else if (there.length && idle) select(there[0]);
    if (bad && !fresh) notice(say("bad", { text: bad.text }), { bad: true });
    else if (fresh) {
      const join = single && before && before.imeis.length < IMEIS_MAX ? [["join", () => joined(before, fresh), { number: before.number }]] : [];
      notice(say("added", { number: done.added.map((one) => one.number).join(", ") }), { acts: join });
    }
    else if (there.length === 1) notice(say("present", { number: there[0].number }));
    else if (done.present.length) notice(say("present_many", { count: done.present.length }));
    else notice(say("none"), { bad: true });
    draw();
  }

  // A phone with two numbers has two barcodes: whoever holds the box says that they are one phone.
  async function joined(first, second) {
    const numbers = [...first.imeis, ...second.imeis];
    if (!(await ask("items", { devices: [numbers] }).catch(() => null))) return;
    await ask("removals", { item: second.id }).catch(() => null);
    await poll({ whole: true });
    single = first.id;
    if (at.item === second.id || !itemOf(at.item)) select(itemOf(first.id));
    notice(say("joined", { number: first.number, count: numbers.length }));
  }

  async function picture(file) {
    const item = itemOf(at.item);
    if (!item || !at.place || !file) return;
    if (!KINDS.includes(file.type)) return tell(say("shot_kind"));
    const key = `${item.id} ${at.place}`;
    tell(say("shot_wait"));
    try {
      const kept = await call("POST", `/v1/counter/screenshots/${item.id}/${at.place}`, { body: file, type: file.type });
      shots[key] = { digest: kept.screenshot, url: URL.createObjectURL(file) };
      tell(say("shot_kept"));
    } catch (error) {
      tell(error.offline ? say("shot_offline") : `${error.problem.title}。${error.problem.fix}`);
    }
    draw();
  }

  async function saveRules(form) {
    const fields = new FormData(form);
    const rules = await ask("rules", { stop_at_restricted: fields.has("stop"), skip: fields.getAll("skip") }).catch(() => null);
    if (rules) notice(say("rules_kept"));
    else notice($("say").textContent, { bad: true });
    poll({ whole: true });
  }

  // ── drawing ────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    const here = box.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    box.replaceChildren(...nodes());
    if (here) box.querySelector(`[data-at="${CSS.escape(here)}"]`)?.focus({ preventScroll: true });
  }

  let notices = [];
  function notice(text, { bad = false, acts = [] } = {}) {
    notices = text ? [{ text, bad, acts }] : [];
    draw();
  }

  function show(state) {
    root.dataset.state = state ?? root.dataset.state;
    for (const part of root.querySelectorAll("[data-show]")) part.hidden = part.dataset.show !== root.dataset.state;
  }

  function draw() {
    if (desk) {
      if (at.item && !itemOf(at.item)) at = { item: null, place: null };
      show(at.item ? "ready" : "empty");
      drawQueue();
      drawRules();
      if (at.item) drawItem(itemOf(at.item));
    }
    drawNotices();
  }

  function drawNotices() {
    const others = outbox.others();
    const refused = outbox.entries.filter((entry) => entry.refused);
    const waiting = outbox.entries.length - others.length - refused.length;
    const lines = [...notices];
    if (!online) lines.push({ text: say("offline"), bad: true });
    if (waiting && (!online || !outbox.sending)) lines.push({ text: say("waiting", { count: waiting }) });
    for (const name of new Set(others.map((entry) => entry.by.name))) {
      const mine = others.filter((entry) => entry.by.name === name);
      lines.push({ text: say("other_person_named", { count: mine.length, name }), bad: true, acts: [["mine", () => outbox.adopt(mine)]] });
    }
    for (const entry of refused) {
      const item = itemOf(entry.body.item);
      const what = `${item ? `${say("at", { number: item.number })} ${placeName(item, entry.body.place)} ` : ""}${entry.body.glyph}　${entry.refused.title}`;
      lines.push({ text: say("refused", { text: what }), bad: true, acts: [["retry", () => outbox.retry(entry)], ["drop", () => outbox.drop(entry)]] });
    }
    put($("notices"), () => lines.map(({ text, bad, acts = [] }) => el("div", { class: bad ? "notice bad" : "notice" }, el("p", {}, text),
      ...acts.map(([key, press, details]) => el("button", { class: "btn sm", type: "button", onclick: press }, say(key, details))))), lines.map(({ text, acts = [] }) => [text, acts.length]));
  }

  const cssOf = (item) => marks[item.verdict]?.css ?? "q";
  const wordOf = (item) => (marks[item.verdict] ? marks[item.verdict].word : unknown);
  const counts = (item) => {
    const places = placesOf(item);
    const whole = carriers.filter((carrier) => places.filter((one) => one.carrier === carrier.id).every(isAnswered)).length;
    return { total: places.length, done: places.filter(isAnswered).length, whole };
  };

  function drawQueue() {
    $("count").textContent = say("items", { count: items().length });
    const rows = items().map((item) => ({ item, ...counts(item), waits: outbox.entries.some((entry) => entry.body.item === item.id) }));
    const sign = rows.map(({ item, done, total, waits }) => [item.id, item.number, item.state, item.verdict, item.claimed_by, done, total, waits, item.id === at.item]);
    put($("items"), () => rows.map(({ item, whole, waits }) => {
      const tails = item.imeis.map((imei) => imei.slice(-4)).join("・");
      const over = item.state === "done" || item.verdict === "restricted";
      const state = over ? el("span", { class: `pip ${cssOf(item)}` }, wordOf(item))
        : item.claimed_by ? el("span", { class: "tag" }, say("busy")) : null;
      const note = el("small", { class: "dim" }, el("span", {}, time(item.added_at)), el("span", {}, say("progress", { done: whole })),
        item.claimed_by && item.claimed_by !== desk.person.name ? el("span", {}, claimedBy(item.claimed_by)) : null, waits ? el("span", { class: "strong" }, says.waits) : null);
      return el("li", {}, el("button", { class: `one`, type: "button", "data-at": item.id, "aria-current": item.id === at.item ? "true" : null },
        el("b", {}, String(item.number)), el("span", { class: "num" }, `…${tails}`), state, note));
    }), sign);
    if (shown !== at.item) {
      shown = at.item;
      root.querySelector(".one[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
  let shown = null;

  function drawItem(item) {
    const places = placesOf(item);
    const now = places.find((one) => one.place === at.place) ?? places[0];
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
    drawWork(item, now);
  }

  function drawFour(item, places, now) {
    const sign = [item.id, now.place, places.map((one) => [one.place, one.state, one.why, one.mark, one.stale, one.waits, byOther(item, one) && one.claimed_by])];
    put($("four"), () => carriers.map((carrier) => {
      const mine = places.filter((one) => one.carrier === carrier.id);
      const here = now.carrier === carrier.id;
      const state = mine.every(isAnswered) ? "done" : here ? "busy" : mine.every((one) => one.state === "open") ? "todo" : "unasked";
      return el("section", { class: here ? "car now" : "car", "aria-label": carrier.name }, el("header", {}, el("h3", {}, carrier.name), el("span", { class: "sm dim" }, say(state))),
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

  function drawWork(item, place) {
    const carrier = carrierOf(place.place);
    const imei = item.imeis[numberOf(place.place) - 1];
    $("wh").textContent = placeName(item, place.place);
    $("no").textContent = grouped(imei);
    $("held").textContent = holder ? claimedBy(holder) : "";
    const link = $("open");
    link.href = carrier.url;
    link.dataset.copy = imei;
    link.firstElementChild.textContent = say(place.state === "open" ? "open" : "open_again");
    const off = place.state === "off";
    link.hidden = off;
    for (const key of $("keys").children) key.disabled = off;
    const shot = shots[`${item.id} ${place.place}`];
    $("drop").querySelector("img")?.remove();
    $("shot").hidden = Boolean(shot);
    if (shot) $("drop").prepend(el("img", { src: shot.url, alt: say("shot_kept") }));
  }

  function drawRules() {
    const form = $("rules");
    const sign = JSON.stringify(desk.rules);
    if (drawn.get(form) === sign) return;
    drawn.set(form, sign);
    form.elements.stop.checked = desk.rules.stop_at_restricted;
    for (const box of form.querySelectorAll("[name=skip]")) box.checked = desk.rules.skip.includes(box.value);
  }

  // ── keys, mouse, touch, scanner ────────────────────────────────────────────────────────────────────────────────────

  const acts = { undo, skip, remove, next: () => nextPhone(), reload: () => poll({ whole: true }) };
  const glyphs = new Map([...$("keys").children].map((key) => [key.dataset.key, key.dataset.glyph]));

  function press(key) {
    if (key === "s") return $("scan").focus();
    if (root.dataset.state !== "ready") return;
    if (glyphs.has(key)) answer(glyphs.get(key));
    else if (key === "o" && !$("open").hidden) $("open").click();
    else if (key === "z") undo();
    else if (key === "n") nextPhone();
  }

  // Where scanner.js did not load: a key counts if no other follows it at once, as those of a scanner do.
  function loneKey(callback) {
    const GAP_MS = 80;
    let last = 0;
    let waiting = 0;
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.key.length > 1 || inField(event.target)) return;
      const burst = event.timeStamp - last < GAP_MS;
      last = event.timeStamp;
      clearTimeout(waiting);
      if (!burst && localStorage.getItem("single-keys") !== "off") waiting = setTimeout(() => callback(event.key, event), GAP_MS);
    });
  }

  const inField = (target) => target.matches?.("input:not([type=checkbox]),textarea,select") || target.isContentEditable;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || inField(event.target)) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      if (root.dataset.state !== "ready") return;
      event.preventDefault();
      move(event.key === "ArrowRight" ? 1 : -1);
    }
  });
  (window.shirorom.singleKey ?? loneKey)((key) => press(key.toLowerCase()));

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.key) answer(button.dataset.glyph);
    else if (button.dataset.add) add(button.dataset.add);
    else if (button.dataset.act) acts[button.dataset.act]();
    else if (button.matches(".slot")) select(itemOf(at.item), button.dataset.at);
    else if (button.matches(".one")) select(itemOf(button.dataset.at));
  });
  $("open").addEventListener("click", () => hold());
  $("add").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("scan").value;
    $("scan").value = "";
    $("scan").blur();
    add(text);
  });
  $("rules").addEventListener("submit", (event) => {
    event.preventDefault();
    saveRules(event.target);
  });
  document.addEventListener("shirorom:scan", (event) => {
    event.preventDefault();
    add(event.detail.text);
  });
  document.addEventListener("paste", (event) => {
    if (event.defaultPrevented || inField(event.target)) return;
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    const text = event.clipboardData.getData("text");
    if (!file && !text) return;
    event.preventDefault();
    file ? picture(file) : add(text);
  });
  const drop = $("drop");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      event.stopPropagation();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") picture(event.dataTransfer.files[0]);
    });
  }
  $("file").addEventListener("change", (event) => {
    picture(event.target.files[0]);
    event.target.value = "";
  });

  const opens = $("opens");
  opens.checked = localStorage["counter-open"] === "on";
  opens.addEventListener("change", () => { localStorage["counter-open"] = opens.checked ? "on" : "off"; });

  // ── begin, and go on ───────────────────────────────────────────────────────────────────────────────────────────────

  // Where the address says (the extension sends people here), where this page was before, or where the work is.
  function begin() {
    const asked = new URLSearchParams(location.search);
    let wish = { item: asked.get("item"), place: asked.get("place") };
    if (asked.has("item")) history.replaceState(null, "", location.pathname);
    try {
      wish = wish.item ? wish : JSON.parse(sessionStorage["counter-at"] ?? "{}");
    } catch {
      wish = {};
    }
    const item = itemOf(wish.item);
    if (item) select(item, item.places.some((one) => one.place === wish.place) ? wish.place : null);
    else nextPhone({ quiet: true });
    if (!at.item && items().length) select(items().at(-1));
  }

  const wake = () => { if (!document.hidden) poll(); };
  addEventListener("online", wake);
  addEventListener("offline", () => { online = false; draw(); });
  document.addEventListener("visibilitychange", wake);
  setInterval(wake, POLL_MS);
  setInterval(() => { if (!document.hidden && itemOf(at.item)?.places.find((one) => one.place === at.place)?.state === "open") hold({ again: true }); }, RENEW_MS);
  outbox.load().catch(() => {}).then(async () => {
    if (!(await outbox.store.lasting())) notice(say("outbox_lost"));
    poll();
  });
})();
