// Words: two languages, Japanese first. `WORDS` is put in by the build (words.ja.json, words.en.json).
import { clockInJapan } from "./moments.js";

let language = "ja";

export const setLanguage = (chosen) => (language = chosen);

/** The words of a key, `{name}` replaced. */
export const say = (key, facts = {}) =>
  WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));

export const has = (key) => Object.hasOwn(WORDS[language], key);

/** A moment as people in Japan read it. `how`: jst (with year and zone) or jst.short. */
export const sayTime = (time, how = "jst") => {
  const [y, mo, d, t] = clockInJapan(time);
  const [mm, dd] = [mo, d].map((number) => String(number).padStart(2, "0"));
  return say(how, { y, mo, d, mm, dd, t });
};
