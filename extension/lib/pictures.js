/* Pictures of what a person sees in a carrier's tab. The browser allows them after one press of our button in that tab. */

const AGAIN_MS = 600, TRIES_MAX = 3, BYTES_MAX = 6 * 1024 * 1024;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** {picture: base64 PNG} or {why: 'press' | 'hidden' | 'failed'}. */
export async function capture(tabId) {
  for (let n = 0; n < TRIES_MAX; n++) {
    const tab = await chrome.tabs.get(tabId).catch(() => null);
    if (!tab || !tab.active) return { why: 'hidden' };
    try {
      const url = await chrome.tabs.captureVisibleTab(tab.windowId, { format: 'png' });
      if (!(await chrome.tabs.get(tabId)).active) return { why: 'hidden' }; // another tab came in front meanwhile
      const picture = url.slice(url.indexOf(',') + 1);
      return picture.length * 0.75 > BYTES_MAX ? { why: 'failed' } : { picture };
    } catch (error) {
      if (/permission|activeTab/i.test(String(error))) return { why: 'press' };
      await pause(AGAIN_MS); // two a second are allowed, refused ones count too
    }
  }
  return { why: 'failed' };
}
