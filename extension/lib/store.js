/* Everything that the extension remembers, by name: docs/reference/extension.md lists the keys. Nothing lives only in
   memory, because a service worker may be ended at any time.
   `local` survives the browser's end (pairing, settings, unsent readings); `session` does not (tasks: they hold numbers). */

async function read(area, key, fallback) {
  const found = await chrome.storage[area].get(key);
  return found[key] === undefined ? fallback : found[key];
}

export const local = {
  get: (key, fallback = null) => read('local', key, fallback),
  set: (key, value) => chrome.storage.local.set({ [key]: value }),
  remove: (...keys) => chrome.storage.local.remove(keys),
  /** Every value whose key begins with `prefix`, by its key. */
  async all(prefix) {
    const everything = await chrome.storage.local.get(null);
    return Object.fromEntries(Object.entries(everything).filter(([key]) => key.startsWith(prefix)));
  },
};

export const session = {
  get: (key, fallback = null) => read('session', key, fallback),
  set: (key, value) => chrome.storage.session.set({ [key]: value }),
  remove: (...keys) => chrome.storage.session.remove(keys),
};

export const SETTINGS = Object.freeze({ auto: false, advance: true });

/** The person's settings; what was never chosen is as in SETTINGS. */
export const settings = async () => ({ ...SETTINGS, ...(await local.get('settings', {})) });

/** Keep token and readings from the scripts that run in carriers' pages: only the extension's own pages read them. */
export async function lockAway() {
  for (const area of [chrome.storage.local, chrome.storage.session]) {
    if (area.setAccessLevel) await area.setAccessLevel({ accessLevel: 'TRUSTED_CONTEXTS' });
  }
}
