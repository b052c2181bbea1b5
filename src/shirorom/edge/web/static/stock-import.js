// The POS's file: first looked through (a dry run), then taken. What it holds is judged by the server alone.
"use strict";

const box = document.getElementById("import");
const words = JSON.parse(box.dataset.words);
const at = (id) => document.getElementById(id);
const say = (key, filled = {}) => Object.entries(filled).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, String(value)), words[key]);
const SHOWN = 50;
let chosen = null;

function cells(...texts) {
  const row = document.createElement("tr");
  for (const text of texts) row.insertCell().textContent = text;
  return row;
}

function count(name, value) {
  const term = document.createElement("dt");
  const number = document.createElement("dd");
  term.textContent = words[name];
  number.className = "num";
  number.textContent = value.toLocaleString("ja-JP");
  return [term, number];
}

async function send(dryRun) {
  const asked = new URLSearchParams({ dry_run: String(dryRun), complete: String(at("complete").checked) });
  const response = await fetch(`/v1/watch/imports?${asked}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream", "accept-language": words.lang },
    body: chosen,
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ? `${answer.title} ${answer.detail}` : answer.title);
  return answer;
}

function show(answer) {
  const names = ["rows", "new", "changed", "unchanged", "refused", "missing", "gone"].filter((name) => name === "rows" || answer[name]);
  at("counts").replaceChildren(...names.flatMap((name) => count(name, answer[name])));
  at("columns").replaceChildren(...answer.columns.map((one) => cells(words.fields[one.field] ?? one.field, one.heading, words.whys[one.why] ?? one.why)));
  const rows = [...answer.errors, ...answer.notices];
  at("errors").replaceChildren(...rows.slice(0, SHOWN).map((one) => cells(one.line, one.column, [one.text, one.fix].filter(Boolean).join(" "))));
  at("errors-box").hidden = !rows.length;
  at("more").textContent = rows.length > SHOWN ? say("more", { n: rows.length - SHOWN }) : "";
  at("found").hidden = false;
}

// One at a time: a file that is being sent is not sent again.
async function run(dryRun) {
  at("take").disabled = true;
  at("told").textContent = words[dryRun ? "looking" : "taking"];
  try {
    const answer = await send(dryRun);
    show(answer);
    const nothing = !answer.new && !answer.changed && !answer.missing;
    at("told").textContent = dryRun ? words[nothing ? "same" : "looked"] : say("taken", { n: answer.new + answer.changed + answer.gone });
    at("take").hidden = !dryRun || (nothing && !answer.gone);
    at("go").hidden = dryRun;
  } catch (error) {
    at("found").hidden = true;
    at("told").textContent = error instanceof TypeError ? words.offline : error.message;
  }
  at("take").disabled = false;
}

function choose(files) {
  if (!files.length) return;
  [chosen] = files;
  run(true);
}

at("file").addEventListener("change", ({ target }) => choose([...target.files]));
at("complete").addEventListener("change", () => chosen && run(true));
at("take").addEventListener("click", () => run(false));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  choose([...event.dataTransfer.files]);
});
