// Hears barcode scanners that act as keyboards on every page, without a click into a field and with a Japanese IME on.
"use strict";
(() => {
  const GAP_MS = 80; // longest pause within one code
  const TORN_MS = 250; // a pause up to here may be a stall: what follows is no whole code
  const MACHINE_MS = 30; // no hand is as fast
  const CHARS_MIN = 8;
  const SHORT_MAX = 12; // no IMEI
  const COMPOSED_MS = 60; // a character that an IME commits
  const HELD = "shirorom.scan";
  const OFF = "single-keys";

  // Tells codes from typing by the time between keys. Pure.
  class Recogniser {
    constructor() {
      this.last = -Infinity;
      this.clear();
    }
    clear() {
      this.text = "";
      this.fast = 0;
      this.torn = this.foreign = false;
    }
    // A letter or digit, or null for another character.
    hear(char, at) {
      const gap = at - this.last;
      this.last = at;
      if (gap > TORN_MS) this.clear();
      if (gap <= MACHINE_MS) this.fast += 1;
      const begins = gap > GAP_MS;
      if (begins) {
        this.torn ||= this.text !== "";
        this.text = "";
        this.foreign = false;
      }
      this.foreign ||= char === null;
      this.text += char ?? "";
      return begins;
    }
    get machine() {
      return this.fast > 2;
    }
    // The code; null: a machine wrote, and none; undefined: a person did.
    end(at) {
      const { text, machine, torn, foreign } = this;
      const gap = at - this.last;
      this.clear();
      const long = text.length >= CHARS_MIN && !foreign && (gap <= GAP_MS || machine);
      if (gap > TORN_MS || !(long || machine)) return undefined;
      return long && !torn ? text : null;
    }
  }

  // What an IME committed, if only a scanner writes so fast.
  function composed(text, ms) {
    const code = text.normalize("NFKC").replace(/[\s\p{Pd}ー−]/gu, "").toUpperCase();
    return /^[0-9A-Z]{8,}$/.test(code) && ms < COMPOSED_MS * code.length ? code : undefined;
  }

  const heard = new Recogniser();
  const listeners = new Set();
  let before = null; // the field and what stood in it
  let soft = false; // the key did not say which it is: `input` will
  let composing = null;
  let keys = [0]; // seen under an IME: count, first, last
  let dirty = null; // a composed code still stands in this field
  let ended = -Infinity;
  let lone = null;
  let timer = 0;

  const held = (target) => ("value" in target ? { field: target, value: target.value, at: target.selectionStart } : null);
  const isField = (target) =>
    target.isContentEditable || target.matches?.("textarea,select,input:not([type=button],[type=submit],[type=checkbox],[type=radio])");
  // Password managers type as fast.
  const ours = (text, target) => /^\d{14,}$/.test(text) || !target.form?.querySelector("[type=password]");
  const isEnd = (event) => /^(Numpad)?(Enter|Tab)$/.test(event.code || event.key);

  function put({ field, value, at }) {
    if (field.value === value) return;
    field.value = value;
    if (at != null) field.setSelectionRange(at, at);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function emit(text) {
    if (!document.dispatchEvent(new CustomEvent("shirorom:scan", { detail: { text }, bubbles: true, cancelable: true }))) return;
    if (text.length <= SHORT_MAX) return say("short");
    const field = document.getElementById("text");
    if (field) return add(field, text);
    sessionStorage.setItem(HELD, [sessionStorage.getItem(HELD), text].filter(Boolean).join("\n"));
    location.assign("/");
  }

  function add(field, text) {
    const there = field.value.trimEnd();
    const news = text.split("\n").filter((line) => !there.split("\n").includes(line));
    if (!news.length) say("again");
    field.value = [there, ...news].filter(Boolean).join("\n");
    field.dispatchEvent(new Event("read", { bubbles: true }));
  }

  function say(what) {
    const line = document.getElementById("heard");
    if (!line) return;
    line.textContent = "";
    setTimeout(() => (line.textContent = line.dataset[what]));
  }

  function finish(event) {
    const text = heard.end(event.timeStamp);
    const back = before;
    before = null;
    if (text === undefined ? event.timeStamp - ended > GAP_MS : !ours(text, event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ended = event.timeStamp;
    if (text === undefined) return;
    settle(false);
    if (back) put(back);
    if (text) emit(text);
    else say("torn");
  }

  function stroke(char, event) {
    const begins = heard.hear(char, event.timeStamp);
    settle(begins);
    if (begins && !soft) before = held(event.target);
    if (char === null) before = null;
    else if (begins && listeners.size && !heard.machine && !isField(event.target)) wait(event);
  }

  function settle(told) {
    const event = lone;
    lone = null;
    clearTimeout(timer);
    if (!told || !event || localStorage.getItem(OFF) === "off") return;
    for (const listener of listeners) listener(event.key, event);
  }

  // Twice: keys that wait while the page is busy come before the second.
  function wait(event) {
    lone = event;
    timer = setTimeout(() => (timer = setTimeout(settle, 0, true)), event.timeStamp + GAP_MS - performance.now());
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.keyCode === 229 || event.isComposing) {
      // Browsers drop some of these: the text comes later, whole.
      settle(false);
      if (event.isComposing || !soft) heard.clear();
      if (!event.isComposing || !keys[0]) keys = [0, event.timeStamp];
      keys = [keys[0] + 1, keys[1], event.timeStamp];
      if (event.timeStamp - heard.last > GAP_MS) before = held(event.target);
      soft = !event.isComposing;
    } else if (isEnd(event)) finish(event);
    else if (event.key.length > 1 && event.key !== "Unidentified") {
      if (!/^(Shift|CapsLock)$/.test(event.key)) heard.clear();
    } else {
      soft = false;
      const [, digit, letter] = /^(?:Digit|Numpad)(\d)$|^Key([A-Z])$/.exec(event.code) ?? [];
      const bare = !event.code && /^[0-9A-Za-z]$/.test(event.key) ? event.key.toUpperCase() : null;
      stroke((event.shiftKey ? null : digit) ?? letter ?? bare, event);
    }
  }, true);

  addEventListener("input", (event) => {
    if (!soft || event.isComposing || event.inputType !== "insertText") return;
    for (const char of (event.data ?? "").normalize("NFKC").toUpperCase()) stroke(/[0-9A-Z]/.test(char) ? char : null, event);
  }, true);

  addEventListener("compositionstart", (event) => {
    heard.clear();
    settle(false);
    composing = { ...(dirty?.field === event.target ? dirty : held(event.target)), began: event.timeStamp, after: [] };
    dirty = null;
  }, true);

  addEventListener("compositionend", (event) => {
    if (!composing) return;
    const { began, after, ...own } = composing;
    composing = null;
    soft = false;
    // A busy machine composes late; keys know when they were pressed.
    const [count, first, last] = keys;
    keys = [0];
    const text = composed(event.data ?? "", count > 3 ? last - first : event.timeStamp - began);
    if (text && ours(text, event.target)) {
      ended = event.timeStamp;
      dirty = own;
      after.push(text);
    }
    setTimeout(() => {
      if (dirty === own) {
        dirty = null;
        if (own.field) put(own);
      }
      for (const one of after) composing ? composing.after.push(one) : emit(one);
    });
  }, true);

  const wake = () => {
    for (const box of document.querySelectorAll("[data-single-keys]")) box.checked = localStorage.getItem(OFF) !== "off";
  };
  addEventListener("change", ({ target }) => {
    if (target.matches("[data-single-keys]")) localStorage.setItem(OFF, target.checked ? "on" : "off");
  });
  addEventListener("htmx:after:swap", wake);
  addEventListener("pageshow", () => {
    wake();
    const field = document.getElementById("text");
    const text = field && sessionStorage.getItem(HELD);
    if (!text) return;
    sessionStorage.removeItem(HELD);
    add(field, text);
  });

  const singleKey = (callback) => {
    listeners.add(callback);
    return () => listeners.delete(callback);
  };
  window.shirorom = { Recogniser, composed, singleKey };
})();
