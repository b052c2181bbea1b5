/* Where things are on a carrier's page: the field to fill, the button beside it, what the panel must not cover. */
globalThis.shiroromSpot = globalThis.shiroromSpot || (() => {
  'use strict';
  function all(selector) {
    try { return [...document.querySelectorAll(selector)]; } catch { return []; }
  }
  const shown = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && one.getClientRects().length > 0;

  /** The field of the facts that takes a number now, or null. */
  const field = (page) => all(page.field).find((one) => one instanceof HTMLInputElement && shown(one) && !one.readOnly && !one.disabled) || null;

  /** The button that asks: the field's own form's, or null. Never pressed here. */
  function button(page, input) {
    const known = all(page.submit).filter(shown);
    const own = input && input.form;
    const sends = (one) => /^(submit|image)$/.test(one.type) && shown(one);
    return known.find((one) => own && one.form === own) || known.find((one) => !one.form)
      || (own ? [...own.elements].find(sends) : null) || null;
  }

  /** Put a number in as if it was typed: the page's script hears of it. Nothing else is touched. */
  function fill(input, digits) {
    input.value = digits;
    for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
    return input.value === digits;
  }

  const label = (one) => String(one.value && one.tagName === 'INPUT' ? one.value : one.innerText || '').replace(/\s+/g, ' ').trim().slice(0, 20);

  const size = (one) => parseFloat(getComputedStyle(one).fontSize);

  /** The innermost elements that hold what stands in the answer's places; only to show them, never to read them. */
  function answers(page, seen) {
    const lines = [...seen.places, ...seen.rivals].map((place) => place.lines.find((one) => one.text)).filter(Boolean);
    const near = all(page.answer).filter(shown);
    return lines.flatMap((line) => {
      const holds = near.filter((one) => (one.innerText || '').includes(line.head || line.text));
      const inner = holds.filter((one) => !holds.some((other) => other !== one && one.contains(other)));
      const largest = Math.max(...inner.map(size)); // a legend may hold the same symbol in smaller type
      return inner.filter((one) => size(one) === largest);
    });
  }

  /** Where an element's words stand (its box may be much larger). */
  function words(element) {
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = document.createRange(), found = [];
    while (walk.nextNode() && found.length < 40) {
      if (!walk.currentNode.data.trim()) continue;
      range.selectNodeContents(walk.currentNode);
      found.push(...range.getClientRects());
    }
    return found;
  }

  /** Bring an element into the window; gives back what puts the page where it was. */
  function bring(element) {
    const [x, y] = [scrollX, scrollY];
    const box = element && element.getBoundingClientRect();
    if (box && (box.top < 0 || box.bottom > innerHeight)) element.scrollIntoView({ block: 'center', behavior: 'instant' });
    return () => { if (scrollX !== x || scrollY !== y) scrollTo({ left: x, top: y, behavior: 'instant' }); };
  }
  return { field, button, fill, label, answers, words, bring };
})();
