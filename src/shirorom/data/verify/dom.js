// Elements without markup in strings: text stays text, whoever wrote it.

const SVG = "http://www.w3.org/2000/svg";
// What turns writing around, or is not seen at all, could make a name look like another.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

export const byId = (id) => document.getElementById(id);

/** Text from a file, as it may be shown. */
export const tame = (text) => text.replace(UNSEEN, "\ufffd");

/** `el("p.dim", {lang: "ja"}, "text", child, null)`: an element with classes, attributes and children. */
export const el = (selector, ...rest) => {
  const [tag, ...classes] = selector.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const part of rest.flat(Infinity)) {
    if (part === null || part === undefined || part === false) continue;
    if (part instanceof Node || typeof part === "string") made.append(part);
    else for (const [name, value] of Object.entries(part)) if (value !== null) made.setAttribute(name, value);
  }
  return made;
};

/** One of the drawings of page.html. */
export const icon = (name, classes = "i") => {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", classes);
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawn.append(use);
  return drawn;
};

export const theirs = (text, selector = "bdi") => el(selector, tame(text));
