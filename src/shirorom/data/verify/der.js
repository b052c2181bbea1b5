// As much DER as a time stamp and its certificates need (X.690). Anything else throws NotDer.
import { hexOf } from "./bytes.js";

export class NotDer extends Error {}

export const TAG = { bool: 1, int: 2, bits: 3, octets: 4, null: 5, oid: 6, enum: 10, utc: 23, time: 24, seq: 48, set: 49 };

const ensure = (good) => {
  if (!good) throw new NotDer();
};

/** One element: {tag, whole: its bytes with head, body: its bytes without}. */
const elementAt = (bytes, at) => {
  ensure(at + 2 <= bytes.length);
  let [from, length] = [at + 2, bytes[at + 1]];
  if (length > 0x80) {
    const size = length - 0x80;
    ensure(size <= 4 && from + size <= bytes.length && bytes[from] !== 0);
    length = bytes.slice(from, from + size).reduce((sum, byte) => sum * 256 + byte, 0);
    from += size;
    ensure(length >= 0x80);
  } else ensure(length < 0x80);
  ensure((bytes[at] & 0x1f) !== 0x1f && from + length <= bytes.length);
  return { tag: bytes[at], whole: bytes.subarray(at, from + length), body: bytes.subarray(from, from + length) };
};

/** The one element that these bytes are. */
export const element = (bytes, tag = null) => {
  const found = elementAt(bytes, 0);
  ensure(found.whole.length === bytes.length && (tag === null || found.tag === tag));
  return found;
};

/** The elements inside one, in order, as a reader that takes them one by one. */
export const inside = ({ body }) => {
  const parts = [];
  for (let at = 0; at < body.length; at += parts.at(-1).whole.length) parts.push(elementAt(body, at));
  let next = 0;
  return {
    all: parts,
    take: (tag) => {
      ensure(next < parts.length && (tag === null || parts[next].tag === tag));
      return parts[next++];
    },
    end: () => ensure(next === parts.length),
    maybe: (tag) => (next < parts.length && parts[next].tag === tag ? parts[next++] : null),
  };
};

/** The dotted numbers of an object identifier. */
export const oidOf = ({ tag, body }) => {
  ensure(tag === TAG.oid && body.length > 0 && body.at(-1) < 0x80);
  const numbers = [];
  let number = 0;
  for (const byte of body) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const first = Math.min(2, Math.floor(numbers[0] / 40));
  return [first, numbers[0] - 40 * first, ...numbers.slice(1)].join(".");
};

/** The algorithm of an AlgorithmIdentifier: {oid, parameters: element or null}. */
export const algorithmOf = (part) => {
  const parts = inside(part);
  ensure(part.tag === TAG.seq && parts.all.length <= 2);
  return { oid: oidOf(parts.take(TAG.oid)), parameters: parts.all[1] ?? null };
};

/** The identifier of a hash, which has no parameters, or an empty one. */
export const hashOf = (part) => {
  const { oid, parameters } = algorithmOf(part);
  ensure(parameters === null || (parameters.tag === TAG.null && parameters.body.length === 0));
  return oid;
};

/** The next element, which must be this whole number (below 128). */
export const takeNumber = (parts, number) => ensure(hexOf(parts.take(TAG.int).body) === number.toString(16).padStart(2, "0"));

/** The bytes of a BIT STRING of whole bytes. */
export const bitsOf = ({ tag, body }) => {
  ensure(tag === TAG.bits && body[0] === 0);
  return body.subarray(1);
};

/** The moment (ms) of a UTCTime or GeneralizedTime in UTC; fractions of a second are kept. */
export const momentOf = ({ tag, body }) => {
  ensure(tag === TAG.utc || tag === TAG.time);
  const text = String.fromCharCode(...body.subarray(0, 40));
  const century = tag === TAG.time ? "" : Number(text.slice(0, 2)) < 50 ? "20" : "19";
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(century + text);
  ensure(parts !== null);
  const [, year, month, date, hour, minute, second, fraction = ""] = parts;
  const ms = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  ensure(Number.isFinite(ms));
  return ms;
};
