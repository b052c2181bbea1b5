/* Readings: judged by the server, kept here until it has recorded them, sent once each (Idempotency-Key). */
import { call, ShopError } from './shop.js';
import { local } from './store.js';
import * as tasks from './tasks.js';

const WAITING = 'waiting.', REFUSED = 'refused.';
export const WAITING_MAX = 60;
export const BYTES_MAX = 8 * 1024 * 1024; // of the browser's 10 MB; pictures go first
const REFUSED_MAX = 20, RECENT_MAX = 20;

const bodyOf = (reading, commit) => ({
  item: reading.item, place: reading.place, seen: reading.seen, html: reading.html,
  picture: reading.picture || null, asked_at: reading.asked_at, commit,
});

/** What the server says about a page that is open: nothing is recorded. */
export const preview = (reading) =>
  call('POST', '/v1/counter/readings', { body: bodyOf({ ...reading, picture: null }, false), key: crypto.randomUUID() });

/** Keep a reading, send it. {sent, answer} | {kept, error, picture} | {refused, error} | {full}. */
export async function take(reading) {
  const kept = await keep(reading);
  if (!kept) return { full: true };
  const { error, answer } = (await flush(reading.key))[0] || recent.get(reading.key) || { error: new ShopError('server-strange') };
  if (answer) return { sent: true, answer };
  return error.passing ? { kept: true, error, picture: kept.picture } : { refused: true, error };
}

/* Put a reading away before anything else; without its picture where there is no room for it; null: no room at all. */
async function keep(reading) {
  return navigator.locks.request('waiting', async () => {
    const name = WAITING + reading.key;
    const others = await local.all(WAITING);
    if (others[name]) return { picture: Boolean(others[name].picture) };
    const used = Object.values(others).reduce((sum, one) => sum + size(one), 0);
    if (Object.keys(others).length >= WAITING_MAX) return null;
    for (const one of reading.picture ? [reading, { ...reading, picture: null }] : [reading]) {
      if (used + size(one) > BYTES_MAX) continue;
      try {
        await local.set(name, one);
        return { picture: Boolean(one.picture) };
      } catch {
        continue; // the browser's own limit came first
      }
    }
    return null;
  });
}
const size = (reading) => JSON.stringify(reading).length * 1.5; // Japanese takes three bytes a character, ASCII one

/** Send what waits, oldest first (or only one of them). One result each. */
export async function flush(only = null) {
  return navigator.locks.request('sending', async () => {
    const results = [];
    const waiting = Object.values(await local.all(WAITING)).sort((a, b) => (a.asked_at < b.asked_at ? -1 : 1));
    for (const reading of waiting.filter((one) => only === null || one.key === only)) {
      const result = await sendOne(reading);
      results.push(result);
      recent.set(reading.key, result);
      if (recent.size > RECENT_MAX) recent.delete(recent.keys().next().value);
      if (result.error?.passing && only === null) break; // the next one would wait as long for the same
    }
    return results;
  });
}

/* What came of the last ones, for a `take` whose reading another `flush` sent first. */
const recent = new Map();

async function sendOne(reading) {
  try {
    const answer = await call('POST', '/v1/counter/readings', { body: bodyOf(reading, true), key: reading.key });
    if (answer.recorded !== true) throw new ShopError('server-strange');
    await local.remove(WAITING + reading.key);
    const task = await tasks.current(reading.carrier);
    if (task && task.item === reading.item && task.place === reading.place) await tasks.forget(reading.carrier);
    return { key: reading.key, answer };
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    if (!error.passing) await setAside(reading, error);
    return { key: reading.key, error };
  }
}

/* What the server will never take is not sent again, and not lost silently either: the popup lists it. */
async function setAside(reading, error) {
  const all = Object.entries(await local.all(REFUSED)).sort(([, a], [, b]) => (a.asked_at < b.asked_at ? -1 : 1));
  await local.remove(WAITING + reading.key, ...all.slice(0, Math.max(0, all.length + 1 - REFUSED_MAX)).map(([name]) => name));
  await local.set(REFUSED + reading.key, {
    key: reading.key, carrier: reading.carrier, tail: reading.tail, asked_at: reading.asked_at, error: error.toJSON(),
  });
}

export const waiting = async () => Object.values(await local.all(WAITING))
  .map(({ key, carrier, tail, asked_at, picture }) => ({ key, carrier, tail, asked_at, picture: Boolean(picture) }));
export const refused = async () => Object.values(await local.all(REFUSED));
export const dismiss = (key) => local.remove(REFUSED + key);

/** Throw away all that waits and was refused: only when a person unpairs and says so. */
export async function discard() {
  const names = [...Object.keys(await local.all(WAITING)), ...Object.keys(await local.all(REFUSED))];
  if (names.length) await local.remove(...names);
}
