// From entries to cells to a verdict: docs/reference/sheet.md, "How cells follow". No clock, no rule of any policy.
import { boundsOfDay, dayInJapan, msOf } from "./moments.js";
import { CARRIERS } from "./form.js";
import { keyOf } from "./number.js";

const AHEAD_MS_MAX = 5 * 60 * 1000;
const DOUBT = ["clear", "no-record", "caution", "restricted"]; // least doubtful first, of one carrier
const WORST_FIRST = ["restricted", "caution", "clear", "no-record"]; // across carriers

/** Every cell of the sheet, carriers within numbers. `entries`: {index, at, statement}, by index. */
export const cellsOf = ({ imeis, as_of, age_s_max }, entries) =>
  imeis.flatMap((imei) => CARRIERS.map((carrier) => cellOf({ imei, carrier, as_of, age_s_max }, entries)));

const EMPTY = {
  mark: null, raw: null, sentence: null, asked_at: null, channel: null, stale: false, vanished: false, error: null,
  index: null,
};

const cellOf = ({ imei, carrier, as_of, age_s_max }, entries) => {
  const about = entries.filter(
    ({ at, statement }) => at <= as_of && statement.carrier === carrier && keyOf(statement.imei) === keyOf(imei),
  );
  const { mark, newest, answer, book, notice, vanished } = fold(about, as_of);
  const cell = { imei, carrier, ...EMPTY, mark };
  const stale = (at) => isStale(at, as_of, age_s_max);
  if (notice !== null && mark === book && !vanished)
    return { ...cell, asked_at: notice.at, channel: "notice", stale: stale(notice.at), index: notice.index };
  if (answer !== null && answer.statement.mark === null && mark !== "restricted")
    return { ...cell, mark: null, ...shown(answer), error: "glyph-unknown" };
  if (mark === null || newest === null) return { ...cell, mark: null, error: "not-asked" };
  return { ...cell, ...shown(newest), stale: stale(newest.statement.asked_at), vanished };
};

const shown = ({ index, statement: { glyph, sentence, asked_at, channel } }) => ({
  raw: glyph, sentence, asked_at, channel, index,
});

const isStale = (at, as_of, age_s_max) => {
  const age = msOf(as_of) - msOf(at);
  return age < -AHEAD_MS_MAX || age > age_s_max * 1000;
};

/**
 * What stands for one number at one carrier: {mark, newest, answer, book, notice, vanished}. `answer`: the newest
 * reading; `newest`: the newest that has a mark.
 */
export const fold = (about, as_of) => {
  const today = dayInJapan(as_of);
  const answers = readingsThatCount(about);
  const readings = answers.filter(({ statement }) => statement.mark !== null);
  const notices = about
    .filter(({ statement }) => statement.kind === "notice")
    .sort((a, b) => a.statement.sequence - b.statement.sequence || a.index - b.index);
  const newest = readings.at(-1) ?? null;
  const { base, active } = bookOf(notices, today);
  const inForce = active.filter((one) => reached(one, today));
  const book = notices.length === 0 ? null : inForce.length ? "restricted" : active.length ? "caution" : base;
  const standing = readings.filter(
    (one) => one.statement.mark === "restricted" && !accounted(one, newest, about, notices, active, today),
  );
  const better =
    newest !== null &&
    newest.statement.mark !== "restricted" &&
    (standing.length > 0 || inForce.some((one) => countsFrom(one) <= msOf(newest.statement.asked_at)));
  return {
    mark: standing.length ? "restricted" : combined(newest, notices, book, today),
    newest,
    answer: answers.at(-1) ?? null,
    book,
    notice: notices.at(-1) ?? null,
    vanished: better,
  };
};

/** Readings that nobody took back, oldest answer first. Only what a person read can be taken back. */
const readingsThatCount = (about) => {
  const takenBack = new Set(
    about
      .filter(({ index, statement }) => statement.kind === "withdrawal" && statement.index < index)
      .map(({ statement }) => statement.index),
  );
  return about
    .filter(({ statement }) => statement.kind === "reading")
    .filter(({ index, statement }) => statement.channel !== "hand" || !takenBack.has(index))
    .sort((a, b) => msOf(a.statement.asked_at) - msOf(b.statement.asked_at) || a.index - b.index);
};

const reached = ({ statement }, today) => statement.effective_on === null || statement.effective_on <= today;

/** When a notice counts from: its arrival, held within the day that it names. */
const countsFrom = ({ at, statement }) => {
  if (statement.effective_on === null) return msOf(at);
  const [from, until] = boundsOfDay(statement.effective_on);
  return Math.min(Math.max(msOf(at), from), until);
};

/** The carrier's own word: the mark below any restriction, and the restrictions that nothing lifted. */
const bookOf = (notices, today) => {
  let base = "no-record";
  let active = [];
  for (const one of notices) {
    const { declares, ground } = one.statement;
    if (declares === "instalments-started") base = "caution";
    else if (declares === "restricted") active = [...active, one];
    else if (!reached(one, today)) continue;
    else if (declares === "lifted") active = active.filter((other) => other.statement.ground !== ground);
    else base = "clear"; // registered, instalments-paid
  }
  return { base, active };
};

/** Whether a × that was read is explained: by a lifting that left no restriction, or by a person's correction. */
const accounted = (restricted, newest, about, notices, active, today) => {
  const asked = msOf(restricted.statement.asked_at);
  const lifted = notices.filter((one) => one.statement.declares === "lifted" && reached(one, today));
  if (active.length === 0 && lifted.some((one) => asked < countsFrom(one))) return true;
  if (restricted === newest) return false;
  return about.some(
    ({ index, statement }) =>
      statement.kind === "correction" && restricted.index < index && asked <= msOf(statement.at),
  );
};

/** What stands when no × that was read does: the notices, the newest answer, or the more doubtful of both. */
const combined = (newest, notices, book, today) => {
  const answered = newest === null ? null : newest.statement.mark;
  if (answered === null || answered === "restricted") return book;
  if (book === null) return answered;
  const heard = notices.filter((one) => reached(one, today)).map(countsFrom);
  if (heard.length && msOf(newest.statement.asked_at) < Math.max(...heard)) return book;
  return DOUBT[Math.max(DOUBT.indexOf(book), DOUBT.indexOf(answered))];
};

/** The verdict over all cells: doubt never rounds up. */
export const verdictOf = (cells) => {
  const decides = ({ mark, stale }) => mark !== null && !(stale && (mark === "clear" || mark === "no-record"));
  const known = cells.filter(decides).map(({ mark }) => mark);
  const so_far = WORST_FIRST.find((mark) => known.includes(mark)) ?? null;
  const open = known.length < cells.length;
  return {
    kind: so_far === null || (open && so_far !== "restricted") ? "undetermined" : so_far,
    so_far,
    complete: cells.length > 0 && cells.every(({ error }) => error !== "not-asked"),
  };
};
