// Draws what `verify` found. A refused sheet's answers are never drawn: they might be anybody's.
import { el, icon, tame, theirs } from "./dom.js";
import { CARRIERS } from "./form.js";
import { say, sayTime } from "./say.js";
import { keyOf, shownImei } from "./number.js";
import { outcomeCard, confirmCard, stepsCard } from "./outcome.js";

const CLASS = { clear: "ok", caution: "ca", restricted: "ng", "no-record": "un" };
const markClass = (mark) => CLASS[mark] ?? "q";
const markIcon = (mark) => icon(mark ?? "none", "m");

/** Everything about one result. `masked`: IMEIs hidden but for their end. */
export const drawResult = (result, { masked, file, onPractice, onMask }) => {
  const shown = result.outcome !== "refused";
  return [
    outcomeCard(result, { file, onPractice }),
    result.outcome === "consistent" ? confirmCard(result) : null,
    shown ? issuerCard(result) : null,
    shown ? answersCard(result, masked, onMask) : null,
    shown ? provedCards(result) : null,
    stepsCard(result),
    shown ? historyCard(result) : null,
    shown ? detailsCard(result) : null,
  ].filter(Boolean);
};

// ── who, and how ────────────────────────────────────────────────────────────────────────────────────────────────────

const issuerCard = ({ sheet, steps }) => {
  const { why, notes, facts } = steps[3];
  const confirmed = why === null;
  const how = channelOf(sheet);
  const tags = [
    el(confirmed ? "span.tag" : "span.tag.open", icon(confirmed ? "holds" : "open"),
      say(confirmed ? "issuer.confirmed" : "issuer.claimed")),
    sheet.practice ? el("span.tag.prac", say("issuer.practice")) : null,
  ];
  return el(
    "section.card.who",
    { "aria-labelledby": "who-h" },
    el("div.stack.tight", el("h2.dim", { id: "who-h" }, say("issuer.h")), el("p.large", theirs(sheet.issuer.name)),
      el("p.tag-line", tags),
      notes.includes("name-differs") ? el("p", say("issuer.differs", { name: tame(facts.shop) })) : null),
    el("div.stack.tight", el("h2.dim", say("channel.h")), el("p.large", say(`channel.${how}`)),
      el("p", say(`channel.${how}.p`))),
  );
};

const channelOf = ({ cells }) => {
  const channels = new Set(cells.map(({ channel }) => channel).filter((channel) => channel !== null));
  if (channels.size === 0) return "none";
  return channels.size === 1 ? [...channels][0] : "mixed";
};

// ── verdict and answers ─────────────────────────────────────────────────────────────────────────────────────────────

const answersCard = ({ sheet, steps }, masked, onMask) => {
  const claimed = steps[3].why !== null; // then it may be anybody's word, and has no colour
  const { kind, so_far, complete } = sheet.verdict;
  const mark = kind === "undetermined" ? null : kind;
  const more = [
    say(`verdict.${kind}.p`, { time: sayTime(sheet.as_of) }),
    kind === "undetermined" && so_far !== null ? say("verdict.so-far", { mark: say(`mark.${so_far}`) }) : null,
    complete ? null : say("verdict.incomplete"),
  ].filter(Boolean);
  return el(
    claimed ? "section.card.stack.claimed" : "section.card.stack",
    { "aria-labelledby": "answers-h", id: "answers" },
    el("div.row.between", el("h2", { id: "answers-h" }, say("answers.h")), maskSwitch(masked, onMask)),
    claimed ? el("p", say("answers.claimed")) : null,
    el(`div.mark.wide.${markClass(mark)}`, { id: "verdict" }, markIcon(mark),
      el("div", el("b.large", say(`verdict.${kind}`)), more.map((text) => el("p", text)))),
    sheet.imeis.map((imei, i) => tableOf(sheet, imei, i, masked)),
    el("p.dim", say("answers.age", { hours: Math.round(sheet.age_s_max / 360) / 10 })),
    el("p.dim", `${say("issued")} ${sayTime(sheet.issued_at)} ${say("issued.by")}`),
  );
};

const maskSwitch = (masked, onMask) => {
  const choice = (value, word) => {
    const input = el("input", { type: "radio", name: "mask", value, autocomplete: "off" });
    input.checked = (value === "on") === masked;
    input.addEventListener("change", () => onMask(value === "on"));
    return el("label", input, say(word));
  };
  return el("fieldset.seg.noprint", el("legend.vh", say("mask.h")), choice("on", "mask.on"), choice("off", "mask.off"));
};

const tableOf = ({ imeis, cells }, imei, i, masked) => {
  const name = imeis.length > 1 ? `IMEI ${i + 1}` : "IMEI";
  const heads = ["answers.carrier", "answers.answer", "answers.asked", "answers.how"];
  return el(
    "table.answers",
    el("caption", `${name}　`, el("b.num", { "data-imei": imei }, shownImei(imei, masked))),
    el("thead", el("tr", heads.map((word) => el("th", { scope: "col" }, say(word))))),
    el("tbody", CARRIERS.map((carrier, n) => rowOf(cells[4 * i + n], carrier))),
  );
};

const rowOf = (cell, carrier) =>
  el(
    "tr",
    { id: `cell-${cell.imei.slice(-1)}-${carrier}` },
    el("th", { scope: "row" }, say(`carrier.${carrier}`)),
    el("td", pip(cell), notesOf(cell).map((text) => el("small", text))),
    el("td", { "data-h": say("answers.asked.short") }, cell.asked_at ? el("span.num", sayTime(cell.asked_at, "jst.short")) : "—"),
    el("td", { "data-h": say("answers.how") }, cell.channel ? say(`channel.short.${cell.channel}`) : "—"),
  );

const pip = ({ mark, error }) =>
  el(`span.pip.${markClass(mark)}`, markIcon(mark), say(mark === null ? `cell.${error}` : `mark.${mark}`));

const notesOf = ({ raw, stale, vanished, error, sentence }) => {
  const shown = raw === null ? null : say("answers.raw", { raw: tame(`${raw} ${sentence ?? ""}`.trim()) });
  return [
    error === "glyph-unknown" ? say("cell.glyph-unknown.p", { raw: tame(raw ?? "") }) : shown,
    vanished ? say("cell.vanished") : null,
    stale ? say("cell.stale") : null,
  ].filter(Boolean);
};

// ── what it shows, and what it does not ─────────────────────────────────────────────────────────────────────────────

const provedCards = ({ sheet, steps, stampedAt, notProved }) => {
  const confirmed = steps[3].why === null;
  const proved = [
    say(confirmed ? "proved.issuer" : "proved.issuer.unknown"),
    say("proved.whole"),
    say("proved.history", { n: sheet.entries.length }),
    say("proved.verdict"),
    sheet.tie?.matches ? say("proved.tie", { time: sayTime(sheet.tie.at) }) : null,
    stampedAt ? say("proved.stamp", { time: sayTime(stampedAt) }) : null,
  ].filter(Boolean);
  const column = (id, items) =>
    el("section", { "aria-labelledby": id }, el("h2", { id }, say(`${id}.h`)), el("ul.dots", items));
  return el(
    "div.card.two",
    column("proved", proved.map((text) => el("li", text))),
    column("unproved", notProved.map((code) => el("li", { "data-code": code }, say(`unproved.${code}`)))),
  );
};

// ── the record ──────────────────────────────────────────────────────────────────────────────────────────────────────

const historyCard = ({ sheet, entries }) => {
  const keys = sheet.imeis.map(keyOf);
  const nameOf = ({ opening }) => (keys.length > 1 ? el("span.nb", `IMEI ${keys.indexOf(opening.key) + 1}`) : null);
  const withdrawn = new Set(entries.map(({ statement }) => (statement?.kind === "withdrawal" ? statement.index : -1)));
  return el(
    "details.card",
    el("summary", say("history.h", { n: entries.length })),
    el("ol.history", entries.filter(({ statement }) => statement).map((one) => el("li", lineOf(one, withdrawn, nameOf(one))))),
  );
};

const lineOf = ({ index, body, statement }, withdrawn, name) => {
  const { kind, carrier, by, reason } = statement;
  const what =
    kind === "reading" ? pip(statement)
    : kind === "notice" ? `${say("history.notice")} ${statement.declares}`
    : say(`history.${kind}`, { reason: tame(reason) });
  return [
    el("span.num", sayTime(body.at, "jst.short")), name, el("b", say(`carrier.${carrier}`)), what,
    withdrawn.has(index) ? say("history.withdrawn") : null,
    by ? el("span.dim", say("history.by", { by: tame(by) })) : null,
  ];
};

const detailsCard = ({ sheet, note, signer, fingerprint }) => {
  const { licence, rmj, url, terms } = sheet.issuer;
  const which = sheet.entries.map(({ index }) => index + 1).join("・");
  const rows = [
    ["details.licence", licence], ["details.rmj", rmj], ["details.url", url], ["details.terms", terms],
  ].map(([word, text]) => (text === null ? null : [say(word), [theirs(text), el("small", say("details.stated"))]]));
  const ours = [
    [say("details.origin"), theirs(note.origin, "span.mono")],
    [say("details.size"), say("details.size.v", { size: note.size, which })],
    [say("details.root"), theirs(note.body.split("\n")[2], "span.mono")],
    [say("fingerprint"), el("span.mono.num", fingerprint)],
    [say("details.key"), theirs(signer, "span.mono")],
    [say("details.policy"), theirs(sheet.policy)],
  ];
  return el(
    "details.card",
    el("summary", say("details.h")),
    el("dl.rows", [...rows.filter(Boolean), ...ours].map(([name, value]) => [el("dt", name), el("dd", value)])),
  );
};

