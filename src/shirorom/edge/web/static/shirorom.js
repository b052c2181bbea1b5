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

function read(text) {
  const field = document.getElementById("text");
  if (text.length > field.maxLength) return bring("files", [new File([text], "", { type: "text/plain" })]);
  field.value = text;
  field.dispatchEvent(new Event("read", { bubbles: true }));
}

// What reads files, pictures and the camera is loaded when it is first wanted.
async function bring(what, given) {
  const form = document.querySelector("form[data-intake]");
  const heard = document.getElementById("heard");
  const intake = await import(form.dataset.intake).catch(() => (heard.textContent = heard.dataset.failed));
  await intake[what]?.(form, given);
}

// Files come by a drop, a paste or the chooser. A page that takes pictures itself (as proofs) keeps those pasted beside.
const takes = (event) => !event.defaultPrevented && document.querySelector("form[data-intake]");
document.addEventListener("dragover", (event) => {
  if (takes(event) && event.dataTransfer.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const files = [...event.dataTransfer.files];
  if (!files.length || !takes(event)) return;
  event.preventDefault();
  bring("files", files);
});
document.addEventListener("paste", (event) => {
  const form = takes(event);
  if (!form) return;
  const inField = event.target.closest?.("input, textarea");
  const files = [...event.clipboardData.files];
  const text = event.clipboardData.getData("text/plain"); // a spreadsheet gives its cells as a picture too
  const long = inField?.id === "text" && text.length + inField.value.length > inField.maxLength;
  if (text ? inField && !long : !files.length || ("emits" in form.dataset && inField?.form !== form)) return;
  event.preventDefault();
  if (!text) bring("files", files);
  else read(long ? text : [form.querySelector("#text").value.trimEnd(), text].filter(Boolean).join("\n\n"));
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-read]")) return;
  bring("files", [...target.files]);
  target.value = "";
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-emits]")) return;
  event.preventDefault();
  bring("emit");
});

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
  const rewriting = event.target.closest("[data-text]"); // phones split or joined: the field as it then reads
  if (rewriting) read(rewriting.dataset.text);
  if (event.target.closest("[data-camera]")) bring("camera");
  if (event.target.closest("[data-paste]")) {
    const field = document.getElementById("text");
    try {
      read(await navigator.clipboard.readText());
    } catch {
      // the visitor said no: the field takes a paste as ever
    }
    field.focus();
  }
});

// Enter sends (a number is one line, two lines come by pasting or Shift+Enter); not while an IME is composing.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229 && event.target.id === "text") {
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

// Before the buttons: what this connection and this browser can do.
async function able() {
  for (const note of document.querySelectorAll("[data-insecure]")) note.hidden = isSecureContext;
  const formats = navigator.mediaDevices && window.BarcodeDetector ? await BarcodeDetector.getSupportedFormats() : [];
  const live = formats.includes("code_128");
  for (const button of document.querySelectorAll("[data-camera]")) button.hidden = !live;
  for (const button of document.querySelectorAll("[data-shoot]")) button.hidden = live;
}
able();
// What came into the field before htmx was ready (a code from another page, a value that the browser kept) is read now.
document.addEventListener("htmx:after:init", (event) => event.target.id === "text" && wake(document));
addEventListener("pageshow", () => wake(document));
wake(document);
setInterval(ages, 30000);
