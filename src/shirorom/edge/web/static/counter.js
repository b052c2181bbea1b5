// The counter (店頭照会) begins here: keys, mouse and touch become what a person does; where the work was; going on.
"use strict";
(() => {
  const counter = window.shirorom.counter;
  const { root, state, outbox, $, say, items, itemOf, here, poll, hold, letGo, draw, notice } = counter;
  const { select, answer, undo, skip, remove, next, move, saveRules, add, inField, field } = counter;
  const POLL_MS = 2500;
  const RENEW_MS = 60000;

  // ── keys, mouse, touch ─────────────────────────────────────────────────────────────────────────────────────────────

  const acts = { undo, skip, remove, next: () => next(), reload: () => poll({ whole: true }) };
  const glyphs = new Map([...$("keys").children].map((key) => [key.dataset.key, key.dataset.glyph]));

  window.shirorom.singleKey((pressed) => {
    const key = pressed.toLowerCase();
    if (key === "s") return field.focus();
    if (root.dataset.state !== "ready") return;
    if (glyphs.has(key)) answer(glyphs.get(key));
    else if (key === "o" && !$("open").hidden) $("open").click();
    else if (key === "z") undo();
    else if (key === "n") next();
  });

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && event.target === field && !event.isComposing) return field.blur();
    if (inField(event.target) || root.dataset.state !== "ready") return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault();
      move(event.key === "ArrowRight" ? 1 : -1);
    }
  });

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.key) answer(button.dataset.glyph);
    else if (button.dataset.add) add([{ text: button.dataset.add }]);
    else if (button.dataset.act) acts[button.dataset.act]();
    else if (button.matches(".slot")) select(here(), button.dataset.at);
    else if (button.matches(".one")) select(itemOf(button.dataset.at));
  });
  $("open").addEventListener("click", () => hold());
  $("rules").addEventListener("submit", (event) => {
    event.preventDefault();
    saveRules(event.target);
  });

  const opens = $("opens");
  opens.checked = localStorage["counter-open"] === "on";
  opens.addEventListener("change", () => { localStorage["counter-open"] = opens.checked ? "on" : "off"; });

  // ── begin, and go on ───────────────────────────────────────────────────────────────────────────────────────────────

  // Where the address says (the extension sends people here), where this page was before, or where the work is.
  counter.begin = () => {
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
    else next({ quiet: true });
    if (!state.at.item && items().length) select(items().at(-1));
  };

  const wake = () => { if (!document.hidden) poll(); };
  const renew = () => {
    if (!document.hidden && here()?.places.find((one) => one.place === state.at.place)?.state === "open") hold({ again: true });
  };
  addEventListener("online", wake);
  addEventListener("offline", () => { state.online = false; draw(); });
  document.addEventListener("visibilitychange", wake);
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", (event) => { if (event.persisted) hold(); });
  setInterval(wake, POLL_MS);
  setInterval(renew, RENEW_MS);
  outbox.load().catch(() => {}).then(async () => {
    if (!(await outbox.store.lasting())) notice(say("outbox_lost"));
    poll();
  });
})();
