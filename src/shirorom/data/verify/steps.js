// The thirteen steps of docs/reference/sheet.md, in order. Nothing counts as proved that was not checked here.
import { bytesOf, bytesOfBase64, bytesOfHex, equal, hexOf, sha256, textOf } from "./bytes.js";
import { FILE_BYTES_MAX, readBundle, readEntry, readStatement } from "./form.js";
import { cellsOf, verdictOf } from "./fold.js";
import { isImei, isTestNumber, keyOf } from "./number.js";
import { ED25519, fingerprint, noteNames, noteSignedBy, readCheckpoint, readKey, signedBy, typeOfKey } from "./note.js";
import { Misshapen } from "./shape.js";
import { checkStamps } from "./stamp.js";
import { canonical, NotStrict } from "./strict.js";
import { commitmentOf, included, leafOf } from "./tree.js";
import { judge } from "./trust.js";

export const STEPS = [
  "form", "practice", "signature", "trust", "checkpoint", "witnesses", "inclusion", "openings", "chain", "cells",
  "verdict", "time", "attachments",
];
export const NOT_GIVEN = ["key-unknown", "witnesses-few", "authority-unknown"];
export const IN_DOUBT = ["key-revoked", "stamp-reader-missing"];
const NO_LEAF = "0".repeat(64);

/** What a step came to: it does not hold (`why`), or it holds; `empty`: because there was nothing to check. */
const fails = (why, facts = {}) => ({ why, facts, empty: false, notes: [] });
const holds = (facts = {}, notes = []) => ({ why: null, facts, empty: false, notes });
const empty = () => ({ why: null, facts: {}, empty: true, notes: [] });

/**
 * Check the bytes of a bundle against what the reader gave (trust.js) and asks for, at the moment `now` (a time's text).
 * Gives {outcome, decidedBy, steps, sheet, …}: outcome is holds, consistent, undetermined or refused; `decidedBy` names
 * the first step that does not hold; `sheet` is null where the form fails.
 */
export const verify = async (bytes, given, { practice = false, witnessesMin = 0, now }) => {
  const { form, bundle, raw } = readForm(bytes);
  if (bundle === null) return conclude([form, ...STEPS.slice(1).map(() => fails("not-examined"))], null);
  const { sheet } = bundle;
  const note = readCheckpoint(sheet.checkpoint);
  const entries = await openAll(sheet);
  const signers = await signersOf(bundle, raw);
  const logKey = signers.find(({ good, key }) => good && key.name === originOf(sheet))?.key ?? null;
  const stamps = await checkStamps(bundle.time, raw, given.certificates, sheet.issued_at);
  const steps = [
    form,
    practiceStep(sheet, entries, practice),
    signatureStep(bundle, signers, logKey),
    await trustStep(logKey, given, sheet, stamps.first ?? now),
    await checkpointStep(sheet, note, logKey, entries),
    await witnessStep(note, given, witnessesMin),
    await inclusionStep(sheet, note, entries),
    await openingStep(sheet, note, entries),
    chainStep(sheet, entries),
    cellStep(sheet, entries),
    verdictStep(sheet),
    timeStep(bundle, stamps),
    await attachmentStep(bundle),
  ];
  return conclude(steps, { sheet, note, entries, signer: logKey?.text ?? null, stamps });
};

/** The log's name, as the checkpoint says, whatever else is right about it. */
const originOf = ({ checkpoint }) => checkpoint.split("\n", 1)[0];

const conclude = async (steps, found) => {
  const whys = steps.map(({ why }) => why).filter((why) => why !== null);
  const outcome =
    whys.length === 0 ? "holds"
    : whys.every((why) => NOT_GIVEN.includes(why)) ? "consistent"
    : whys.every((why) => NOT_GIVEN.includes(why) || IN_DOUBT.includes(why)) ? "undetermined"
    : "refused";
  const worst = outcome === "refused" ? [...NOT_GIVEN, ...IN_DOUBT] : outcome === "undetermined" ? NOT_GIVEN : [];
  return {
    outcome,
    decidedBy: STEPS[steps.findIndex(({ why }) => why !== null)] ?? null,
    blamed: steps.findIndex(({ why }) => why !== null && !worst.includes(why)),
    steps: steps.map((step, i) => ({ n: i + 1, code: STEPS[i], ...step })),
    sheet: found?.sheet ?? null,
    note: found?.note ?? null,
    entries: found?.entries ?? [],
    signer: found?.signer ?? null,
    fingerprint: found?.signer ? await fingerprint(found.signer) : null,
    stampedAt: found && steps[11].why === null ? found.stamps.at : null,
    notProved: found ? notProved(found.sheet, steps[11]) : [],
  };
};

const notProved = ({ tie }, time) =>
  [
    "carrier-said-so",
    tie?.matches ? null : "number-of-this-phone",
    "future",
    "tail",
    time.why === null && !time.empty ? null : "clock",
    "issuer-identity",
  ].filter(Boolean);

// ── 1 form, 2 practice ──────────────────────────────────────────────────────────────────────────────────────────────

const readForm = (bytes) => {
  const no = (why, facts = {}) => ({ form: fails(why, facts), bundle: null, raw: null });
  if (bytes.length > FILE_BYTES_MAX) return no("sheet-too-large");
  const text = textOf(bytes);
  if (text === null) return no("sheet-unreadable");
  try {
    return { form: holds(), ...readBundle(text) };
  } catch (error) {
    if (error instanceof NotStrict) return no(error.code);
    if (error instanceof Misshapen) return no(error.code, { path: error.path });
    throw error;
  }
};

/** Each entry with what it says, where that can be read, and its leaf. */
const openAll = ({ entries }) =>
  Promise.all(
    entries.map(async (one) => ({
      ...one,
      body: readEntry(one.entry),
      statement: readStatement(one.opening.statement),
      leaf: hexOf(await leafOf(bytesOf(one.entry))),
    })),
  );

const practiceStep = (sheet, entries, admitted) => {
  const named = originOf(sheet).startsWith(sheet.practice ? "shirorom/practice/" : "shirorom/real/");
  const said = entries.map(({ statement }) => statement?.practice).filter((world) => world !== undefined);
  if (!named || said.includes(!sheet.practice)) return fails("practice-mixed");
  if (!sheet.practice && sheet.imeis.some(isTestNumber)) return fails("test-number-as-real");
  if (!sheet.practice) return holds();
  return admitted ? holds({}, ["practice-admitted"]) : fails("practice-sheet");
};

// ── 3 signature, 4 trust, 5 checkpoint, 6 witnesses ─────────────────────────────────────────────────────────────────

const signersOf = async ({ signatures }, raw) => {
  const digest = hexOf(await sha256(bytesOf(canonical(raw.get("sheet")))));
  const message = bytesOf(`shirorom-sheet/v1\n${digest}\n`);
  return Promise.all(
    signatures.map(async ({ key: text, signature }) => {
      const key = await readKey(text);
      return { text, key, good: key !== null && (await signedBy(key, bytesOfBase64(signature), message)) };
    }),
  );
};

const signatureStep = ({ signatures }, signers, logKey) => {
  const unread = signers.find(({ key }) => key === null);
  if (unread) return fails([null, ED25519].includes(typeOfKey(unread.text)) ? "key-unreadable" : "algorithm-unknown");
  if (new Set(signatures.map(({ key }) => key)).size !== signatures.length) return fails("key-twice");
  if (signers.some(({ good }) => !good)) return fails("signature-wrong");
  return logKey === null ? fails("log-key-missing") : holds({ count: signers.length });
};

/** `knownBy`: when what the key signed is known to have been there, at the latest. */
const trustStep = async (logKey, given, { issued_at, issuer }, knownBy) => {
  if (logKey === null) return fails("log-key-missing");
  const { why, how, shop = null, notes } = await judge(logKey.text, given, issued_at, knownBy);
  if (why !== null) return fails(why, { how });
  return holds({ how, shop }, shop === null || shop === issuer.name ? notes : [...notes, "name-differs"]);
};

const checkpointStep = async (sheet, note, logKey, entries) => {
  if (note === null) return fails("checkpoint-unreadable");
  if (logKey === null || !(await noteSignedBy(note, logKey))) return fails("checkpoint-unsigned");
  if (entries.some(({ body }) => body !== null && body.at > sheet.issued_at)) return fails("issued-too-early");
  return holds({ size: note.size });
};

const witnessStep = async (note, { witnesses }, min) => {
  if (note === null) return fails("checkpoint-unreadable");
  const asked = witnesses.filter((key) => noteNames(note, key));
  const signed = await Promise.all(asked.map((key) => noteSignedBy(note, key)));
  if (signed.includes(false)) return fails("checkpoint-unsigned");
  if (signed.length < min) return fails("witnesses-few", { count: signed.length, min });
  return signed.length > 0 ? holds({ count: signed.length }) : empty();
};

// ── 7 inclusion, 8 openings, 9 chain ────────────────────────────────────────────────────────────────────────────────

const inclusionStep = async ({ entries }, note, opened) => {
  if (note === null) return fails("checkpoint-unreadable");
  for (const [i, { index, proof }] of entries.entries()) {
    const leaf = bytesOfHex(opened[i].leaf);
    if (!(await included(leaf, index, note.size, proof.map(bytesOfHex), note.root))) return fails("entry-not-in-tree");
  }
  return entries.length ? holds({ count: entries.length }) : empty();
};

const openingStep = async (sheet, note, entries) => {
  if (note === null) return fails("checkpoint-unreadable");
  const keys = sheet.imeis.map(keyOf);
  for (const { body, statement, opening } of entries) {
    if (body === null || statement === null) return fails("statement-unreadable");
    const opened = await commitmentOf(note.origin, {
      ...opening, previous: bytesOfHex(opening.previous), salt: bytesOfHex(opening.salt),
    });
    if (!equal(opened, bytesOfHex(body.commitment)) || statement.kind !== body.kind) return fails("opening-wrong");
    if (keyOf(statement.imei) !== opening.key || !keys.includes(opening.key)) return fails("other-phone");
  }
  return entries.length ? holds({ count: entries.length }) : empty();
};

const chainStep = ({ imeis, devices }, entries) => {
  const keys = imeis.map(keyOf);
  if (devices.length !== keys.length || devices.some(({ key }, i) => key !== keys[i])) return fails("chain-gap");
  for (const { key, count } of devices) {
    const chain = entries.filter(({ opening }) => opening.key === key);
    const whole = chain.every(
      ({ opening }, i) => opening.counter === i && opening.previous === (i === 0 ? NO_LEAF : chain[i - 1].leaf),
    );
    if (chain.length !== count || !whole) return fails("chain-gap");
  }
  return holds({ count: entries.length });
};

// ── 10 cells, 11 verdict ────────────────────────────────────────────────────────────────────────────────────────────

const same = (a, b) => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};
const allSame = (a, b) => a.length === b.length && a.every((one, i) => same(one, b[i]));

const cellStep = (sheet, entries) => {
  if (entries.some(({ body, statement }) => body === null || statement === null)) return fails("cells-differ");
  const told = entries.map(({ index, body, statement }) => ({ index, at: body.at, statement }));
  if (sheet.as_of > sheet.issued_at || told.some(({ at }) => at > sheet.as_of)) return fails("as-of-wrong");
  const folded = cellsOf(sheet, told);
  if (!allSame(folded, sheet.cells)) return fails("cells-differ");
  if (!allSame(evidenceOf(sheet, told), sheet.evidence)) return fails("evidence-differs");
  return tieHolds(sheet) ? holds({ count: folded.length }) : fails("tie-differs");
};

/** What the readings name, by index, then the picture of the phone's own screen, which no entry names. */
const evidenceOf = ({ tie }, told) => {
  const picture = tie === null ? [] : [{ index: null, what: "picture", digest: tie.picture }];
  const saved = told
    .filter(({ statement }) => statement.kind === "reading")
    .flatMap(({ index, statement }) => ["page", "screenshot"].map((what) => ({ index, what, digest: statement[what] })));
  return [...saved.filter(({ digest }) => digest !== null), ...picture];
};

const tieHolds = ({ tie, imeis }) => {
  if (tie === null) return true;
  const seen = tie.numbers.map(keyOf);
  return tie.numbers.every(isImei) && imeis.every((imei) => seen.includes(keyOf(imei))) === tie.matches;
};

const verdictStep = ({ cells, verdict }) =>
  same(verdictOf(cells), verdict) ? holds({ kind: verdict.kind }) : fails("verdict-differs");

// ── 12 time, 13 attachments ─────────────────────────────────────────────────────────────────────────────────────────

const timeStep = ({ time }, { why, at }) => {
  if (why !== null) return fails(why);
  return time.length ? holds({ at }) : empty();
};

const attachmentStep = async ({ sheet, attachments }) => {
  const named = new Set(sheet.evidence.map(({ digest }) => digest));
  for (const [digest, content] of attachments) {
    if (!named.has(digest)) return fails("attachment-unnamed");
    if (hexOf(await sha256(bytesOfBase64(content))) !== digest) return fails("attachment-wrong");
  }
  return attachments.size ? holds({ count: attachments.size }) : empty();
};
