// Small checks of form. A check takes a value and its path, gives it back (objects plain), or throws Misshapen.
import { isBase64 } from "./bytes.js";
import { isDay, isTime } from "./moments.js";

/** A value is not of the form; `path` says where. */
export class Misshapen extends Error {
  constructor(code, path) {
    super(`${code} ${path}`);
    this.code = code;
    this.path = path;
  }
}

const unless = (good, path, code = "other-form") => {
  if (!good) throw new Misshapen(code, path);
};

const that = (test) => (value, path) => {
  unless(test(value), path);
  return value;
};

export const exactly = (...allowed) => that((value) => allowed.includes(value));
export const bool = that((value) => typeof value === "boolean");
export const count = that((value) => Number.isSafeInteger(value) && value >= 0);
export const matching = (pattern) => that((value) => typeof value === "string" && pattern.test(value));
export const hash = matching(/^[0-9a-f]{64}$/);
export const time = that((value) => typeof value === "string" && isTime(value));
export const day = that((value) => typeof value === "string" && isDay(value));
/** Any text of at most so many characters (code points). */
export const string = (max) => that((value) => typeof value === "string" && fits(value, max));
const fits = (value, max) => value.length <= max || (value.length <= 2 * max && [...value].length <= max);
export const base64 = that((value) => typeof value === "string" && isBase64(value));

const UNSHOWABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** A text that a page can show, of at most so many characters (code points). */
export const text = (max, { empty = true } = {}) =>
  that(
    (value) =>
      typeof value === "string" &&
      fits(value, max) &&
      !UNSHOWABLE.test(value) &&
      (empty || /[^\s]|\ufeff/.test(value)),
  );

export const orNull = (check) => (value, path) => (value === null ? null : check(value, path));

export const list = (check, min = 0, max = Infinity) => (value, path) => {
  unless(Array.isArray(value) && value.length >= min && value.length <= max, path);
  return value.map((item, i) => check(item, `${path}[${i}]`));
};

/** An object with these names and no others. */
export const object = (checks) => {
  const names = Object.keys(checks);
  return (value, path) => {
    unless(value instanceof Map, path);
    for (const name of value.keys()) unless(names.includes(name), `${path}.${name.slice(0, 40)}`);
    const made = {};
    for (const name of names) {
      unless(value.has(name), `${path}.${name}`);
      made[name] = checks[name](value.get(name), `${path}.${name}`);
    }
    return made;
  };
};

/** An object whose names are free; gives a Map. */
export const map = (name, check) => (value, path) => {
  unless(value instanceof Map, path);
  return new Map([...value].map(([key, item]) => [name(key, path), check(item, `${path}.${key}`)]));
};
