// Brings phones into the counter: scans, what the common intake hands over, pasted columns. And screens that prove an answer.
"use strict";
(() => {
  const counter = window.shirorom.counter;
  const { root, state, $, say, tell, told, itemOf, here, placesOf, call, poll, ask, draw, notice, select, openByItself } = counter;
  const AT_ONCE_MAX = 500; // what the server takes in one call
  const CODE_CHARS_MIN = 13; // what is shorter is no number: scanner.js says so
  const WAITING = "counter-phones";
  const IMEIS_MAX = 4;
  const KINDS = ["image/png", "image/jpeg", "image/webp"];
  const form = root.querySelector("form[data-intake]");
  const field = form.elements.text;

  function write(text) {
    field.value = text;
    field.dispatchEvent(new Event("read", { bubbles: true }));
  }

  // Phones that did not reach the server wait here (not over the end of the window) until it answers again.
  const waiting = JSON.parse(sessionStorage[WAITING] ?? "[]");
  function wait(bodies) {
    waiting.push(...bodies);
    sessionStorage[WAITING] = JSON.stringify(waiting);
    draw();
  }
  function addWaiting() {
    if (!waiting.length) return;
    const bodies = waiting.splice(0);
    sessionStorage[WAITING] = "[]";
    add(bodies);
  }

  // Scans come one after the other: an answer that is late must not be taken for the last one.
  let adding = Promise.resolve();
  function add(bodies) {
    adding = adding.catch(() => {}).then(() => addNow(bodies));
    return adding;
  }

  // Resolves to what became of them, or null where the server did not take them.
  async function addNow(bodies) {
    notice(say("adding"));
    const sum = { added: [], present: [], found: [], refused: [] };
    for (const [n, body] of bodies.entries()) {
      const done = await ask("items", body);
      if (!done) {
        if (state.online) notice($("say").textContent, { bad: true, acts: [["retry", () => add(bodies.slice(n))]] });
        else {
          notice("");
          wait(bodies.slice(n));
        }
        return null;
      }
      for (const name of Object.keys(sum)) sum[name].push(...done[name]);
    }
    await poll({ whole: true });
    choose(sum);
    announce(sum);
    return sum;
  }

  // A new phone comes into the hand only where nothing else is in it.
  function choose({ added: [fresh], present }) {
    const [there] = present.map(itemOf).filter(Boolean);
    const busy = here() && placesOf(here()).some((one) => one.state === "open");
    if (busy || !(fresh || there)) return;
    select(itemOf(fresh?.id) ?? fresh ?? there);
    if ($("keys").getBoundingClientRect().bottom > innerHeight) $("work").scrollIntoView({ block: "start" });
    if (fresh) openByItself();
  }

  // A phone with two numbers has two barcodes: whoever holds the box says by one press that they are one phone.
  let single = null; // the phone that came last, if it came with one number
  function joining(added) {
    const before = itemOf(single);
    single = added.length === 1 && added[0].imeis.length === 1 ? added[0].id : null;
    const joinable = single && before && before.imeis.length < IMEIS_MAX;
    return joinable ? [["join", () => join(before, added[0]), { number: before.number }]] : [];
  }
  async function join(first, second) {
    const numbers = [...first.imeis, ...second.imeis];
    if (!(await ask("items", { devices: [numbers] }))) return;
    await ask("removals", { item: second.id });
    await poll({ whole: true });
    single = first.id;
    if (state.at.item === second.id || !here()) select(itemOf(first.id));
    notice(say("joined", { number: first.number, count: numbers.length }));
  }

  function announce({ added, present, found, refused }) {
    const lines = [];
    const acts = joining(added);
    if (added.length > 3) lines.push(say("added_many", { count: added.length }));
    else if (added.length) lines.push(say("added", { number: added.map((one) => one.number).join("・") }));
    if (present.length === 1) lines.push(say("present", { number: itemOf(present[0])?.number ?? "？" }));
    else if (present.length) lines.push(say("present_many", { count: present.length }));
    const bad = refused.length > 0 || found.some((one) => one.error);
    if (refused.length) lines.push(say("bad", { text: refused.map((one) => one.detail).join("、") }));
    else if (bad) lines.push(say("unread"));
    else if (!lines.length) lines.push(say("none"));
    notice(lines.join("　"), { bad: bad || !(added.length || present.length), acts });
  }

  // ── scanner, field, paste ──────────────────────────────────────────────────────────────────────────────────────────

  // A code is a phone at once. One that is none stands in the field, where its digits and what is wrong can be seen.
  let unread = null;
  document.addEventListener("shirorom:scan", async (event) => {
    const { text } = event.detail;
    if (event.defaultPrevented || text.length < CODE_CHARS_MIN) return; // a staff card, a short code: not ours
    event.preventDefault();
    if (unread && field.value === unread) write("");
    unread = null;
    const sum = await add([{ text }]);
    if (!sum || sum.added.length || sum.present.length || !sum.found.length) return;
    unread = [field.value.trimEnd(), text].filter(Boolean).join("\n\n");
    write(unread);
  });

  document.addEventListener("shirorom:devices", (event) => {
    if (!state.desk) return event.preventDefault(); // the field keeps them
    if (document.activeElement?.form === form) document.activeElement.blur(); // the keys are for the answers again
    const { devices } = event.detail;
    const bodies = [];
    for (let n = 0; n < devices.length; n += AT_ONCE_MAX) bodies.push({ devices: devices.slice(n, n + AT_ONCE_MAX) });
    add(bodies);
  });

  const inField = (target) => target.closest?.("input:not([type=checkbox]), textarea, select");

  // Beside a field: a picture is the screen of the place in hand; numbers go in at once if nothing is wrong with them.
  addEventListener("paste", (event) => {
    if (event.defaultPrevented || inField(event.target)) return;
    const picture = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    const text = event.clipboardData.getData("text/plain"); // a spreadsheet gives its cells as a picture too
    if (text) return void setTimeout(() => field.value.trim() && form.requestSubmit());
    if (!picture) return;
    event.preventDefault();
    if (here()) prove(picture);
    else window.bring("files", [picture]);
  }, true);

  // ── the screen that proves an answer ───────────────────────────────────────────────────────────────────────────────

  async function prove(file) {
    const item = here();
    const { place } = state.at;
    if (!item || !place || !file) return;
    if (!KINDS.includes(file.type)) return tell(say("shot_kind"));
    const key = `${item.id} ${place}`;
    tell(say("shot_wait"));
    try {
      const kept = await call("POST", `/v1/counter/screenshots/${item.id}/${place}`, { body: file, type: file.type });
      state.shots[key] = { digest: kept.screenshot, url: URL.createObjectURL(file) };
      tell(say("shot_kept"));
    } catch (error) {
      if (!error.offline && !error.problem) throw error;
      tell(error.offline ? say("shot_offline") : told(error.problem));
    }
    draw();
  }

  // Dropped on the card of the place in hand it is that place's screen; dropped elsewhere it is read for phones.
  for (const kind of ["dragover", "dragleave", "drop"]) {
    $("work").addEventListener(kind, (event) => {
      event.preventDefault();
      event.stopPropagation();
      $("drop").classList.toggle("over", kind === "dragover");
      if (kind === "drop") prove(event.dataTransfer.files[0]);
    });
  }
  $("file").addEventListener("change", (event) => {
    prove(event.target.files[0]);
    event.target.value = "";
  });

  Object.assign(counter, { add, addWaiting, waiting, inField, field });
})();
