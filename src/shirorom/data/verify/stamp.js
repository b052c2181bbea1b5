// Time stamps (RFC 3161): what each is over, who signed it, and whether the reader trusts that authority.
import { bytesOf, bytesOfBase64, concat, equal, hexOf } from "./bytes.js";
import { chainHolds, hashName, isNamedOneWay, NoMeans, readCertificate, readRevoked, signedWith } from "./certificate.js";
import { algorithmOf, element, hashOf, inside, momentOf, NotDer, oidOf, TAG, takeNumber } from "./der.js";
import { msOf, timeOf } from "./moments.js";
import { canonical } from "./strict.js";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const CLOCKS_DIFFER_MS_MAX = 5 * 60 * 1000;

class Unfit extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}
const demand = (good, why) => {
  if (!good) throw new Unfit(why);
};

const digest = async (name, bytes) => new Uint8Array(await crypto.subtle.digest(name, bytes));

/**
 * Check every stamp of a bundle. Gives {why, at, first}: why the step does not hold (null: it does), when the newest
 * stamp was made, and when the oldest trusted one was (null: there is none).
 */
export const checkStamps = async (stamps, raw, authorities, issuedAt) => {
  const moments = [];
  try {
    for (const [n, stamp] of stamps.entries()) {
      moments.push(await checkOne(stamp, stampedBytes(raw, n)));
      demand(n === 0 || moments[n - 1] <= moments[n], "stamp-order");
    }
    demand(moments.length === 0 || moments[0] >= msOf(issuedAt) - CLOCKS_DIFFER_MS_MAX, "stamp-order");
    const roots = stamps.map(({ certificates }) => bytesOfBase64(certificates.at(-1)));
    const trusted = roots.map((root) => authorities.some((given) => equal(given, root)));
    const first = trusted.indexOf(true);
    return {
      why: trusted.includes(false) ? "authority-unknown" : null,
      at: moments.length ? timeOf(moments.at(-1)) : null,
      first: first < 0 ? null : timeOf(moments[first]),
    };
  } catch (error) {
    const why =
      error instanceof Unfit ? error.why
      : error instanceof NotDer ? "stamp-unreadable"
      : error instanceof NoMeans ? "stamp-reader-missing"
      : null;
    if (why === null) throw error;
    return { why, at: null, first: null };
  }
};

/** The sheet, its signatures and the stamps before the n-th. */
const stampedBytes = (raw, n) => {
  const parts = ["format", "sheet", "signatures"].map((name) => [name, raw.get(name)]);
  return bytesOf(canonical(new Map([...parts, ["time", raw.get("time").slice(0, n)]])));
};

/** One stamp over these bytes; gives its moment (ms). */
const checkOne = async ({ token, certificates, revocation }, bytes) => {
  const { content, info, signer, brought } = readToken(bytesOfBase64(token));
  const imprint = await digest(hashName(info.hash), bytes);
  demand(equal(imprint, info.imprint), "stamp-of-something-else");
  const chain = certificates.map(certificateOf);
  await checkSigner(signer, content, chain[0]);
  const named = brought.every((one) => chain.some(({ der }) => equal(der, one))); // nothing rides along unexamined
  demand(named && chain[0].stampsTime && (await chainHolds(chain)), "stamp-chain");
  demand(chain.every(({ from, until }) => from <= info.at && info.at <= until), "stamp-chain");
  demand(new Set(revocation).size === revocation.length, "stamp-chain");
  for (const one of revocation) await checkRevoked(listOf(one), chain, info.at);
  return info.at;
};

const orChain = (read) => (one) => {
  try {
    return read(bytesOfBase64(one));
  } catch (error) {
    throw error instanceof NotDer ? new Unfit("stamp-chain") : error;
  }
};
const certificateOf = orChain(readCertificate);
const listOf = orChain(readRevoked);

/** What a TimeStampToken says (RFC 3161 §2.4.2, RFC 5652 §5). */
const readToken = (der) => {
  const outer = inside(element(der, TAG.seq));
  demand(oidOf(outer.take(TAG.oid)) === SIGNED_DATA, "stamp-unreadable");
  const data = inside(element(outer.take(0xa0).body, TAG.seq));
  outer.end();
  takeNumber(data, 3);
  const hashes = inside(data.take(TAG.set)).all.map(hashOf);
  const capsule = inside(data.take(TAG.seq));
  demand(oidOf(capsule.take(TAG.oid)) === TST_INFO, "stamp-unreadable");
  const content = element(capsule.take(0xa0).body, TAG.octets).body;
  capsule.end();
  const brought = data.maybe(0xa0);
  const signers = inside(data.take(TAG.set));
  const signer = readSigner(signers.take(TAG.seq));
  signers.end();
  data.end();
  demand(hashes.length === 1 && hashes[0] === signer.hash, "stamp-unreadable");
  return { content, info: readInfo(content), signer, brought: brought ? inside(brought).all.map(({ whole }) => whole) : [] };
};

const readInfo = (content) => {
  const parts = inside(element(content, TAG.seq));
  parts.take(TAG.int);
  parts.take(TAG.oid);
  const imprint = inside(parts.take(TAG.seq));
  const hash = algorithmOf(imprint.take(TAG.seq)).oid;
  const value = imprint.take(TAG.octets).body;
  parts.take(TAG.int);
  return { hash, imprint: value, at: momentOf(parts.take(TAG.time)) };
};

const readSigner = (part) => {
  const parts = inside(part);
  takeNumber(parts, 1);
  const name = inside(parts.take(TAG.seq));
  const [issuer, serial] = [name.take(TAG.seq).whole, name.take(TAG.int).whole];
  const hash = hashOf(parts.take(TAG.seq));
  const signed = parts.take(0xa0);
  const attributes = new Map(
    inside(signed).all.map((one) => {
      const fields = inside(one);
      return [oidOf(fields.take(TAG.oid)), inside(fields.take(TAG.set)).take(null)];
    }),
  );
  const bytes = concat(Uint8Array.of(TAG.set), signed.whole.subarray(1)); // signed as a SET (RFC 5652 §5.4)
  const algorithm = algorithmOf(parts.take(TAG.seq));
  const signature = parts.take(TAG.octets).body;
  parts.end(); // nothing that the signature does not cover
  return { hash, issuer, serial, attributes, bytes, algorithm, signature };
};

const checkSigner = async (signer, content, certificate) => {
  const { hash, attributes, bytes, algorithm, signature } = signer;
  demand(equal(signer.issuer, certificate.issuer) && equal(signer.serial, certificate.serial), "stamp-wrong");
  const name = hashName(hash);
  const type = attributes.get(CONTENT_TYPE);
  const message = attributes.get(MESSAGE_DIGEST);
  demand(type && message && oidOf(type) === TST_INFO, "stamp-unreadable");
  demand(equal(message.body, await digest(name, content)), "stamp-wrong");
  demand(await namesCertificate(attributes, certificate), "stamp-wrong");
  demand(isNamedOneWay(algorithm), "stamp-wrong");
  demand(await signedWith(certificate, algorithm, signature, bytes, name), "stamp-wrong");
};

/** Whether the signed attributes name this certificate by its hash (RFC 5035, RFC 5816). */
const namesCertificate = async (attributes, { der }) => {
  const second = attributes.get(SIGNING_CERTIFICATE_V2);
  const named = second ?? attributes.get(SIGNING_CERTIFICATE);
  if (!named) return false;
  const id = inside(inside(inside(named).take(TAG.seq)).take(TAG.seq));
  const algorithm = second ? id.maybe(TAG.seq) : null;
  const name = !second ? "SHA-1" : algorithm ? hashName(algorithmOf(algorithm).oid) : "SHA-256";
  return equal(id.take(TAG.octets).body, await digest(name, der));
};

const checkRevoked = async ({ issuer, revoked, tbs, algorithm, signature }, chain, at) => {
  const by = chain.find(({ subject }) => equal(subject, issuer));
  demand(by && (await signedWith(by, algorithm, signature, tbs)), "stamp-chain");
  const mine = chain.filter((one) => equal(one.issuer, issuer)).map(({ serial }) => revoked.get(hexOf(serial)));
  demand(mine.every((moment) => moment === undefined || moment > at), "stamp-revoked");
};
