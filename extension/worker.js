/* The service worker: hears carriers' pages and the extension's own, and answers each message by one function.
   It keeps nothing in memory that matters; whatever it was doing when it was ended, the next message starts again. */
import * as carriers from './lib/carriers.js';
import { capture } from './lib/pictures.js';
import * as readings from './lib/readings.js';
import { call, pair, pairing, ShopError } from './lib/shop.js';
import { local, lockAway, session, settings } from './lib/store.js';
import * as tasks from './lib/tasks.js';

const KEY = /^[A-Za-z0-9_-]{20,64}$/;
const HTML_CHARS_MAX = 2 * 1024 * 1024;

// ── messages of carriers' pages ───────────────────────────────────────────────────────────────────────────────────

const FROM_PAGES = {
  /** A page of a carrier opened. */
  async hello(_, { tab, carrier }) {
    await chrome.action.setPopup({ tabId: tab.id, popup: '' }); // here the button's press means: pictures
    readings.flush().catch(() => {}); // what waited is sent by the way
    const commands = await chrome.commands.getAll();
    const shortcut = commands.find((one) => one.name === '_execute_action')?.shortcut || '';
    return {
      carrier, page: (await carriers.facts())[carrier.id].page, settings: await settings(), shortcut,
      origin: (await pairing())?.origin || '', last: await session.get('last'), collapsed: await session.get('collapsed', false),
    };
  },
  /** What to ask here. `fresh`: this page has a form, so the server says what is next. */
  async task({ fresh }, { carrier }) {
    const task = await tasks.current(carrier.id);
    if (!fresh && task) return { task };
    const next = await tasks.ask(carrier.id);
    return { task: next, held: next ? false : await tasks.heldByOthers(carrier.id) };
  },
  /** The page is still open: its number stays ours. */
  async hold(_, { carrier }) {
    await tasks.hold(carrier.id);
    return {};
  },
  async preview({ reading }, { carrier }) {
    return { answer: await readings.preview(checked(reading, carrier)) };
  },
  async picture(_, { tab }) {
    return capture(tab.id);
  },
  async take({ reading }, { carrier }) {
    const one = checked(reading, carrier);
    const result = await readings.take(one);
    const { answer, error } = result;
    if (answer) {
      await session.set('last', { item: answer.item?.id || one.item, carrier: carrier.id, tail: one.tail, mark: answer.mark, symbol: answer.symbol });
      if (answer.next) await tasks.remember(answer.next.carrier, answer.next);
    }
    return { ...result, answer: answer && pick(answer), error: error && error.toJSON(), next: answer ? await shown(answer.next) : null };
  },
  /** Bring the next number's page up: in this tab, in the carrier's own tab, or in a new one. */
  async go({ carrier: id }, { tab, carrier }) {
    const task = await tasks.current(id);
    const wanted = (await carriers.known()).find((one) => one.id === id);
    const url = task && (await carriers.leadsTo(id, task.url)) ? task.url : wanted?.check_url;
    if (!url) throw new ShopError('no-address');
    if (id === carrier.id) return { url };
    const open = await chrome.tabs.query({ url: await carriers.patternsOf(wanted) });
    const there = open.find((one) => one.id !== tab.id && one.url && new URL(one.url).origin === new URL(url).origin);
    if (there) {
      await chrome.tabs.update(there.id, { active: true, url });
      await chrome.windows.update(there.windowId, { focused: true });
    } else await chrome.tabs.create({ url, index: tab.index + 1, windowId: tab.windowId });
    return {};
  },
  async undo(_, { carrier }) {
    const last = await session.get('last');
    if (!last) throw new ShopError('no-last');
    await call('POST', '/v1/counter/undo', { body: { item: last.item } });
    await session.remove('last');
    await tasks.forget(carrier.id, last.carrier);
    return {};
  },
  async flush() {
    const results = await readings.flush();
    return { waiting: (await readings.waiting()).length, error: results.find((one) => one.error)?.error?.toJSON() || null };
  },
  async counter({ item, place }, { tab }) {
    const paired = await pairing();
    if (!paired) throw new ShopError('not-paired');
    const at = item && place ? `?item=${encodeURIComponent(item)}&place=${encodeURIComponent(place)}` : '';
    await chrome.tabs.create({ url: `${paired.origin}/counter${at}`, index: tab.index + 1 });
    return {};
  },
  async copy({ html, path }, { carrier }) {
    if (typeof html !== 'string' || html.length > HTML_CHARS_MAX) throw new ShopError('too-big');
    await session.set('copy', { html, path: String(path).slice(0, 200), carrier: carrier.id });
    await chrome.tabs.create({ url: chrome.runtime.getURL('copy.html') });
    return {};
  },
  async collapse({ collapsed }) {
    await session.set('collapsed', Boolean(collapsed));
    return {};
  },
  async settings() {
    await chrome.runtime.openOptionsPage();
    return {};
  },
};

/* What a page sends is made of known parts only; the task's own carrier is the one of the tab. */
function checked(reading, carrier) {
  const { key, item, place, seen, html, picture, asked_at, tail } = reading || {};
  if (!KEY.test(key) || typeof html !== 'string' || html.length > HTML_CHARS_MAX || !seen) throw new ShopError('too-big');
  return { key, item, place, seen, html, picture: picture || null, asked_at, tail, carrier: carrier.id };
}
const pick = ({ glyph, symbol, mark, sentence }) => ({ glyph, symbol, mark, sentence });

async function shown(task) {
  if (!task) return null;
  const carrier = (await carriers.known()).find((one) => one.id === task.carrier);
  const on = Boolean(carrier && (await carriers.switchedOn())[task.carrier]);
  return { carrier: task.carrier, name: carrier?.name || task.carrier_name || task.carrier, name_en: carrier?.name_en || '', tail: String(task.imei).slice(-4), on };
}

// ── messages of our own pages ─────────────────────────────────────────────────────────────────────────────────────

const FROM_OURS = {
  async state() {
    const paired = await pairing();
    const commands = await chrome.commands.getAll();
    const list = await carriers.known();
    return {
      pairing: paired && { origin: paired.origin, name: paired.name, revoked: Boolean(paired.revoked) },
      carriers: await Promise.all(list.map(async (one) => ({ ...one, patterns: await carriers.patternsOf(one) }))),
      on: await carriers.switchedOn(), settings: await settings(),
      waiting: await readings.waiting(), refused: await readings.refused(),
      shortcut: commands.find((one) => one.name === '_execute_action')?.shortcut || '',
    };
  },
  async pair({ origin, code }) {
    const before = await pairing();
    if (before && before.origin !== origin) await readings.discard();
    await pair(origin, code);
    await carriers.refresh();
    readings.flush().catch(() => {});
    return {};
  },
  async unpair() {
    const paired = await pairing();
    await readings.discard();
    await local.remove('pairing', 'carriers', 'on');
    await chrome.storage.session.clear();
    await carriers.sync();
    return { origin: paired?.origin || null };
  },
  async refresh() {
    await carriers.refresh();
    return {};
  },
  async turn({ id, on }) {
    await carriers.turn(id, on);
    if (on) await carriers.wakePages();
    return {};
  },
  async set({ name, value }) {
    if (!['auto', 'advance'].includes(name)) throw new ShopError('no-setting');
    await local.set('settings', { ...(await local.get('settings', {})), [name]: Boolean(value) });
    return {};
  },
  async flush() {
    const results = await readings.flush();
    return { error: results.find((one) => one.error)?.error?.toJSON() || null };
  },
  async dismiss({ key }) {
    await readings.dismiss(key);
    return {};
  },
  async copy() {
    return { copy: await session.get('copy'), version: chrome.runtime.getManifest().version };
  },
};

// ── the ear ───────────────────────────────────────────────────────────────────────────────────────────────────────

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  hear(message, sender).then(respond, (error) => {
    respond({ error: error instanceof ShopError ? error.toJSON() : { code: 'extension' } });
  });
  return true;
});

async function hear(message, sender) {
  if (sender.id !== chrome.runtime.id || typeof message?.type !== 'string') throw new ShopError('extension');
  const own = sender.url?.startsWith(chrome.runtime.getURL(''));
  const table = own ? FROM_OURS : FROM_PAGES;
  if (!Object.hasOwn(table, message.type)) throw new ShopError('extension');
  if (own) return table[message.type](message);
  if (!sender.tab || sender.frameId !== 0) throw new ShopError('extension');
  const carrier = await carriers.carrierAt(sender.url);
  if (!carrier) return { none: true }; // a page of the same host that is no carrier's, or one that is off
  return table[message.type](message, { tab: sender.tab, carrier });
}

/* Reached only in carriers' tabs (elsewhere the popup opens): the press that allows pictures there. */
chrome.action.onClicked.addListener((tab) => {
  chrome.tabs.sendMessage(tab.id, { type: 'pressed' }).catch(() => {});
});

chrome.runtime.onInstalled.addListener(({ reason }) => {
  start().catch(() => {});
  if (reason === 'install') chrome.runtime.openOptionsPage();
});
chrome.runtime.onStartup.addListener(() => start().catch(() => {}));
chrome.permissions.onRemoved.addListener(() => carriers.sync().catch(() => {}));
chrome.permissions.onAdded.addListener(() => carriers.sync().catch(() => {}));

async function start() {
  if (!(await pairing())) return;
  await carriers.refresh().catch(() => carriers.sync());
  await readings.flush();
}

lockAway().catch(() => {});
