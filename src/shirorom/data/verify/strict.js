// JSON as a record sheet allows it, and RFC 8785 bytes. `JSON.parse` hides names given twice, depth and fractions.

export const DEPTH_MAX = 16;
export const NODES_MAX = 1_000_000;

/** Why a text is not JSON of this form: `code` names the reason, `at` the place (characters). */
export class NotStrict extends Error {
  constructor(code, at) {
    super(code);
    this.code = code;
    this.at = at;
  }
}

const SPACE = /[ \t\n\r]*/y;
const INTEGER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NAMES_MAX = 100_000;

/** Read a text: objects become Maps (so that no name is special), numbers integers. Throws NotStrict. */
export const parse = (text) => {
  let at = 0;
  let nodes = 0;

  const fail = (code) => {
    throw new NotStrict(code, at);
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const eat = (char) => {
    match(SPACE);
    if (text[at] !== char) return false;
    at++;
    return true;
  };

  const string = () => {
    let whole = "";
    for (;;) {
      whole += match(PLAIN);
      const char = text[at++];
      if (char === '"') break;
      if (char !== "\\") fail("sheet-unreadable");
      whole += escape();
    }
    if (!whole.isWellFormed()) fail("sheet-unreadable");
    return whole;
  };
  const escape = () => {
    const char = text[at++];
    const simple = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }[char];
    if (simple !== undefined) return simple;
    const hex = text.slice(at, at + 4);
    if (char !== "u" || !/^[0-9a-fA-F]{4}$/.test(hex)) fail("sheet-unreadable");
    at += 4;
    return String.fromCharCode(parseInt(hex, 16));
  };

  const object = (depth) => {
    const made = new Map();
    if (eat("}")) return made;
    do {
      if (!eat('"')) fail("sheet-unreadable");
      const name = string();
      if (made.has(name)) fail("name-twice");
      if (made.size >= NAMES_MAX) fail("sheet-too-large");
      if (!eat(":")) fail("sheet-unreadable");
      made.set(name, value(depth));
    } while (eat(","));
    if (!eat("}")) fail("sheet-unreadable");
    return made;
  };
  const array = (depth) => {
    const made = [];
    if (eat("]")) return made;
    do made.push(value(depth));
    while (eat(","));
    if (!eat("]")) fail("sheet-unreadable");
    return made;
  };
  const value = (depth) => {
    if (++nodes > NODES_MAX) fail("sheet-too-large");
    match(SPACE);
    const char = text[at];
    if (char === "{" || char === "[") {
      if (depth >= DEPTH_MAX) fail("sheet-unreadable");
      at++;
      return char === "{" ? object(depth + 1) : array(depth + 1);
    }
    if (char === '"') {
      at++;
      return string();
    }
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    const digits = match(INTEGER);
    if (digits === null) fail(/[-0-9]/.test(char ?? "") ? "other-form" : "sheet-unreadable");
    const number = Number(digits);
    if (!Number.isSafeInteger(number) || Object.is(number, -0)) fail("other-form");
    return number;
  };

  const read = value(0);
  match(SPACE);
  if (at !== text.length) fail("sheet-unreadable");
  return read;
};

/** RFC 8785: names sorted by UTF-16 code units, no white space, strings as ECMAScript escapes them. */
export const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  const names = [...value.keys()].sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value.get(name))}`).join(",")}}`;
};
