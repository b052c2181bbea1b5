// Times and days as the log writes them: `YYYY-MM-DDTHH:MM:SSZ` and `YYYY-MM-DD`. Both sort as their texts do.

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JST_MS = 9 * HOUR_MS; // no summer time since 1951

export const isTime = (text) => TIME.test(text) && !text.startsWith("0000") && spelled(text, (ms) => timeOf(ms));
export const isDay = (text) => DAY.test(text) && !text.startsWith("0000") && spelled(text, (ms) => timeOf(ms).slice(0, 10));

const spelled = (text, again) => {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && again(ms) === text; // 30 February is none
};

export const msOf = (time) => Date.parse(time);
export const timeOf = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** The day in Japan of a moment. */
export const dayInJapan = (time) => new Date(msOf(time) + JST_MS).toISOString().slice(0, 10);

/** The moments (ms) at which a day in Japan begins and ends. */
export const boundsOfDay = (day) => {
  const from = Date.parse(day) - JST_MS;
  return [from, from + DAY_MS];
};

/** The clock in Japan: [year, month, day, "HH:MM"]. */
export const clockInJapan = (time) => {
  const [date, clock] = new Date(msOf(time) + JST_MS).toISOString().split("T");
  return [...date.split("-").map(Number), clock.slice(0, 5)];
};
