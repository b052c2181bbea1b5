// The form of a record sheet (docs/reference/sheet.md) and of what it carries: entries and statements (log-format.md).
import { canonical, NotStrict, parse } from "./strict.js";
import {
  base64, bool, count, day, exactly, hash, list, map, matching, Misshapen, object, orNull, string, text, time,
} from "./shape.js";
import { isImei, keyOf } from "./number.js";

export const SHEET_FORMAT = "shirorom-sheet/v1";
export const FILE_BYTES_MAX = 32_000_000;
const ENTRIES_MAX = 10_000;
const STAMPS_MAX = 8;
export const CARRIERS = ["docomo", "au", "softbank", "rakuten"];
export const MARKS = ["clear", "caution", "restricted", "no-record"];
const CHANNELS = ["site", "hand", "notice"];
const KINDS = ["reading", "withdrawal", "correction", "notice"];
const GROUNDS = ["unpaid", "theft-or-fraud", "false-contract", "compensation", "other"];
const DECLARES = ["registered", "instalments-started", "instalments-paid", "restricted", "lifted"];

const carrier = exactly(...CARRIERS);
const mark = orNull(exactly(...MARKS));
const key = matching(/^[0-9]{14}$/);
const imei = (value, path) => {
  if (!isImei(value)) throw new Misshapen("other-form", path);
  return value;
};

const line = (value, path) => (value === "" ? exactly()(value, path) : string(512)(value, path));
const long = string(4_000);
const digits = matching(/^[0-9]{15}$/);
const cell = object({
  imei: digits, carrier, mark,
  raw: orNull(long),
  sentence: orNull(long),
  asked_at: orNull(time),
  channel: orNull(exactly(...CHANNELS)),
  stale: bool,
  vanished: bool,
  error: orNull(line),
  index: orNull(count),
});
const entry = object({
  index: count,
  entry: string(1_000),
  opening: object({ key, counter: count, previous: hash, salt: hash, statement: string(FILE_BYTES_MAX) }),
  proof: list(hash, 0, 64),
});
const tie = object({
  code: matching(/^[0-9A-Z]{6}$/),
  at: time,
  picture: hash,
  numbers: list(digits, 0, 16),
  matches: bool,
});
const sheet = object({
  v: exactly(1),
  practice: bool,
  issued_at: time,
  issuer: object({ name: line, licence: orNull(long), rmj: orNull(long), url: orNull(long), terms: orNull(long) }),
  imeis: list(imei, 1, 4),
  as_of: time,
  age_s_max: (value, path) => count(value === 0 ? null : value, path),
  policy: line,
  access: object(Object.fromEntries(CARRIERS.map((id) => [id, exactly("off", "hand", "site")]))),
  cells: list(cell, 0, 16),
  verdict: object({ kind: exactly(...MARKS, "undetermined"), so_far: mark, complete: bool }),
  entries: list(entry, 0, ENTRIES_MAX),
  devices: list(object({ key, count }), 0, 4),
  checkpoint: string(64_000),
  tie: orNull(tie),
  evidence: list(
    object({ index: orNull(count), what: exactly("page", "screenshot", "picture"), digest: hash }),
    0,
    2 * ENTRIES_MAX + 1,
  ),
});
const bundle = object({
  format: exactly(SHEET_FORMAT),
  sheet,
  signatures: list(object({ key: line, signature: base64 }), 1, 8),
  time: list(
    object({ token: base64, certificates: list(base64, 1, 16), revocation: list(base64, 0, 16) }),
    0,
    STAMPS_MAX,
  ),
  attachments: map(hash, base64),
});

/** Read the bytes' text: {bundle, raw}; `raw` are the Maps that canonical bytes are made of. Throws as below. */
export const readBundle = (source) => {
  const raw = parse(source);
  if (!(raw instanceof Map)) throw new Misshapen("other-form", "");
  if (raw.get("format") !== SHEET_FORMAT) throw new Misshapen("other-form", ".format");
  const read = bundle(raw, "");
  inOrder(read.sheet);
  return { bundle: read, raw };
};

/** No two numbers of one phone, and every list in its one order. */
const inOrder = ({ imeis, entries, tie }) => {
  const keys = imeis.map(keyOf);
  const rises = (items) => items.every((item, i) => i === 0 || items[i - 1] < item);
  const sorted = rises(entries.map(({ index }) => index)) && rises(tie?.numbers ?? []);
  if (new Set(keys).size !== keys.length) throw new Misshapen("other-form", ".sheet.imeis");
  if (!sorted) throw new Misshapen("other-form", "order");
};

// ── what an entry says, and what opens it ───────────────────────────────────────────────────────────────────────────

const ENTRY = object({ at: time, commitment: hash, kind: exactly(...KINDS), v: exactly(1) });
const by = text(64, { empty: false });
const reason = text(500, { empty: false });
const STATEMENTS = {
  reading: object({
    asked_at: time, by, carrier,
    channel: exactly("site", "hand"),
    error: exactly(null, "glyph-unknown"),
    glyph: text(16, { empty: false }),
    imei,
    kind: exactly("reading"),
    mark,
    page: orNull(hash),
    practice: bool,
    screenshot: orNull(hash),
    sentence: text(2000),
    v: exactly(1),
  }),
  withdrawal: object({
    at: time, by, carrier, imei, index: count, kind: exactly("withdrawal"), reason, v: exactly(1),
  }),
  correction: object({ at: time, by, carrier, imei, kind: exactly("correction"), reason, v: exactly(1) }),
  notice: object({
    carrier,
    declares: exactly(...DECLARES),
    effective_on: orNull(day),
    ground: orNull(exactly(...GROUNDS)),
    imei,
    kind: exactly("notice"),
    practice: bool,
    purchased_on: orNull(day),
    sequence: count,
    v: exactly(1),
  }),
};

/** The value of a text that is canonical and of a form; null for any other text. */
const readCanonical = (source, check) => {
  try {
    const raw = parse(source);
    return raw instanceof Map && canonical(raw) === source ? check(raw, "") : null;
  } catch (error) {
    if (error instanceof NotStrict || error instanceof Misshapen) return null;
    throw error;
  }
};

export const readEntry = (source) => readCanonical(source, ENTRY);

export const readStatement = (source) =>
  readCanonical(source, (raw, path) => {
    const check = Object.hasOwn(STATEMENTS, String(raw.get("kind"))) ? STATEMENTS[raw.get("kind")] : null;
    if (check === null) throw new Misshapen("other-form", path);
    const made = check(raw, path);
    const marked = made.kind !== "reading" || (made.mark === null) === (made.error !== null);
    const grounded = made.kind !== "notice" || made.ground === null || ["restricted", "lifted"].includes(made.declares);
    if (!marked || !grounded) throw new Misshapen("other-form", path);
    return made;
  });
