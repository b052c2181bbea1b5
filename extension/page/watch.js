/* What happens on a carrier's page: fill the number, wait for the person, read the answer, hand it over.
   Never presses the page's buttons, never ticks its boxes, never touches a CAPTCHA. Judging is the server's. */
(() => {
  'use strict';
  if (globalThis.shirorom) return;
  const { t, mark, failure, carrier: nameOf } = globalThis.shiroromWords;
  const spot = globalThis.shiroromSpot;
  const LOOK_MS = 150, STEADY_MS = 400, STEADY_AUTO_MS = 1000, GRACE_MS = 1000, RETRY_MS = 3000, GO_MS = 1500, HOLD_MS = 60000;
  const HTML_CHARS_MAX = 2 * 1024 * 1024, TRIES_MAX = 4;

  const me = globalThis.shirorom = {
    phase: 'start', panel: null, hello: null, task: null, asked: false, filled: false, seen: null, candidate: null,
    reading: null, answer: null, taken: null, pictureWhy: '', error: null, next: null, timer: 0, lookCost: 0,
  };

  /** Ask the worker; it may have been ended in the middle, so a lost answer is asked for again. */
  async function ask(type, more = {}) {
    for (let n = 1; ; n++) {
      try {
        const answer = await chrome.runtime.sendMessage({ type, ...more });
        if (answer) return answer;
      } catch {
        if (!chrome.runtime?.id) return { error: { code: 'extension' } }; // the extension was updated or removed
      }
      if (n === TRIES_MAX) return { error: { code: 'extension' } };
      await pause(100 * n);
    }
  }
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(18))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  // ── seeing ────────────────────────────────────────────────────────────────────────────────────────────────────

  const read = () => me.panel.away(() => globalThis.readCarrierPage(me.hello.page));
  /** The document as it stands, without our panel. */
  function html() {
    const kind = document.doctype ? `<!DOCTYPE ${document.doctype.name}>\n` : '';
    return kind + document.documentElement.outerHTML.replace(me.panel.host.outerHTML, '');
  }
  const signOf = (seen) => JSON.stringify([seen.document, seen.places, seen.rivals, seen.numbers]);
  function answers(seen) { // whether something stands in the answer's place; what it is, the server says
    const paths = me.hello.page.result_paths;
    return seen.places.some((place) => place.lines.some((line) => line.text)) && (!paths.length || paths.some((path) => seen.path.startsWith(path)));
  }
  const failed = () => performance.getEntriesByType('navigation')[0]?.responseStatus >= 400;

  function later(ms = LOOK_MS) {
    clearTimeout(me.timer);
    me.timer = setTimeout(() => look().catch(() => {}), Math.max(ms, 5 * me.lookCost));
  }
  let looking = false;
  async function look() {
    if (looking) return later();
    looking = true;
    try { await lookOnce(); } finally { looking = false; }
  }
  async function lookOnce() {
    const begin = performance.now();
    const seen = read();
    me.lookCost = performance.now() - begin;
    me.seen = seen;
    if (!seen.ready) return;
    if (answers(seen)) return answer(seen);
    me.candidate = null;
    if (me.phase === 'taken' || me.phase === 'going') return;
    if (failed()) return say('carrier-failed');
    if (spot.field(me.hello.page)) return form(seen);
    if (seen.markers.consent || seen.markers.captcha) return say('person');
    if (seen.markers.maintenance) return say('maintenance');
    if (performance.now() < GRACE_MS) return later(GRACE_MS);
    say('unknown');
  }

  // ── the form ──────────────────────────────────────────────────────────────────────────────────────────────────

  async function form(seen) {
    if (!me.asked) {
      me.asked = true;
      const told = await ask('task', { fresh: true });
      if (told.none) return quit();
      if (told.error) { me.asked = false; return fail(told.error); }
      const changed = told.task?.imei !== me.task?.imei;
      me.task = told.task;
      if (!me.task) return say(told.held ? 'held' : 'empty');
      if (changed) me.filled = false;
    }
    if (!me.task) return;
    const field = spot.field(me.hello.page);
    if (!me.filled && field) {
      me.filled = spot.fill(field, me.task.imei);
      const button = spot.button(me.hello.page, field);
      if (document.hasFocus() && [document.body, field, null].includes(document.activeElement)) {
        (button && !button.disabled ? button : field).focus();
      }
    }
    say(seen.markers.captcha || seen.markers.consent ? 'form-person' : 'form');
  }

  // ── the answer ────────────────────────────────────────────────────────────────────────────────────────────────

  async function answer(seen) {
    const sign = signOf(seen);
    if (me.taken === sign || me.phase === 'going') return;
    if (me.candidate?.sign !== sign) {
      me.candidate = { sign, since: performance.now(), told: false };
      if (!['form', 'form-person'].includes(me.phase)) say('reading');
      return later(STEADY_MS);
    }
    const age = performance.now() - me.candidate.since;
    if (age < STEADY_MS) return later(STEADY_MS - age);
    if (me.candidate.told) return;
    me.candidate.told = true;
    await judge(me.candidate);
  }

  async function judge(candidate) {
    if (!me.task) {
      const told = await ask('task', { fresh: false });
      if (told.none) return quit();
      if (told.error && told.error.code !== 'server-away') return fail(told.error);
      me.task = told.task || null;
      if (!me.task) return told.error ? fail(told.error) : say(told.held ? 'held' : 'not-asked');
    }
    const reading = make();
    if (!reading) return fail({ code: 'too-big' });
    const told = await ask('preview', { reading });
    if (me.candidate !== candidate) return; // the page went on meanwhile
    if (told.error && !isOfTheLine(told.error)) return refuse(candidate, told.error);
    me.reading = reading;
    me.answer = told.answer || null; // null: the server could not be asked; the reading can be kept all the same
    await picture();
    if (me.candidate !== candidate || signOf(read()) !== candidate.sign) return later();
    if (told.error) me.error = told.error;
    say(told.error ? 'unsent' : 'answer');
    if (!me.hello.settings.auto) return;
    await pause(STEADY_AUTO_MS - (performance.now() - candidate.since));
    if (me.candidate === candidate && ['answer', 'unsent'].includes(me.phase)) await take();
  }
  const isOfTheLine = (error) => ['server-away', 'sign-in-needed', 'permission-missing'].includes(error.code);

  /** A page that is not yet as known may still be drawing: it gets a moment before it is said. */
  async function refuse(candidate, error) {
    if (error.code === 'page-changed') await pause(Math.max(0, GRACE_MS - (performance.now() - candidate.since)));
    if (me.candidate === candidate) fail(error);
  }

  function make() {
    const text = html();
    if (text.length > HTML_CHARS_MAX) return null;
    return {
      key: newKey(), item: me.task.item, place: me.task.place, seen: read(), html: text, picture: null, asked_at: now(),
      tail: me.task.imei.slice(-4),
    };
  }

  /** What the person sees, without our panel; only where the browser allows it. */
  async function picture() {
    const back = spot.bring(spot.answers(me.hello.page, me.seen)[0]);
    const told = await me.panel.unseen(() => ask('picture'));
    back();
    me.pictureWhy = told.picture ? '' : told.why || 'failed';
    if (me.reading) me.reading.picture = told.picture || null;
  }

  /** Hand the reading over: only what still stands on the page as it was judged. */
  async function take() {
    if (!me.reading || me.phase === 'sending') return;
    if (!me.candidate || signOf(read()) !== me.candidate.sign) { me.candidate = null; return later(0); }
    say('sending');
    const told = await ask('take', { reading: me.reading });
    const { answer: recorded, next, kept, full, error } = told;
    if (recorded) {
      Object.assign(me, { answer: recorded, next, taken: me.candidate.sign, task: null });
      say('taken');
      if (next && next.on && me.hello.settings.advance) await advance();
    } else if (kept) {
      Object.assign(me, { taken: me.candidate.sign, error, kept: true, pictureLost: Boolean(me.reading.picture) && !told.picture });
      say('kept');
      resend();
    } else {
      me.reading.key = newKey();
      fail(full ? { code: 'full' } : error);
    }
  }

  async function advance() {
    if (me.hello.settings.auto) {
      await pause(GO_MS);
      if (me.phase !== 'taken') return; // the person stopped it
    }
    await go();
  }
  async function go() {
    const told = await ask('go', { carrier: me.next.carrier });
    if (told.error) return fail(told.error);
    if (!told.url) return say('elsewhere'); // the next number is in another tab now
    say('going');
    location.assign(told.url);
  }

  async function resend() {
    while (me.phase === 'kept') {
      await pause(RETRY_MS);
      const told = await ask('flush');
      if (told.waiting === 0 && me.phase === 'kept') return say('resent');
    }
  }

  async function undo() {
    const told = await ask('undo');
    if (told.error) return fail(told.error);
    me.hello.last = null;
    Object.assign(me, { taken: null, candidate: null, asked: false, task: null });
    restart();
  }

  // ── saying ────────────────────────────────────────────────────────────────────────────────────────────────────

  function fail(error) {
    me.error = error;
    say(PHASE_OF[error.code] || 'failed');
  }
  const PHASE_OF = { 'page-changed': 'changed', 'needs-person': 'person', 'carrier-maintenance': 'maintenance', 'place-claimed': 'held' };

  const act = {
    take: (label) => ({ label, go: true, press: () => take() }),
    next: () => ({ label: t('do_next'), go: true, press: () => go() }),
    again: (go = true) => ({ label: t('do_again'), go, press: () => restart() }),
    counter: () => ({ label: t('do_counter'), press: () => ask('counter', { item: me.task?.item, place: me.task?.place }) }),
    copy: () => ({ label: t('do_copy'), press: () => ask('copy', { html: html(), path: location.pathname }) }),
    settings: () => ({ label: t('do_settings'), press: () => ask('settings') }),
    stop: () => ({ label: t('do_stop'), go: true, press: () => { me.phase = 'stopped'; say('stopped'); } }),
    undo: () => ({ label: t('do_undo'), press: () => undo() }),
    form: () => ({ label: t('do_form'), go: true, press: () => toForm() }),
  };
  async function toForm() {
    const told = await ask('go', { carrier: me.hello.carrier.id });
    if (told.error) return fail(told.error);
    say('going');
    location.assign(told.url);
  }

  const nextText = (next) => (next ? t('next_is', english(next), next.tail) : t('next_none'));
  const english = (one) => nameOf({ name: one.name, name_en: one.name_en });

  const VIEWS = {
    form: () => ({ lead: press(), text: t('form_text') }),
    'form-person': () => ({ lead: t('form_person'), text: t('form_text') }),
    person: () => ({ lead: t('person'), text: t('person_text') }),
    maintenance: () => ({ lead: t('maintenance'), text: t('maintenance_text'), actions: [act.again(), act.counter()] }),
    'carrier-failed': () => ({ lead: t('carrier_failed'), text: t('maintenance_text'), actions: [act.form(), act.counter()] }),
    unknown: () => ({ lead: t('unknown'), text: t('unknown_text'), actions: [act.form(), act.counter(), act.copy()] }),
    reading: () => ({ lead: t('reading') }),
    answer: () => ({
      mark: mark(me.answer.mark), said: me.answer.sentence, focus: true,
      text: me.answer.mark ? '' : t('glyph_unknown_text'),
      actions: [act.take(t(me.hello.settings.advance ? 'do_take_next' : 'do_take'))],
    }),
    unsent: () => ({ lead: failure(me.error).lead, text: t('unsent_text'), actions: [act.take(t('do_keep')), act.again(false)], focus: true }),
    sending: () => ({ ...(me.answer ? { mark: mark(me.answer.mark) } : {}), lead: t('sending') }),
    taken: () => ({
      mark: mark(me.answer.mark), lead: t('taken'), text: nextText(me.next) + (me.next && !me.next.on ? `\n${t('next_off', english(me.next))}` : ''),
      actions: [
        ...(me.next?.on ? [me.hello.settings.advance && me.hello.settings.auto ? act.stop() : act.next()] : []),
        act.undo(), ...(me.next?.on ? [] : [act.counter()]), ...(me.next && !me.next.on ? [act.settings()] : []),
      ],
      focus: true,
    }),
    stopped: () => ({ ...VIEWS.taken(), actions: [act.next(), act.undo()], focus: true }),
    elsewhere: () => ({ ...VIEWS.taken(), lead: t('elsewhere'), actions: [act.next(), act.undo()], focus: false }),
    going: () => ({ lead: t('going') }),
    kept: () => ({ lead: t('kept'), text: [failure(me.error).lead, t('kept_text'), me.pictureLost ? t('kept_no_picture') : ''].filter(Boolean).join('\n'), actions: [act.counter()] }),
    resent: () => ({ lead: t('resent'), text: t('resent_text'), actions: [act.form(), act.counter()] }),
    empty: () => ({ lead: t('empty'), text: t('empty_text'), actions: [act.counter(), act.again()] }),
    held: () => ({ lead: t('held'), text: t('held_text'), actions: [act.again(), act.counter()] }),
    'not-asked': () => ({ lead: t('not_asked'), text: t('not_asked_text'), actions: [act.counter()] }),
    changed: () => ({ ...failure(me.error), actions: [{ ...act.counter(), go: true }, act.again(false), act.copy()] }),
    failed: () => {
      const own = me.error.code === 'full' ? { lead: t('full'), text: t('full_text') } : failure(me.error);
      const sign = ['sign-in-needed', 'not-paired', 'permission-missing'].includes(me.error.code);
      const other = me.error.code === 'echo-mismatch';
      return { ...own, actions: sign ? [{ ...act.settings(), go: true }, act.again(false)] : other ? [act.form(), act.again(false)] : [act.again(), act.counter()] };
    },
  };

  function press() {
    const field = spot.field(me.hello.page);
    const button = spot.button(me.hello.page, field);
    const label = button ? spot.label(button) : '';
    return label ? t('press_named', label) : t('press');
  }

  function say(phase) {
    me.phase = phase;
    const view = VIEWS[phase]();
    const shows = ['answer', 'unsent', 'taken', 'stopped', 'elsewhere', 'kept'].includes(phase);
    const note = shows ? pictureNote() : '';
    const { last } = me.hello;
    me.panel.show({
      carrier: nameOf(me.hello.carrier), practice: me.hello.carrier.practice, tail: me.task ? me.task.imei.slice(-4) : me.reading && shows ? me.reading.tail : '',
      note, ...view,
      last: last && ['form', 'form-person', 'empty', 'person'].includes(phase) ? { text: t('last', last.tail), mark: mark(last.mark) } : null,
      actions: view.actions || (last && ['form', 'empty'].includes(phase) ? [act.undo()] : []),
    });
    me.panel.settle(boxes());
  }
  function pictureNote() {
    if (!me.pictureWhy) return t('picture_there');
    if (me.pictureWhy === 'press') return t('picture_press') + (me.hello.shortcut ? t('picture_key', me.hello.shortcut) : '');
    return t('picture_failed');
  }
  /** What the panel must not cover. */
  function boxes() {
    const field = spot.field(me.hello.page);
    const places = me.seen ? spot.answers(me.hello.page, me.seen) : [];
    const consent = [...me.hello.page.consent, ...me.hello.page.captcha].flatMap((selector) => {
      try { return [...document.querySelectorAll(selector)]; } catch { return []; }
    });
    const whole = [field, field && spot.button(me.hello.page, field), ...consent.map((one) => one.form || one)];
    return [...whole.filter(Boolean).map((one) => one.getBoundingClientRect()), ...places.flatMap((place) => spot.words(place))];
  }

  // ── start, go on, end ─────────────────────────────────────────────────────────────────────────────────────────

  function restart() {
    Object.assign(me, { asked: false, candidate: null, error: null, reading: null, answer: null, phase: 'start' });
    look().catch(() => {});
  }
  function quit() {
    clearTimeout(me.timer);
    watch.disconnect();
    if (me.panel) me.panel.host.remove();
    me.phase = 'off';
  }
  const watch = new MutationObserver((records) => {
    if (records.some((one) => one.target !== me.panel.host && ![...one.addedNodes, ...one.removedNodes].includes(me.panel.host))) later();
  });

  chrome.runtime.onMessage.addListener((message) => {
    if (message?.type !== 'pressed' || !me.panel) return;
    me.panel.fold(false);
    if (['answer', 'unsent'].includes(me.phase) && me.pictureWhy) picture().then(() => say(me.phase)).catch(() => {});
    else if (me.pictureWhy === '' || me.pictureWhy === 'press') me.panel.note(t('picture_on'));
  });

  /** A lease is short and a person may be slow: while the page stands open its number is held. */
  async function hold() {
    if (document.visibilityState !== 'visible' || !me.task || !['form', 'form-person', 'person', 'answer'].includes(me.phase)) return;
    const told = await ask('hold');
    if (told.error?.code === 'place-claimed' && me.phase !== 'answer') fail(told.error);
  }

  async function start() {
    const hello = await ask('hello');
    if (hello.none || hello.error || !hello.carrier) { me.phase = 'off'; return; }
    me.hello = hello;
    me.panel = new globalThis.ShiroromPanel(globalThis.shiroromWords, {
      folded: hello.collapsed, onFold: (collapsed) => ask('collapse', { collapsed }),
    });
    watch.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
    addEventListener('load', () => later(0));
    addEventListener('resize', () => me.panel.settle(boxes()));
    addEventListener('scrollend', () => me.panel.settle(boxes()));
    addEventListener('pageshow', (event) => { if (event.persisted) restart(); });
    document.addEventListener('visibilitychange', () => {
      const waits = ['empty', 'held', 'form', 'form-person', 'failed', 'elsewhere', 'not-asked'].includes(me.phase);
      if (document.visibilityState === 'visible' && waits && !me.candidate) restart();
    });
    setInterval(() => hold().catch(() => {}), HOLD_MS);
    await look();
  }
  start().catch(() => { me.phase = 'off'; });
})();
