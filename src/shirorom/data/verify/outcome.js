// The outcome in one sentence, what to do about it, and the thirteen steps.
import { byId, el, icon, tame } from "./dom.js";
import { has, say, sayTime } from "./say.js";
import { IN_DOUBT, NOT_GIVEN } from "./steps.js";

const ICON = { holds: "holds", consistent: "open", undetermined: "none", refused: "refused" };

/** Which words tell the outcome. */
const wordOf = ({ outcome, sheet, steps, decidedBy }) => {
  if (outcome === "holds") return sheet.practice ? "holds-practice" : "holds";
  if (outcome === "consistent") {
    if (steps[3].why !== null) return steps[3].facts.how === "trust-other-key" ? "other-key" : "consistent";
    return decidedBy === "time" ? "consistent.authority" : "consistent.witnesses";
  }
  return outcome === "refused" && isOnlyPractice(steps) ? "practice" : outcome;
};

/** Whether nothing is wrong but that it is a practice sheet: then a person may go on, knowing it. */
const isOnlyPractice = (steps) =>
  steps.every(({ why }) => why === null || ["practice-sheet", ...NOT_GIVEN, ...IN_DOUBT].includes(why));

export const outcomeCard = (result, { file, onPractice }) => {
  const { outcome, steps, blamed, fingerprint } = result;
  const word = wordOf(result);
  const decided = outcome === "refused" || outcome === "undetermined" ? steps[blamed] : null;
  const again = word === "practice" ? el("button.btn", { type: "button" }, say("outcome.practice.go")) : null;
  again?.addEventListener("click", onPractice);
  const tell = [`outcome.${word}.p`, `outcome.${word}.do`].filter(has).map((key) => el("p", say(key)));
  const reason = decided && word !== "practice"
    ? el("p.reason", el("b", say("outcome.reason", { n: decided.n })), whyOf(decided))
    : null;
  const print = el("button.btn.low.noprint", { type: "button" }, say("print"));
  print.addEventListener("click", () => window.print());
  return el(
    `section.outcome.${outcome}`,
    { "data-outcome": outcome, "data-decided": result.decidedBy, "data-why": decided?.why ?? null, "aria-labelledby": "outcome-h" },
    icon(ICON[outcome], "huge"),
    el("div.stack.tight", el("h1", { id: "outcome-h", tabindex: "-1" }, say(`outcome.${word}.h`)), reason, tell,
      el("div.row", again, outcome === "refused" ? null : print),
      el("p.sm", say("file.name", { name: tame(file) })),
      outcome === "refused" ? null : el("p.sm", `${say("fingerprint")}　`, el("span.num", fingerprint))),
  );
};

/** How a person confirms the issuer: with what came from the shop itself, never with the sheet. */
export const confirmCard = ({ steps, fingerprint }) =>
  steps[3].why === null || steps[3].facts.how === "trust-other-key" ? null : el(
    "section.card.stack",
    { "aria-labelledby": "confirm-h" },
    el("h2", { id: "confirm-h" }, say("confirm.h")),
    el("ol.numbers", ["confirm.1", "confirm.2", "confirm.3"].map((key) => el("li", say(key)))),
    el("p.print-of", el("span", say("fingerprint")), el("b.num", { id: "fingerprint" }, fingerprint)),
    goToTrust(),
  );

const goToTrust = () => {
  const button = el("button.btn.noprint", { type: "button" }, say("confirm.go"));
  button.addEventListener("click", () => byId("trust").focus());
  return el("div.row", button);
};

export const stateOf = ({ why, empty }) => {
  if (why === null) return empty ? "empty" : "holds";
  if (why === "not-examined") return "skipped";
  return NOT_GIVEN.includes(why) ? "open" : "fails";
};

const whyOf = ({ why, facts }) =>
  say(why === "key-unknown" && facts.how === "trust-other-key" ? "why.key-unknown.other" : `why.${why}`, facts);

const sentenceOf = (step) => {
  const { code, why, empty, notes, facts } = step;
  if (why !== null) return whyOf(step);
  if (empty) return say(`empty.${code}`);
  if (notes.includes("practice-admitted")) return say("ok.practice.admitted");
  if (code === "trust") return say(notes.includes("revoked-later") ? "ok.trust.revoked-later" : `ok.trust.${facts.how}`);
  return say(`ok.${code}`, code === "time" ? { time: sayTime(facts.at) } : facts);
};

export const stepsCard = ({ steps }) => {
  const count = (...states) => steps.filter((step) => states.includes(stateOf(step))).length;
  const sum = [say("steps.summary", { n: steps.length, held: count("holds") })];
  if (count("empty")) sum.push(say("steps.empty", { n: count("empty") }));
  if (count("open", "fails", "skipped")) sum.push(say("steps.failed", { n: count("open", "fails", "skipped") }));
  return el(
    "section.card.stack",
    { "aria-labelledby": "steps-h" },
    el("h2", { id: "steps-h" }, say("steps.h")),
    el("p", sum.join(" ")),
    el("ol.steps", steps.map(stepOf)),
  );
};

const stepOf = (step) => {
  const state = stateOf(step);
  return el(
    `li.step.${state}`,
    { "data-step": step.code, "data-state": state, "data-why": step.why },
    el("span.n.num", { "aria-hidden": "true" }, String(step.n)),
    el("div", el("b", say(`step.${step.code}`)), el("p", sentenceOf(step))),
    el("span.state", icon(state), say(`state.${state}`)),
  );
};
