/* A page without what belongs to a person: every run of four or more digits, what was typed, scripts, pictures, tokens.
   Pure: text in, text out. The parsed copy is inert (no script runs, nothing is loaded). */

const DIGITS = /\p{Nd}(?:[\s\u00a0\-.\u2010-\u2015\u2212\u30fc\uff0d/]?\p{Nd}){3,}/gu;
const DROPPED = 'script,noscript,template,iframe,frame,object,embed,base,meta[http-equiv],meta[name*=token i],meta[name*=csrf i]';
const PICTURES = ['src', 'srcset', 'poster', 'background', 'data'];
const VALUES = ['value', 'content', 'placeholder', 'ping', 'nonce', 'integrity'];
const ATTRIBUTE_CHARS_MAX = 400;

/** {html, digits, values, scripts}: the text, and how many of each were taken out. */
export function anonymise(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const counts = { digits: 0, values: 0, scripts: 0 };
  for (const one of page.querySelectorAll(DROPPED)) { one.remove(); counts.scripts++; }
  for (const one of [...comments(page)]) one.remove();
  for (const one of page.querySelectorAll('textarea, option, [contenteditable]')) {
    if (one.tagName === 'OPTION') one.removeAttribute('selected');
    else { one.textContent = ''; counts.values++; }
  }
  for (const one of page.querySelectorAll('*')) attributes(one, counts);
  texts(page, counts);
  return { html: `<!DOCTYPE html>\n${page.documentElement.outerHTML}`, ...counts };
}

function* comments(page) {
  const walk = page.createTreeWalker(page, NodeFilter.SHOW_COMMENT);
  while (walk.nextNode()) yield walk.currentNode;
}

function attributes(element, counts) {
  for (const { name, value } of [...element.attributes]) {
    const tells = /^on/i.test(name) || PICTURES.includes(name) || (VALUES.includes(name) && !isLabel(element, name));
    if (tells) {
      if (VALUES.includes(name) && value) counts.values++;
      element.removeAttribute(name);
      continue;
    }
    const plain = /^(href|action|formaction|cite)$/.test(name) ? value.replace(/[?#].*$/s, '').replace(/^data:.*$/is, '') : value;
    element.setAttribute(name, zeroed(plain.slice(0, ATTRIBUTE_CHARS_MAX), counts));
  }
}
/* What stands on a button, and what a form's hidden parts are called, is the page's own. */
const isLabel = (element, name) => (name === 'value' && element.tagName === 'INPUT' && /^(submit|button|reset)$/.test(element.type))
  || (name === 'content' && /^(viewport)$/i.test(element.getAttribute('name') || '')) || name === 'placeholder';

const zeroed = (text, counts) => text.replace(DIGITS, (run) => { counts.digits++; return run.replace(/\p{Nd}/gu, (digit) => '0'.repeat(digit.length)); });

/* Also a number that is cut into several elements: the runs are looked for in all text as one. */
function texts(page, counts) {
  const nodes = [];
  const walk = page.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (walk.currentNode.parentNode.nodeName !== 'STYLE') nodes.push(walk.currentNode);
  const whole = zeroed(nodes.map((node) => node.data).join(''), counts);
  let at = 0;
  for (const node of nodes) {
    const { length } = node.data;
    node.data = whole.slice(at, at + length); // a run keeps its length
    at += length;
  }
}
