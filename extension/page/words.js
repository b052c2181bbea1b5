/* The panel's words, from _locales, and the names of marks and failures. Shares the isolated world with watch.js. */
globalThis.shiroromWords = globalThis.shiroromWords || (() => {
  'use strict';
  const t = (key, ...parts) => chrome.i18n.getMessage(key, parts.map(String)) || key;
  const english = t('language') !== 'ja'; // the catalogue in use, whatever the browser's language

  const MARKS = {
    clear: ['ok', '○'], caution: ['ca', '△'], restricted: ['ng', '×'], 'no-record': ['un', '－'],
  };
  /** Class, symbol and words of a mark; whatever is not one of the four is ？. */
  function mark(name) {
    const [kind, symbol] = Object.hasOwn(MARKS, name) ? MARKS[name] : ['q', '？'];
    const key = kind === 'q' ? 'unknown' : name.replace('-', '_');
    return { kind, symbol, word: t(`mark_${key}`), meaning: t(`meaning_${key}`) };
  }

  const OURS = {
    'server-away': 'away', 'permission-missing': 'permission', 'not-paired': 'unpaired', 'sign-in-needed': 'revoked',
    'echo-mismatch': 'echo', 'page-changed': 'changed', 'glyph-unknown': 'glyph', 'too-big': 'big',
    'server-strange': 'strange', extension: 'gone',
  };
  /** What a failure is called here; what only the server knows is said in its words. */
  function failure(error) {
    const key = OURS[error.code];
    if (key) return { lead: t(`error_${key}`), text: t(`error_${key}_do`) };
    return { lead: error.title || t('error_other'), text: [error.detail, error.fix].filter(Boolean).join('\n') || error.code };
  }
  const carrier = (one) => (english && one.name_en ? one.name_en : one.name);
  return { t, mark, failure, carrier, english };
})();
