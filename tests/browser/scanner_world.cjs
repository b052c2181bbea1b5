// A small world with a clock of its own, in which static/scanner.js runs as it is. One line of JSON in, one out.
// In: {"events": [{"at", "type", "where", "writes", ...}], "busy": [from, until]}: `where` is "field" or "body", `writes`
// what the browser puts into the field before. While the page is busy nothing runs; afterwards the timers come first and
// then the keys that wait, which is the worst order. Out: {"scans", "keys", "said", "swallowed", "value"}.
"use strict";
const fs = require("fs");
const vm = require("vm");
const readline = require("readline");
const script = new vm.Script(fs.readFileSync(process.argv[2], "utf8"));

class Field {
  constructor(kind) {
    Object.assign(this, { kind, value: "", selectionStart: 0, isContentEditable: false, form: null });
  }
  matches() {
    return this.kind === "field";
  }
  setSelectionRange() {}
  dispatchEvent() {}
}

function world({ events, busy = [0, 0] }) {
  const handlers = {};
  const out = { scans: [], keys: [], said: [], swallowed: [] };
  const stored = {};
  let now = 0;
  let timers = [];
  let serial = 0;
  const targets = { field: new Field("field"), body: { isContentEditable: false, matches: () => false } };
  const line = { dataset: { torn: "torn", again: "again" }, set textContent(text) { if (text) out.said.push(text); } };
  const listen = (type, handler) => (handlers[type] ??= []).push(handler);
  const globals = {
    addEventListener: listen,
    performance: { now: () => now },
    setTimeout: (call, ms = 0, ...given) => (timers.push({ due: now + Math.max(ms, 0), run: () => call(...given), id: ++serial }), serial),
    clearTimeout: (id) => { timers = timers.filter((timer) => timer.id !== id); },
    localStorage: { getItem: (key) => stored[key] ?? null, setItem: (key, value) => { stored[key] = value; } },
    sessionStorage: { getItem: () => null, setItem() {} },
    location: { assign() {} },
    CustomEvent: class { constructor(type, init) { Object.assign(this, { type, ...init }); } },
    Event: class { constructor(type) { this.type = type; } },
    document: {
      addEventListener: listen,
      getElementById: (id) => (id === "heard" ? line : null),
      querySelectorAll: () => [],
      dispatchEvent: (event) => (out.scans.push(event.detail.text), false),
    },
  };
  globals.window = globals;
  script.runInNewContext(globals);
  globals.shirorom.singleKey((key, event) => out.keys.push([event.index, key]));
  const woken = (moment) => (moment >= busy[0] && moment < busy[1] ? busy[1] : moment);
  const next = () => timers.sort((one, other) => woken(one.due) - woken(other.due) || one.id - other.id)[0];
  const run = (timer) => {
    timers = timers.filter((other) => other !== timer);
    now = Math.max(now, woken(timer.due));
    timer.run();
  };
  events.forEach((event, index) => {
    const moment = Math.max(now, woken(event.at));
    while (next() && woken(next().due) < moment) run(next());
    for (const timer of timers.filter((one) => woken(one.due) === moment && moment !== now)) run(timer);
    now = moment;
    const target = targets[event.where ?? "body"];
    const given = {
      key: "", code: "", keyCode: 0, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, repeat: false,
      isComposing: false, ...event, index, timeStamp: event.at, target,
      preventDefault: () => out.swallowed.push(index), stopImmediatePropagation() {},
    };
    for (const handler of handlers[event.type] ?? []) handler(given);
    if (event.writes !== undefined && target === targets.field && out.swallowed.at(-1) !== index) target.value += event.writes;
  });
  while (next()) run(next());
  return { ...out, value: targets.field.value };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(world(JSON.parse(line))) + "\n");
});
