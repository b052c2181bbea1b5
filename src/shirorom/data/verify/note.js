// Verifier keys, Ed25519, signed notes, checkpoints and cosignatures, after C2SP signed-note and tlog-cosignature.
import { bigEndian, bytesOf, bytesOfBase64, concat, equal, hexOf, sha256 } from "./bytes.js";

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
const LINES_MAX = 64;
const KEY = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u;
const LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** A verifier key `<name>+<key id>+<base64(type ‖ key)>`; null unless it is one of these types and its id is right. */
export const readKey = async (text, types = [ED25519]) => {
  const parts = KEY.exec(text);
  const material = parts && bytesOfBase64(parts[3]);
  if (!material || material.length !== 33 || !types.includes(material[0])) return null;
  const id = (await sha256(concat(bytesOf(`${parts[1]}\n`), material))).slice(0, 4);
  if (hexOf(id) !== parts[2]) return null;
  return { text, name: parts[1], id, type: material[0], bytes: material.slice(1) };
};

/** The type byte of what looks like a verifier key; null for any other text. */
export const typeOfKey = (text) => bytesOfBase64(KEY.exec(text)?.[3] ?? "")?.[0] ?? null;

/** The fingerprint that people compare: 20 hex digits of SHA-256(verifier key's text), in groups of four. */
export const fingerprint = async (text) =>
  hexOf((await sha256(bytesOf(text))).slice(0, 10)).match(/..../g).join(" ");

/** Whether this browser can check Ed25519 at all. */
export const canEd25519 = async () => {
  try {
    await crypto.subtle.importKey("raw", BASE_POINT, { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
};
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, i) => (i ? 0x66 : 0x58));

/** Whether a signature over bytes is by this key. A key that the browser does not take has signed nothing. */
export const signedBy = async (key, signature, bytes) => {
  if (signature.length !== 64) return false;
  try {
    const imported = await crypto.subtle.importKey("raw", key.bytes, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, bytes);
  } catch {
    return false;
  }
};

/** A signed checkpoint of three lines, without extensions: {body, origin, size, root, lines: [{name, id, signature}]}; null for anything else. */
export const readCheckpoint = (text) => {
  const cut = text.lastIndexOf("\n\n");
  if (cut < 0 || !text.endsWith("\n") || CONTROL.test(text)) return null;
  const body = text.slice(0, cut + 1);
  const head = body.split("\n");
  if (head.length !== 4 || !head[0] || !/^(0|[1-9][0-9]{0,15})$/.test(head[1])) return null;
  const root = bytesOfBase64(head[2]);
  const size = Number(head[1]);
  if (!root || root.length !== 32 || !Number.isSafeInteger(size)) return null;
  const lines = text.slice(cut + 2, -1).split("\n").map(readLine);
  if (lines.length > LINES_MAX || lines.includes(null)) return null;
  return { body, origin: head[0], size, root, lines };
};

const readLine = (line) => {
  const parts = LINE.exec(line);
  const bytes = parts && bytesOfBase64(parts[2]);
  return bytes && bytes.length > 4 ? { name: parts[1], id: bytes.slice(0, 4), signature: bytes.slice(4) } : null;
};

const linesOf = (note, key) => note.lines.filter(({ name, id }) => name === key.name && equal(id, key.id));

/** Whether a line claims to be by this key. */
export const noteNames = (note, key) => linesOf(note, key).length > 0;

/** Whether the note is signed by this key: a line of its name and id is there, and every such line verifies. */
export const noteSignedBy = async (note, key) => {
  const good = await Promise.all(linesOf(note, key).map(({ signature }) => lineHolds(note, key, signature)));
  return good.length > 0 && good.every(Boolean);
};

const lineHolds = (note, key, signature) => {
  if (key.type === ED25519) return signedBy(key, signature, bytesOf(note.body));
  if (signature.length !== 72) return false;
  const time = signature.slice(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(time) || !equal(bigEndian(time, 8), signature.slice(0, 8))) return false;
  return signedBy(key, signature.slice(8), bytesOf(`cosignature/v1\ntime ${time}\n${note.body}`));
};
