// The counter's desk: what the server knows, with what still waits here laid over it. Asks the server and tells it.
"use strict";
(() => {
  const root = document.getElementById("counter");
  const words = JSON.parse(root.dataset.words);
  const { carriers, marks, says, lang } = words;
  const { call, newKey, Outbox } = window.shirorom;
  const state = {
    desk: null, // the server's last word
    at: { item: null, place: null }, // what is in hand
    online: true,
    clock: 0, // the server's time less ours: a tablet's clock may be wrong
    shots: {}, // pictures that were checked, by item and place
    held: "", // the place that we asked the server to hold for us
    holder: null, // who holds it instead
    notices: [],
  };
  const wasHere = new Set(); // the places that this window has held: the server's word on them may be a moment old
  const tab = (sessionStorage["counter-tab"] ??= newKey());
  const $ = (id) => document.getElementById(id);
  const say = (key, details = {}) => says[key].replace(/\{([a-z_]+)\}/g, (_, name) => details[name] ?? "？");
  const tell = (text) => { $("say").textContent = text; };
  const told = (problem) => `${problem.title}。${problem.fix}`;
  const time = (text) => new Date(text).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit" });
  const grouped = (imei) => `${imei.slice(0, 2)}-${imei.slice(2, 8)}-${imei.slice(8, 14)}-${imei[14]}`;

  const outbox = new Outbox({
    person: () => state.desk?.person ?? null,
    seen: (entry, answer) => {
      take(answer.item);
      if (answer.next) {
        state.held = `${answer.next.item} ${answer.next.place}`;
        wasHere.add(state.held);
      }
      if (state.at.place) hold();
    },
    changed: ({ error, lost } = {}) => {
      if (error?.offline) state.online = false;
      if (lost) counter.notice(say("outbox_lost"));
      counter.draw();
    },
  });

  // ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────────

  const items = () => state.desk?.items ?? [];
  const itemOf = (id) => items().find((item) => item.id === id) ?? null;
  const here = () => itemOf(state.at.item);
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
  const byOther = (item, place) => place.claimed_by && !(place.claimed_by === state.desk.person.name && wasHere.has(`${item.id} ${place.place}`));
  const claimedBy = (name) => (name === state.desk.person.name ? say("claimed_self") : say("claimed", { name }));
  const isFree = (item) => (place) => place.state === "open" && !byOther(item, place);
  const isAnswered = (place) => place.state === "answered" || place.state === "no-answer";

  function placeName(item, place) {
    const { name } = carrierOf(place);
    return item.imeis.length > 1 ? `${name}・${say("number", { n: numberOf(place) })}` : name;
  }

  // The server's newer word about one phone.
  function take(item) {
    const known = items().findIndex((one) => one.id === item.id);
    if (known >= 0) state.desk.items[known] = item;
    counter.draw();
  }

  // ── talking with the server ────────────────────────────────────────────────────────────────────────────────────────

  let polling = null;
  async function poll({ whole = false } = {}) {
    if (polling && whole) await polling; // it may have begun before what is looked for
    polling ??= look(whole).finally(() => { polling = null; });
    return polling;
  }
  async function look(whole) {
    try {
      const seen = state.desk && !whole ? `?seen=${encodeURIComponent(state.desk.version)}` : "";
      const news = await call("GET", `/v1/counter${seen}`);
      const first = !state.desk;
      if (!state.online) { state.online = true; tell(outbox.entries.length ? say("sending") : say("back")); }
      if (news) {
        state.desk = news;
        state.clock = Date.parse(news.now) - Date.now();
      }
      await outbox.refresh();
      if (first) counter.begin();
      if (outbox.ready().length) outbox.send();
      counter.addWaiting();
    } catch (error) {
      if (!error.offline && !error.problem) throw error;
      if (error.offline) state.online = false;
      if (!state.desk) {
        $("trouble").textContent = error.offline ? say("unreachable") : told(error.problem);
        counter.show("error");
      }
    }
    counter.draw();
  }

  // Something to do at the server; says why where it did not work.
  async function ask(path, body, options) {
    try {
      return await call("POST", `/v1/counter/${path}`, { body, ...options });
    } catch (error) {
      if (!error.offline && !error.problem) throw error;
      if (error.offline) state.online = false;
      tell(error.offline ? say("offline") : told(error.problem));
      counter.draw();
      return null;
    }
  }

  // Ask the server to keep what is in hand for us, while it is open.
  async function hold({ again = false } = {}) {
    const item = here();
    const place = item && item.places.find((one) => one.place === state.at.place);
    if (!place) return;
    const mine = `${item.id} ${place.place}`;
    if (state.held === mine && !again) return;
    state.held = mine;
    wasHere.add(mine);
    try {
      await call("POST", "/v1/counter/claims", { body: { item: item.id, place: place.place, tab } });
      if (state.held === mine) state.holder = null;
    } catch (error) {
      if (state.held === mine) state.held = "";
      wasHere.delete(mine);
      if (error.problem?.code === "place-claimed" && state.at.item === item.id && state.at.place === place.place) {
        await poll({ whole: true });
        state.holder = here()?.places.find((one) => one.place === state.at.place)?.claimed_by ?? "？";
      }
    }
    counter.draw();
  }

  // Whoever leaves lets go: nobody waits for a closed window.
  function letGo() {
    if (!state.held) return;
    const [item, place] = state.held.split(" ");
    state.held = "";
    const body = JSON.stringify({ item, place, tab, release: true });
    fetch("/v1/counter/claims", { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: true }).catch(() => {});
  }

  // The other files of the counter add what they do: drawing, doing, taking in.
  const counter = {
    root, words, state, outbox, tab, call, newKey, $, say, tell, told, time, grouped, items, itemOf, here, carrierOf, numberOf,
    placesOf, byOther, claimedBy, isFree, isAnswered, placeName, take, poll, ask, hold, letGo,
  };
  window.shirorom.counter = counter;
})();
