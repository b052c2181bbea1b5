// The page: takes a file and what the reader trusts, checks, draws. Nothing leaves it and nothing is kept.
import { byId, el, icon } from "./dom.js";
import { FILE_BYTES_MAX } from "./form.js";
import { timeOf } from "./moments.js";
import { canEd25519 } from "./note.js";
import { isPdf, NoSheetInPdf, PDF_BYTES_MAX, sheetInPdf } from "./pdf.js";
import { say, setLanguage } from "./say.js";
import { verify } from "./steps.js";
import { nothingGiven, pemOf, readTrust, TRUST_CHARS_MAX } from "./trust.js";
import { drawResult } from "./view.js";

const state = { name: "", bytes: null, result: null, problem: null, given: nothingGiven(), files: [], masked: true };
const TRUST_FILES_MAX = 8;
let run = 0;
let typed = 0;

/** All words of the page as it stands. */
const drawWords = () => {
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = say(one.dataset.t);
  for (const one of document.querySelectorAll("[data-placeholder]")) one.placeholder = say(one.dataset.placeholder);
  drawGiven();
  drawAll();
};

const drawGiven = () => {
  const { keys, fingerprints, witnesses, certificates, bad } = state.given;
  const counts = { keys, fingerprints, witnesses, certificates };
  const what = Object.entries(counts)
    .filter(([, list]) => list.length)
    .map(([word, list]) => say(`trust.read.${word}`, { n: list.length }));
  const read = what.length ? say("trust.read", { what: what.join(say("list.and")) }) : "";
  byId("trust-said").textContent = [bad === null ? "" : say("trust.bad", { line: bad }), read].filter(Boolean).join(" ");
};

const drawAll = () => {
  const { result, problem } = state;
  const here = byId("result");
  const practice = result?.sheet?.practice === true;
  byId("practice").hidden = !practice;
  byId("intro").hidden = here.hidden = false;
  byId("intro").hidden = result !== null || problem !== null;
  here.hidden = result === null && problem === null;
  document.querySelector("#choose span").textContent = say(here.hidden ? "file.choose" : "file.other");
  byId("choose").classList.toggle("go", here.hidden);
  if (problem) here.replaceChildren(problemCard(problem));
  else if (result) here.replaceChildren(...drawResult(result, { masked: state.masked, file: state.name, onPractice, onMask }));
  else here.replaceChildren();
  here.classList.toggle("practised", practice);
};

const problemCard = (code) =>
  el(
    "section.outcome.refused",
    { "data-outcome": "refused", "data-why": code, "aria-labelledby": "outcome-h" },
    icon("refused", "huge"),
    el("div.stack.tight", el("h1", { id: "outcome-h", tabindex: "-1" },
      say(code.startsWith("cannot.") ? "cannot.h" : "outcome.refused.h")), el("p", say(code))),
  );

const onMask = (masked) => {
  state.masked = masked;
  drawAll();
  byId("answers").querySelector("input:checked").focus();
};

const onPractice = () => {
  byId("admit").checked = true;
  check({ focus: true });
};

/** Check what is there against what is given; the newest run alone is drawn. */
const check = async ({ focus }) => {
  const mine = ++run;
  if (state.bytes === null) return show(focus);
  byId("said").textContent = say("file.busy");
  byId("main").setAttribute("aria-busy", "true");
  await new Promise((done) => setTimeout(done)); // the words are seen before the work begins
  const found = await examine();
  if (mine !== run) return;
  Object.assign(state, found);
  byId("said").textContent = "";
  byId("main").setAttribute("aria-busy", "false");
  show(focus);
};

const show = (focus) => {
  drawAll();
  if (focus) byId("outcome-h").focus();
};

const examine = async () => {
  if (!globalThis.crypto?.subtle) return { result: null, problem: "cannot.no-webcrypto" };
  if (!(await canEd25519())) return { result: null, problem: "cannot.no-ed25519" };
  const witnessesMin = Number(byId("witnesses").value) || 0;
  try {
    const bytes = isPdf(state.bytes) ? await sheetInPdf(state.bytes, FILE_BYTES_MAX) : state.bytes;
    const asked = { practice: byId("admit").checked, witnessesMin, now: timeOf(Date.now()) };
    return { problem: null, result: await verify(bytes, state.given, asked) };
  } catch (error) {
    if (error instanceof NoSheetInPdf) return { result: null, problem: error.code };
    throw error;
  }
};

const takeFile = async (file) => {
  if (!file) return;
  state.name = file.name;
  Object.assign(state, { bytes: null, result: null, problem: null });
  try {
    const pdf = isPdf(new Uint8Array(await file.slice(0, 1024).arrayBuffer()));
    if (file.size > (pdf ? PDF_BYTES_MAX : FILE_BYTES_MAX)) state.problem = "why.sheet-too-large";
    else state.bytes = new Uint8Array(await file.arrayBuffer());
    await check({ focus: true });
  } catch (error) {
    Object.assign(state, { bytes: null, result: null, problem: "file.unreadable" });
    drawAll();
    throw error;
  }
};

/** The field and the files beside it, as one. */
const takeTrust = async () => {
  const mine = ++typed;
  const parts = await Promise.all([byId("trust").value, ...state.files].map(readTrust));
  if (mine !== typed) return; // somebody typed on
  state.given = {
    ...Object.fromEntries(
      ["keys", "fingerprints", "witnesses", "certificates"].map((name) => [name, parts.flatMap((part) => part[name])]),
    ),
    bad: parts.map(({ bad }) => bad).find((bad) => bad !== null) ?? null,
  };
  drawGiven();
  await check({ focus: false });
};

/** Files add to what is given; a certificate may be DER. */
const takeTrustFiles = async (files) => {
  for (const file of [...files].slice(0, TRUST_FILES_MAX)) {
    const bytes = new Uint8Array(await file.slice(0, TRUST_CHARS_MAX).arrayBuffer());
    const text = bytes[0] === 0x30 ? pemOf(bytes) : new TextDecoder().decode(bytes);
    state.files = [...state.files.filter((one) => one !== text), text].slice(-TRUST_FILES_MAX);
  }
  await takeTrust();
};

const start = () => {
  byId("language").addEventListener("change", (event) => {
    setLanguage(event.target.value);
    document.documentElement.lang = event.target.value;
    drawWords();
  });
  byId("file").addEventListener("change", (event) => takeFile(event.target.files[0]));
  byId("file").addEventListener("click", (event) => (event.target.value = "")); // the same file may be chosen again
  byId("trust-file").addEventListener("click", (event) => (event.target.value = ""));
  byId("trust-file").addEventListener("change", (event) => takeTrustFiles(event.target.files));
  byId("trust").addEventListener("input", takeTrust);
  byId("admit").addEventListener("change", () => check({ focus: false }));
  byId("witnesses").addEventListener("input", () => check({ focus: false }));
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  document.addEventListener("dragover", () => byId("drop").classList.add("over"));
  document.addEventListener("dragleave", () => byId("drop").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    byId("drop").classList.remove("over");
    takeFile(event.dataTransfer.files[0]);
  });
  drawWords();
};

start();
