/* The four carriers: which are on, where their pages are, and on which pages our script runs. */
import { call, isLoopback, pairing } from './shop.js';
import { local } from './store.js';

const SCRIPT = 'carrier-pages';
const FILES = ['page/reader.js', 'page/panel-style.js', 'page/panel.js', 'page/words.js', 'page/spot.js', 'page/watch.js'];

let bundled = null;
/** `data/carriers` as it was at build: where each page keeps its field and its answer. */
export async function facts() {
  bundled = bundled || (await (await fetch(chrome.runtime.getURL('facts.json'))).json());
  return bundled;
}

/** Ask the server who is asked, and where; keeps only what the bundled facts allow. */
export async function refresh() {
  const [told, known] = [await call('GET', '/v1/carriers'), await facts()];
  const carriers = (told.carriers || []).map((one) => keep(one, known)).filter(Boolean);
  await local.set('carriers', carriers);
  await sync();
  return carriers;
}

/* A server may lead us to the carrier's own hosts, or to practice ones on this computer, and nowhere else. */
function keep(told, known) {
  const own = known[told.id];
  let url;
  try {
    url = new URL(told.check_url);
  } catch {
    return null;
  }
  if (!own || !['http:', 'https:'].includes(url.protocol) || told.access === 'off') return null;
  const real = own.hosts.includes(url.hostname);
  if (!real && !(isLoopback(url.hostname) || url.hostname.endsWith('.test'))) return null;
  return { id: told.id, name: own.name, name_en: own.name_en, check_url: url.href, practice: !real };
}

export const known = () => local.get('carriers', []);
export const switchedOn = () => local.get('on', {});

/** The permissions that a carrier's pages need: all its hosts, or the practice site's. */
export async function patternsOf(carrier) {
  if (!carrier.practice) return (await facts())[carrier.id].hosts.flatMap((host) => [`http://${host}/*`, `https://${host}/*`]);
  const url = new URL(carrier.check_url);
  return [`${url.protocol}//${url.hostname}/*`];
}

/** Remember that a carrier is on or off. Its permission was asked before, where a person pressed. */
export async function turn(id, on) {
  await local.set('on', { ...(await switchedOn()), [id]: on });
  await sync();
}

/** The carrier whose page this is, if it is on. */
export async function carrierAt(address) {
  const url = new URL(address);
  const [all, on, own] = [await known(), await switchedOn(), await facts()];
  return all.find((one) => on[one.id] && (one.practice
    ? url.origin === new URL(one.check_url).origin
    : own[one.id].hosts.includes(url.hostname))) || null;
}

/** Whether an address is a carrier's own, so that a tab may be sent there. */
export async function leadsTo(id, address) {
  const carrier = (await known()).find((one) => one.id === id);
  if (!carrier) return false;
  try {
    const url = new URL(address);
    return carrier.practice ? url.origin === new URL(carrier.check_url).origin
      : (await facts())[id].hosts.includes(url.hostname) && ['http:', 'https:'].includes(url.protocol);
  } catch {
    return false;
  }
}

/** Let the script run on the pages that are on and granted, and on no other. */
export async function sync() {
  const wanted = new Set();
  const on = (await pairing()) ? await switchedOn() : {};
  for (const carrier of await known()) {
    if (!on[carrier.id]) continue;
    for (const pattern of await patternsOf(carrier)) {
      if (await chrome.permissions.contains({ origins: [pattern] })) wanted.add(pattern);
    }
  }
  await navigator.locks.request('scripts', async () => {
    const there = await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
    const matches = [...wanted].sort();
    if (there.length && JSON.stringify([...there[0].matches].sort()) === JSON.stringify(matches)
      && JSON.stringify(there[0].js) === JSON.stringify(FILES)) return;
    if (there.length) await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT] });
    if (!matches.length) return;
    await chrome.scripting.registerContentScripts([
      { id: SCRIPT, matches, js: FILES, runAt: 'document_idle', allFrames: false, persistAcrossSessions: true },
    ]);
  });
}

/** Also the pages that are open already. */
export async function wakePages() {
  for (const carrier of await known()) {
    for (const tab of await chrome.tabs.query({ url: await patternsOf(carrier) })) {
      if (!tab.url || !(await carrierAt(tab.url))) continue;
      await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: FILES }).catch(() => {});
    }
  }
}
