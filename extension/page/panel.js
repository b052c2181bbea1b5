/* The panel: one small box of ours on a carrier's page, in a closed shadow root that the page's script cannot enter.
   It hangs beside <body>, so that the page's own layout and readCarrierPage never meet it. */
globalThis.ShiroromPanel = globalThis.ShiroromPanel || class ShiroromPanel {
  static #SVG = 'http://www.w3.org/2000/svg';
  static #SHAPES = { // the shapes of static/marks.svg
    ok: 'M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0', ca: 'M12 4l9 15.5H3z', ng: 'M5 5l14 14M19 5L5 19',
    un: 'M4 12h16', q: 'M8 8.5a4 4 0 1 1 6 3.4c-1.4.9-2 1.6-2 3.1M12 19.6v.1',
    phone: 'M9 3h6a2.5 2.5 0 0 1 2.5 2.5v13A2.5 2.5 0 0 1 15 21H9a2.5 2.5 0 0 1-2.5-2.5v-13A2.5 2.5 0 0 1 9 3M9.5 12a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0',
    fold: 'M6 9l6 6 6-6', open: 'M6 15l6-6 6 6',
  };
  static #CORNERS = [['bottom', 'right'], ['bottom', 'left'], ['top', 'right'], ['top', 'left']];
  static #GAP = 8;
  static BURST_MS = 100;

  #root; #parts = {}; #words; #lastKey = 0; #primary = null; #folded; #onFold;

  constructor(words, { folded, onFold }) {
    this.#words = words;
    this.#folded = folded;
    this.#onFold = onFold;
    this.host = document.createElement('shirorom-panel');
    this.#style({});
    this.#root = this.host.attachShadow({ mode: 'closed', delegatesFocus: false });
    this.#dress();
    this.#build();
    document.documentElement.append(this.host);
    addEventListener('keydown', (event) => this.#key(event), true);
  }

  // ── out of the way ──────────────────────────────────────────────────────────────────────────────────────────

  /** Do something while the panel is not there at all; nothing is painted meanwhile. */
  away(work) {
    this.#style({ display: 'none' });
    try { return work(); } finally { this.#style({}); }
  }
  /** Unseen, but where it was (the focus stays). */
  async unseen(work) {
    this.#style({ opacity: '0' });
    try {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return await work();
    } finally { this.#style({}); }
  }
  #corner = ['bottom', 'right'];
  #style(more) {
    const style = { all: 'initial', display: 'block', position: 'fixed', 'z-index': '2147483647', opacity: '1',
      [this.#corner[0]]: `${ShiroromPanel.#GAP}px`, [this.#corner[1]]: `${ShiroromPanel.#GAP}px`, ...more };
    this.host.style.cssText = Object.entries(style).map(([name, value]) => `${name}:${value}!important`).join(';');
  }
  /** Move to the corner where none of these boxes is covered; where there is none, be small. */
  settle(boxes) {
    const seen = boxes.filter((box) => box && box.width > 0 && box.height > 0);
    this.#parts.section.classList.remove('small');
    for (const small of [false, true]) {
      this.#parts.section.classList.toggle('small', small);
      const size = this.#parts.section.getBoundingClientRect();
      const best = ShiroromPanel.#CORNERS.map((corner) => [this.#covered(corner, size, seen), corner]);
      const free = best.find(([area]) => area === 0) || (small ? best.sort((a, b) => a[0] - b[0])[0] : null);
      if (!free) continue;
      if (free[1] !== this.#corner) { this.#corner = free[1]; this.#style({}); }
      return;
    }
  }
  #covered([y, x], size, boxes) {
    const gap = ShiroromPanel.#GAP * 2;
    const left = x === 'left' ? 0 : innerWidth - size.width - gap, top = y === 'top' ? 0 : innerHeight - size.height - gap;
    return boxes.reduce((sum, box) => sum
      + Math.max(0, Math.min(box.right, left + size.width + gap) - Math.max(box.left, left))
      * Math.max(0, Math.min(box.bottom, top + size.height + gap) - Math.max(box.top, top)), 0);
  }

  // ── what it shows ───────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Show a state: {carrier, practice, tail, lead, text, mark, said, note, last, actions: [{label, go, press}], focus}.
   * The first action with `go` is the one that Enter presses.
   */
  show(view) {
    const p = this.#parts, { t } = this.#words;
    this.view = view;
    p.practice.hidden = !view.practice;
    p.title.replaceChildren(view.carrier, ' ', this.#make('span', { text: view.tail ? t('tail', view.tail) : '' }));
    const status = [];
    if (view.mark) status.push(this.#mark(view.mark));
    if (view.lead) status.push(this.#make('p', { class: 'lead', text: view.lead }));
    if (view.text) status.push(this.#make('p', { class: 'text', text: view.text }));
    p.status.replaceChildren(...status);
    p.said.textContent = view.said ? t('page_says', view.said) : '';
    p.said.tabIndex = view.said && view.said.length > 120 ? 0 : -1; // long ones scroll, also by keyboard
    p.actions.replaceChildren(...(view.actions || []).map((action) => this.#button(action)));
    this.#primary = (view.actions || []).find((action) => action.go) || null;
    p.note.textContent = view.note || '';
    p.last.replaceChildren(...(view.last ? [view.last.text, ' ', this.#pip(view.last.mark)] : []));
    if (!this.host.isConnected) document.documentElement.append(this.host);
    if (view.focus && !this.#folded) this.#focus();
  }
  /** Change the small print only. */
  note(text) { this.#parts.note.textContent = text; }
  #mark(mark) {
    const words = this.#make('div', {}, this.#make('b', { text: mark.word }), this.#make('small', { text: mark.meaning }));
    return this.#make('div', { class: `mark ${mark.kind}` }, this.#svg(mark.kind, mark.symbol), words);
  }
  #pip(mark) {
    return this.#make('span', { class: `pip ${mark.kind}` }, this.#svg(mark.kind, mark.word));
  }
  #button(action) {
    const button = this.#make('button', { type: 'button', class: action.go ? 'go' : '', text: action.label });
    button.addEventListener('click', (event) => {
      if (!event.isTrusted || (event.detail === 0 && this.#isBurst(event.timeStamp))) return;
      action.press();
    });
    return button;
  }
  #focus() {
    const button = this.#root.querySelector('.go');
    const at = document.activeElement;
    const typing = at && at !== document.body && at !== this.host && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && !/^(submit|button|image)$/.test(at.type);
    if (button && !typing && document.hasFocus()) button.focus({ preventScroll: true });
  }

  // ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────

  /* Enter takes, also when nothing has the focus. A scanner's Enter comes right after its digits and takes nothing. */
  #key(event) {
    if (!event.isTrusted) return;
    if (event.key !== 'Enter') { this.#lastKey = event.timeStamp; return; }
    const at = document.activeElement;
    const free = !at || at === document.body || at === document.documentElement;
    if (!free || event.repeat || event.isComposing || this.#isBurst(event.timeStamp)) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !this.#primary || this.#folded) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#primary.press();
  }
  #isBurst(at) { return at - this.#lastKey < ShiroromPanel.BURST_MS; }

  // ── made once ───────────────────────────────────────────────────────────────────────────────────────────────

  #dress() {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(globalThis.SHIROROM_PANEL_CSS);
      this.#root.adoptedStyleSheets = [sheet];
    } catch { // Firefox: a content script may not adopt a sheet
      this.#root.append(this.#make('style', { text: globalThis.SHIROROM_PANEL_CSS }));
    }
  }
  #build() {
    const p = this.#parts, { t } = this.#words;
    p.practice = this.#make('p', { class: 'practice' }, this.#make('b', { text: t('practice') }), ` ${t('practice_about')}`);
    p.title = this.#make('h2', {});
    p.fold = this.#make('button', { type: 'button', class: 'fold' });
    p.fold.addEventListener('click', (event) => { if (event.isTrusted) this.fold(!this.#folded); });
    p.status = this.#make('div', { role: 'status', class: 'status' });
    p.said = this.#make('p', { class: 'said' });
    p.actions = this.#make('div', { class: 'actions' });
    p.note = this.#make('p', { class: 'note' });
    p.last = this.#make('p', { class: 'note' });
    p.section = this.#make('section', { 'aria-label': t('short_name'), lang: this.#words.english ? 'en' : 'ja' },
      p.practice,
      this.#make('header', {}, this.#svg('phone', '', 20), p.title, p.fold),
      this.#make('div', { class: 'body' }, p.status, p.said, p.actions, p.note, p.last));
    this.#root.append(p.section);
    this.fold(this.#folded, { told: false });
  }
  fold(folded, { told = true } = {}) {
    const p = this.#parts, { t } = this.#words;
    this.#folded = folded;
    p.section.classList.toggle('folded', folded);
    p.fold.setAttribute('aria-label', t(folded ? 'unfold' : 'fold'));
    p.fold.setAttribute('aria-expanded', String(!folded));
    p.fold.replaceChildren(this.#svg(folded ? 'open' : 'fold', '', 24));
    if (told) this.#onFold(folded);
  }
  #make(name, { text, ...attributes }, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== '') element.setAttribute(key, value);
    }
    if (text !== undefined) element.textContent = text;
    element.append(...children);
    return element;
  }
  #svg(shape, label, size = 24) {
    const svg = document.createElementNS(ShiroromPanel.#SVG, 'svg');
    const path = document.createElementNS(ShiroromPanel.#SVG, 'path');
    const set = { viewBox: '0 0 24 24', width: size, height: size, fill: 'none', stroke: 'currentColor', 'stroke-width': 2.75,
      'stroke-linecap': 'round', 'stroke-linejoin': 'round', ...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' }) };
    for (const [key, value] of Object.entries(set)) svg.setAttribute(key, value);
    path.setAttribute('d', ShiroromPanel.#SHAPES[shape]);
    svg.append(path);
    return svg;
  }
  /** For tests, which share the isolated world: the closed root itself. */
  get root() { return this.#root; }
};
