// What a person does at the counter: choose, answer, take back, leave out, go on, set the rules.
"use strict";
(() => {
  const counter = window.shirorom.counter;
  const { words, state, outbox, tab, newKey, $, say, tell, items, itemOf, here, placesOf, isFree, placeName } = counter;
  const { take, poll, ask, hold, draw, notice } = counter;
  const { marks } = words;

  function select(item, place = null) {
    const places = placesOf(item);
    const next = place ?? (places.find(isFree(item)) ?? places.find((one) => one.state === "open") ?? places[0]).place;
    state.at = { item: item.id, place: next };
    state.holder = null;
    $("copied").textContent = "";
    sessionStorage["counter-at"] = JSON.stringify(state.at);
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
    const item = here();
    const { place } = state.at;
    if (!item || !place) return;
    const now = placesOf(item).find((one) => one.place === place);
    if (now.state === "off") return tell(say(now.why === "practice" ? "practice" : "off"));
    const mark = Object.values(marks).find((one) => one.symbol === glyph);
    const shot = state.shots[`${item.id} ${place}`]?.digest ?? null;
    outbox.add({
      item: item.id, place, glyph, sentence: "", screenshot: glyph ? shot : null, tab, only_item: true,
      asked_at: new Date(Date.now() + state.clock).toISOString(), person: state.desk.person.id,
    });
    delete state.shots[`${item.id} ${place}`];
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
    const item = here();
    if (!item) return;
    if (outbox.sending && state.online) await outbox.sending.catch(() => {});
    const waits = outbox.entries.findLast((entry) => entry.body.item === item.id);
    if (waits && waits !== outbox.inFlight && !waits.tried) {
      await outbox.drop(waits);
      tell(say("undone", { place: placeName(item, waits.body.place) }));
      return select(item, waits.body.place);
    }
    if (!state.online) return tell(say("undo_offline"));
    const done = await ask("undo", { item: item.id });
    if (!done) return;
    take(done.item);
    select(itemOf(item.id) ?? done.item, done.place);
    tell(say("undone", { place: placeName(item, done.place) }));
  }

  async function skip() {
    const item = here();
    const { place } = state.at;
    if (!item || !place) return;
    const changed = await ask("skips", { item: item.id, place }, { key: newKey() });
    if (!changed) return;
    take(changed);
    const next = onward(changed, place);
    if (next) select(changed, next.place);
    tell(say("skipped", { place: placeName(item, place) }));
  }

  async function remove() {
    const item = here();
    if (!item || !(await ask("removals", { item: item.id }))) return;
    state.desk.items = items().filter((one) => one !== item);
    state.at = { item: null, place: null };
    next({ quiet: true });
    notice(say("removed", { number: item.number }));
  }

  // The next phone that has something open.
  function next({ quiet = false } = {}) {
    const all = items();
    const from = all.findIndex((item) => item.id === state.at.item) + 1;
    const free = [...all.slice(from), ...all.slice(0, from)].find((item) => item.id !== state.at.item && placesOf(item).some(isFree(item)));
    if (free) select(free);
    if (!quiet) tell(free ? "" : say("all_done"));
  }

  function move(by) {
    const item = here();
    if (!item) return;
    const places = item.places.map((one) => one.place);
    select(item, places[(places.indexOf(state.at.place) + by + places.length) % places.length]);
    tell("");
  }

  async function saveRules(form) {
    const fields = new FormData(form);
    const rules = await ask("rules", { stop_at_restricted: fields.has("stop"), skip: fields.getAll("skip") });
    if (rules) notice(say("rules_kept"));
    else notice($("say").textContent, { bad: true });
    poll({ whole: true });
  }

  Object.assign(counter, { select, answer, undo, skip, remove, next, move, saveRules, openByItself });
})();
