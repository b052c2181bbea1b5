// X.509 certificates and lists of revoked ones (RFC 5280), as far as a time stamp's chain asks for them.
import { concat, equal, hexOf } from "./bytes.js";
import { algorithmOf, bitsOf, element, inside, momentOf, NotDer, oidOf, TAG } from "./der.js";

const HASHES = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const PKCS1 = "1.2.840.113549.1.1";
const RSA = `${PKCS1}.1`;
const RSA_SIGNATURES = { [`${PKCS1}.11`]: "SHA-256", [`${PKCS1}.12`]: "SHA-384", [`${PKCS1}.13`]: "SHA-512" };
const ECDSA_SIGNATURES = {
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
  "1.2.840.10045.4.3.4": "SHA-512",
};
const CURVES = {
  "1.2.840.10045.3.1.7": ["P-256", 32],
  "1.3.132.0.34": ["P-384", 48],
  "1.3.132.0.35": ["P-521", 66],
};
const ED25519_OID = "1.3.101.112";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE_EXTENDED = "2.5.29.37";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

/** The browser, or this file, has no means for an algorithm: nothing can be said. */
export class NoMeans extends Error {}

/** The name that WebCrypto has for a hash. Throws NoMeans. */
export const hashName = (oid) => {
  if (!Object.hasOwn(HASHES, oid)) throw new NoMeans(oid);
  return HASHES[oid];
};

/** What a certificate says. Throws NotDer. */
export const readCertificate = (der) => {
  const { tbs, signed, algorithm, signature } = signedParts(der);
  const parts = inside(signed);
  parts.maybe(0xa0);
  const serial = parts.take(TAG.int).whole;
  sameAlgorithm(parts.take(TAG.seq), algorithm);
  const issuer = parts.take(TAG.seq).whole;
  const validity = inside(parts.take(TAG.seq));
  const [from, until] = [momentOf(validity.take(null)), momentOf(validity.take(null))];
  const subject = parts.take(TAG.seq).whole;
  const spki = parts.take(TAG.seq).whole;
  const extensions = extensionsOf(parts.all.find(({ tag }) => tag === 0xa3));
  return { der, tbs, algorithm, signature, serial, issuer, from, until, subject, spki, ...extensions };
};

const signedParts = (der) => {
  const parts = inside(element(der, TAG.seq));
  const signed = parts.take(TAG.seq);
  const named = parts.take(TAG.seq);
  const signature = bitsOf(parts.take(TAG.bits));
  parts.end();
  return { signed, tbs: signed.whole, algorithm: { ...algorithmOf(named), whole: named.whole }, signature };
};

/** The algorithm stands inside and outside of what is signed; it is one (RFC 5280 §4.1.1.2). */
const sameAlgorithm = ({ whole }, algorithm) => {
  if (!equal(whole, algorithm.whole)) throw new NotDer();
};

const extensionsOf = (part) => {
  const found = { isAuthority: false, stampsTime: false };
  if (!part) return found;
  for (const one of inside(element(part.body, TAG.seq)).all) {
    const parts = inside(one);
    const oid = oidOf(parts.take(TAG.oid));
    parts.maybe(TAG.bool);
    const value = element(parts.take(TAG.octets).body);
    if (oid === BASIC_CONSTRAINTS) found.isAuthority = inside(value).maybe(TAG.bool)?.body[0] === 0xff;
    if (oid === KEY_USAGE_EXTENDED) found.stampsTime = inside(value).all.some((use) => oidOf(use) === TIME_STAMPING);
  }
  return found;
};

/** Whether a signature's algorithm has its one spelling (RFC 5754): RSA's with an empty parameter, others' without. */
export const isNamedOneWay = ({ oid, parameters }) =>
  oid.startsWith(PKCS1) ? parameters?.tag === TAG.null && parameters.body.length === 0 : parameters === null;

/** Whether the key of a certificate signed these bytes. `hash`: where the algorithm does not name one. */
export const signedWith = async ({ spki }, algorithm, signature, bytes, hash = null) => {
  const kind = algorithmOf(inside(element(spki, TAG.seq)).take(TAG.seq));
  let [name, proof] = [null, signature];
  if (kind.oid === RSA) {
    const named = RSA_SIGNATURES[algorithm.oid] ?? (algorithm.oid === RSA ? hash : null);
    if (named) name = { name: "RSASSA-PKCS1-v1_5", hash: named };
  } else if (kind.parameters?.tag === TAG.oid && Object.hasOwn(CURVES, oidOf(kind.parameters))) {
    const [namedCurve, size] = CURVES[oidOf(kind.parameters)];
    const named = ECDSA_SIGNATURES[algorithm.oid];
    if (named) name = { name: "ECDSA", namedCurve, hash: named };
    proof = plainEcdsa(signature, size);
  } else if (kind.oid === ED25519_OID && algorithm.oid === ED25519_OID) name = { name: "Ed25519" };
  if (name === null) throw new NoMeans(algorithm.oid);
  const key = await crypto.subtle.importKey("spki", spki, name, false, ["verify"]).catch(() => null);
  if (key === null) throw new NoMeans(kind.oid);
  return proof !== null && crypto.subtle.verify(name, key, proof, bytes);
};

/** r ‖ s, as WebCrypto takes it, from the DER of both; null where they do not fit. */
const plainEcdsa = (signature, size) => {
  const whole = (part) => {
    let body = part.body;
    while (body.length > 1 && body[0] === 0) body = body.subarray(1);
    return body.length <= size ? concat(new Uint8Array(size - body.length), body) : null;
  };
  try {
    const parts = inside(element(signature, TAG.seq));
    const [r, s] = [whole(parts.take(TAG.int)), whole(parts.take(TAG.int))];
    parts.end();
    return r && s && concat(r, s);
  } catch (error) {
    if (error instanceof NotDer) return null;
    throw error;
  }
};

/** Whether each certificate is signed by the next, the last by itself, and all but the first may sign others. */
export const chainHolds = async (chain) => {
  for (const [i, one] of chain.entries()) {
    const above = chain[Math.min(i + 1, chain.length - 1)];
    if (!equal(one.issuer, above.subject) || (i > 0 && !one.isAuthority)) return false;
    if (!(await signedWith(above, one.algorithm, one.signature, one.tbs))) return false;
  }
  return true;
};

/** A list of revoked certificates: {issuer, revoked: Map(serial in hex → moment)} and what it is signed with. */
export const readRevoked = (der) => {
  const { tbs, signed, algorithm, signature } = signedParts(der);
  const parts = inside(signed);
  parts.maybe(TAG.int);
  sameAlgorithm(parts.take(TAG.seq), algorithm);
  const issuer = parts.take(TAG.seq).whole;
  const times = [TAG.utc, TAG.time];
  const rest = parts.all.slice(parts.all.findIndex(({ whole }) => whole === issuer) + 1);
  const table = rest.find(({ tag }) => !times.includes(tag));
  const rows = table?.tag === TAG.seq ? inside(table).all : [];
  const revoked = new Map(
    rows.map((row) => {
      const fields = inside(row);
      return [hexOf(fields.take(TAG.int).whole), momentOf(fields.take(null))];
    }),
  );
  return { tbs, algorithm, signature, issuer, revoked };
};
