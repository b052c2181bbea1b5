// Bytes, text, hex, base64 and SHA-256: nothing here knows what a record sheet is.

const utf8 = new TextEncoder();

/** The bytes of a text, UTF-8. */
export const bytesOf = (text) => utf8.encode(text);

/** The text of bytes; null unless they are UTF-8. A byte order mark stays, and is no JSON. */
export const textOf = (bytes) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes of an even number of hex digits. */
export const bytesOfHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Whether a text is base64 (RFC 4648 §4) in its one spelling: padded, no white space, no spare bits. */
export const isBase64 = (text) => {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return false;
  const spare = text.endsWith("==") ? [-3, 15] : text.endsWith("=") ? [-2, 3] : [0, 0];
  return (ALPHABET.indexOf(text.at(spare[0])) & spare[1]) === 0;
};

/** The bytes of a base64 text; null for any other. */
export const bytesOfBase64 = (text) => {
  if (!isBase64(text)) return null;
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export const concat = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** A number as big endian bytes; exact up to 2^53. */
export const bigEndian = (value, size) => {
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
};

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** SHA-256. */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
