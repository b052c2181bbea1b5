// The few things that HTML and htmx cannot do: the clipboard, printing, ages that go on counting. Nothing here decides anything.
"use strict";

// Copies text; on plain http (no navigator.clipboard) through a selected field. Resolves to whether it worked.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.className = "vh";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

document.addEventListener("click", async (event) => {
  const copying = event.target.closest("[data-copy]");
  if (copying) {
    const said = document.querySelector("[data-said]");
    const field = document.getElementById(copying.dataset.copyFrom ?? ""); // a text that may have been changed
    const done = await copy(field?.value ?? copying.dataset.copy); // a link goes on opening its tab
    if (said) said.textContent = done ? copying.dataset.done : copying.dataset.failed;
    if (copying.localName === "button") copying.focus();
  }
  if (event.target.closest("[data-print]")) window.print();
  if (event.target.closest("[data-paste]")) {
    const field = document.getElementById("text");
    try {
      field.value = await navigator.clipboard.readText();
      field.dispatchEvent(new Event("read", { bubbles: true }));
    } catch {
      // the visitor said no: the field takes a paste as ever
    }
    field.focus();
  }
});

// Enter sends (a number is one line, two lines come by pasting or Shift+Enter); not while an IME is composing.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.id === "text") {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

function wake(root) {
  for (const button of root.querySelectorAll("button[data-copy][hidden], [data-print][hidden]")) button.hidden = false;
  if (navigator.clipboard?.readText) for (const button of root.querySelectorAll("[data-paste][hidden]")) button.hidden = false;
  const field = root.querySelector("#text");
  if (field?.value && !root.querySelector("#found li")) field.dispatchEvent(new Event("read", { bubbles: true }));
}

// Ages as the visitor's own browser words them; the exact time stays in the title.
function ages() {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", style: "short" });
  for (const time of document.querySelectorAll(".mark time")) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    if (minutes < 1) continue;
    const [unit, size] = minutes < 60 ? ["minute", 1] : minutes < 1440 ? ["hour", 60] : ["day", 1440];
    time.textContent = words.format(-Math.floor(minutes / size), unit);
  }
}

// What htmx brings in: wake its buttons; after an answer by hand the keyboard goes on where the work is.
document.addEventListener("htmx:after:swap", (event) => {
  wake(document);
  if (event.detail?.ctx?.target?.id !== "main") return;
  const heading = document.querySelector("#hand:has(.glyph) #hh") ?? document.getElementById("vh");
  heading?.focus({ preventScroll: true });
  heading?.closest("section").scrollIntoView({ block: "nearest" });
});
addEventListener("pageshow", () => wake(document));
wake(document);
setInterval(ages, 30000);
