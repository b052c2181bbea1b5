/* What the extension's own pages share: their words, and the way to the worker. */
export const t = (key, ...parts) => chrome.i18n.getMessage(key, parts.map(String)) || key;
export const $ = (id) => document.getElementById(id);
const english = t('language') !== 'ja';
export const nameOf = (one) => (english && one.name_en ? one.name_en : one.name);

document.documentElement.lang = english ? 'en' : 'ja';
for (const one of document.querySelectorAll('[data-t]')) one.textContent = t(one.dataset.t);
for (const one of document.querySelectorAll('[data-open=settings]')) {
  one.addEventListener('click', () => { chrome.runtime.openOptionsPage(); if (document.body.classList.contains('popup')) close(); });
}

/** Ask the worker. Throws the error that it tells ({code, title, detail, fix}). */
export async function ask(type, more = {}) {
  const answer = await chrome.runtime.sendMessage({ type, ...more });
  if (answer?.error?.code && type !== 'flush') throw answer.error;
  return answer;
}

const OURS = new Set(['server-away', 'permission-missing', 'not-paired', 'sign-in-needed', 'server-strange', 'address', 'address-plain', 'refused-permission']);
/** A failure in a sentence or two. */
export function failure(error) {
  const key = error.code === 'sign-in-needed' ? 'revoked' : { 'server-away': 'away', 'permission-missing': 'permission', 'not-paired': 'unpaired', 'server-strange': 'strange' }[error.code]
    || String(error.code).replaceAll('-', '_');
  if (OURS.has(error.code)) return `${t(`error_${key}`)}\n${t(`error_${key}_do`)}`;
  return [error.title, error.detail, error.fix].filter(Boolean).join('\n') || t('error_other');
}

export function item(...children) {
  const one = document.createElement('li');
  one.append(...children);
  return one;
}

export function tag(text) {
  const one = document.createElement('span');
  one.className = 'tag';
  one.textContent = text;
  return one;
}
