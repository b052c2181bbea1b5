// What the reader trusts: keys, a keys file, a fingerprint, witnesses, a time stamp authority's certificate.
import { bytesOfBase64 } from "./bytes.js";
import { COSIGNATURE, ED25519, fingerprint, readKey } from "./note.js";
import { day, exactly, list, object, orNull, string, text, time } from "./shape.js";
import { parse } from "./strict.js";

export const TRUST_CHARS_MAX = 1_000_000;
const KEYS_FORMAT = "shirorom-keys/v1";
const SHOP_FORMAT = "shirorom-shop/v1";
const FINGERPRINT = /^[0-9a-f]{4}(?:[ -]?[0-9a-f]{4}){4}$/i;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

const keysFile = object({
  format: exactly(KEYS_FORMAT),
  name: string(512),
  keys: list(
    object({ key: string(512), from: time, until: orNull(time), revoked_at: orNull(time), reason: orNull(text(500)) }),
    0,
    1000,
  ),
});

/** `/shop.json`: what a shop says of itself, with the keys files of its logs. */
const shopFile = object({
  format: exactly(SHOP_FORMAT),
  at: time,
  shop: object({
    name: string(512),
    ...Object.fromEntries(["licence", "rmj", "url", "terms"].map((name) => [name, orNull(string(4_000))])),
    since: orNull(day),
  }),
  keys: list(keysFile, 0, 16),
});

export const nothingGiven = () => ({ keys: [], fingerprints: [], witnesses: [], certificates: [], bad: null });

/** A certificate's bytes as text that `readTrust` reads. */
export const pemOf = (der) =>
  `-----BEGIN CERTIFICATE-----\n${btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(""))}\n-----END CERTIFICATE-----`;

/** Read what the reader gave as text. `bad` names the first line that is none of these things. */
export const readTrust = async (source) => {
  const given = nothingGiven();
  if (source.length > TRUST_CHARS_MAX) return { ...given, bad: source.slice(0, 40) };
  if (source.trimStart().startsWith("{")) return readKeysFile(source, given);
  const rest = source.normalize("NFKC").replace(PEM, (_, body) => {
    const der = bytesOfBase64(body.replace(/\s/g, ""));
    if (der) given.certificates.push(der);
    return "\n";
  });
  for (const line of rest.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const key = await readKey(line, [ED25519, COSIGNATURE]);
    if (key?.type === ED25519) given.keys.push({ key: line, from: null, until: null, revoked_at: null, shop: null });
    else if (key) given.witnesses.push(key);
    else if (FINGERPRINT.test(line)) given.fingerprints.push(line.toLowerCase().replace(/[ -]/g, ""));
    else given.bad ??= line.slice(0, 40);
  }
  return given;
};

const readKeysFile = async (source, given) => {
  try {
    const raw = parse(source);
    const ofShop = raw.get("format") === SHOP_FORMAT ? shopFile(raw, "") : null;
    const files = ofShop === null ? [keysFile(raw, "")] : ofShop.keys;
    const keys = files.flatMap(({ name, keys: rows }) => rows.map((row) => ({ ...row, log: name })));
    for (const { key, log } of keys) if ((await readKey(key))?.name !== log) return { ...given, bad: key.slice(0, 40) };
    return { ...given, keys: keys.map((row) => ({ ...row, shop: ofShop?.shop.name ?? null })) };
  } catch {
    return { ...given, bad: source.trim().slice(0, 40) };
  }
};

/**
 * What is known of a key: {why: null | code, how, notes}. `knownBy`: when what it signed is known to have been there.
 * A revocation counts wherever it is read, whatever else vouches for the key.
 */
export const judge = async (keyText, given, issuedAt, knownBy) => {
  const known = given.keys.filter(({ key }) => key === keyText);
  const verdicts = known.map((one) => judgeKnown(one, issuedAt, knownBy));
  const bad = verdicts.find(({ why }) => why !== null);
  if (bad) return bad;
  const how = known.some(({ from }) => from === null) ? "trust-key" : "trust-keys-file";
  const shop = known.map((one) => one.shop).find((name) => name !== null) ?? null;
  if (known.length) return { why: null, how, shop, notes: verdicts.flatMap(({ notes }) => notes) };
  const print = (await fingerprint(keyText)).replaceAll(" ", "");
  if (given.fingerprints.includes(print)) return { why: null, how: "trust-fingerprint", notes: [] };
  const asked = given.keys.length + given.fingerprints.length > 0;
  return { why: "key-unknown", how: asked ? "trust-other-key" : "trust-not-given", notes: [] };
};

const judgeKnown = ({ from, until, revoked_at }, issuedAt, knownBy) => {
  const is = (why, notes = []) => ({ why, how: null, notes });
  if (from !== null && issuedAt < from) return is("key-not-yet");
  if (until !== null && issuedAt >= until) return is("key-over");
  if (revoked_at === null) return is(null);
  if (issuedAt >= revoked_at) return is("key-over");
  return knownBy >= revoked_at ? is("key-revoked") : is(null, ["revoked-later"]);
};
