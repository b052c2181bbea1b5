/*
 * What a carrier's page visibly says in the answer's place. One pure function: declarative facts in, JSON out; it
 * changes nothing but the scroll position, which it puts back. Run in an isolated world (the page's own script cannot
 * reach it); the browser extension bundles the same file. What the JSON means is judged elsewhere (domain/answer.py).
 *
 * "Visible" is what a person would see: rendered, on the page, not clipped, not covered, not transparent, not in the
 * colour of its background. Text that a person does not see is left out; what makes reading unsafe becomes a flag.
 */
function readCarrierPage(facts) {
  'use strict';
  const ELEMENTS_MAX = 20000, CHARS_MAX = 200000, LINE_CHARS_MAX = 4000, PLACES_MAX = 8, LINES_MAX = 80;
  const OPACITY_MIN = 0.35, CONTRAST_MIN = 1.4, TYPE_PX_MIN = 6;
  const SKIPPED = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'TITLE', 'TEXTAREA', 'SELECT', 'OPTION', 'DATALIST', 'META', 'LINK', 'BASE', 'PARAM']);
  const DRAWN = new Set(['IMG', 'CANVAS', 'VIDEO', 'OBJECT', 'EMBED', 'PICTURE', 'SVG', 'IFRAME', 'FRAME', 'FENCEDFRAME', 'PORTAL', 'MATH', 'AUDIO', 'METER', 'PROGRESS']);
  const INLINE = /^(inline|contents|ruby|math)/;
  const HARMLESS = /^[\s\u00a0\u3000\u30fb\u2022\u203a\u00bb\u25b6\u25b8\u25a0\u25aa\u25c6:\uff1a|\uff5c\u203b]*$/u;
  const BULLETS = new Set(['none', 'disc', 'circle', 'square', 'decimal', 'decimal-leading-zero', 'lower-alpha', 'upper-alpha', 'lower-latin', 'upper-latin', 'lower-roman', 'upper-roman', 'lower-greek', 'cjk-decimal', 'cjk-ideographic', 'japanese-informal', 'japanese-formal', 'hiragana', 'katakana', 'hiragana-iroha', 'katakana-iroha', 'disclosure-open', 'disclosure-closed']);
  const SPACE = '[ \\t\\n\\v\\f\\r\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'; // as Python's; U+FEFF is no space
  const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, 'g'), SPACES = new RegExp(SPACE, 'g');
  const trim = (text) => text.replace(ENDS, '');
  const scrollX0 = window.scrollX, scrollY0 = window.scrollY;
  let elements = 0, chars = 0, tooBig = false;

  // ── colours ─────────────────────────────────────────────────────────────────────────────────────────────────────
  const colours = new Map();
  let brush = null;
  function colour(text) { // [r, g, b, a], each 0..1
    let known = colours.get(text);
    if (known) return known;
    const m = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(text);
    if (m) known = [m[1] / 255, m[2] / 255, m[3] / 255, m[4] === undefined ? 1 : +m[4]];
    else {
      brush = brush || new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = 'rgba(0,0,0,0)';
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      known = [...brush.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
    }
    colours.set(text, known);
    return known;
  }
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * (c[i] <= 0.03928 ? c[i] / 12.92 : ((c[i] + 0.055) / 1.055) ** 2.4), 0);
  function contrast(a, b) {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  }

  // ── the flat tree ───────────────────────────────────────────────────────────────────────────────────────────────
  const parentOf = (node) => node.assignedSlot || node.parentElement || (node.parentNode instanceof ShadowRoot ? node.parentNode.host : null);
  function childrenOf(element) {
    if (element.shadowRoot) return element.shadowRoot.childNodes;
    if (element.tagName === 'SLOT') {
      const given = element.assignedNodes({ flatten: true });
      if (given.length) return given;
    }
    return element.childNodes;
  }
  const inside = (node, ancestor) => {
    for (let at = node; at; at = parentOf(at)) if (at === ancestor) return true;
    return false;
  };
  const boxOf = (r) => ({ left: r.left + scrollX0, top: r.top + scrollY0, right: r.right + scrollX0, bottom: r.bottom + scrollY0 });
  const area = (r) => Math.max(0, r.right - r.left) * Math.max(0, r.bottom - r.top);
  const cut = (a, b) => ({ left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) });

  // Styles of an element and all above it, folded once: what every text in it inherits although CSS does not say so.
  const looks = new Map();
  function look(element) {
    const known = looks.get(element);
    if (known) return known;
    const up = parentOf(element), style = getComputedStyle(element);
    const above = up ? look(up) : { opacity: 1, backs: [[1, 1, 1]], flags: new Set(), shown: true, clip: null, lineThrough: false };
    const own = { style, opacity: above.opacity * Number(style.opacity), flags: new Set(above.flags), shown: above.shown, clip: above.clip, backs: above.backs };
    if (style.display === 'none' || style.contentVisibility === 'hidden') own.shown = false;
    const clipping = style.overflowX !== 'visible' || style.overflowY !== 'visible';
    if (clipping && up && element !== document.body && style.display !== 'contents' && !INLINE.test(style.display.replace('inline-', ''))) {
      const box = boxOf(element.getBoundingClientRect());
      own.clip = own.clip ? cut(own.clip, box) : box;
    }
    if (style.clip !== 'auto' && (style.position === 'absolute' || style.position === 'fixed')) own.flags.add('clipped');
    if (/opacity|blur|brightness|contrast|invert|url/.test(style.filter)) own.flags.add('altered');
    if (style.clipPath !== 'none' || (style.maskImage || style.webkitMaskImage || 'none') !== 'none') own.flags.add('altered');
    if (style.mixBlendMode !== 'normal') own.flags.add('altered');
    if (turned(style)) own.flags.add('altered');
    if ((style.webkitTextSecurity || 'none') !== 'none') own.flags.add('altered');
    if (style.writingMode !== 'horizontal-tb' || style.direction === 'rtl' || /override|plaintext/.test(style.unicodeBidi)) own.flags.add('altered');
    if (/line-through/.test(style.textDecorationLine)) own.flags.add('struck');
    if (element.getAttribute('aria-busy') === 'true') own.flags.add('busy');
    own.backs = backs(style, above.backs);
    looks.set(element, own);
    return own;
  }
  function turned(style) {
    if ((style.rotate || 'none') !== 'none' || /-/.test(style.scale || '') || (style.offsetPath || 'none') !== 'none') return true;
    if (style.transform === 'none') return false;
    const m = new DOMMatrixReadOnly(style.transform);
    return !m.is2D || Math.abs(m.b) > 1e-3 || Math.abs(m.c) > 1e-3 || m.a <= 0 || m.d <= 0;
  }
  function backs(style, below) { // every colour that may lie behind a text
    let behind = below;
    const plain = colour(style.backgroundColor);
    if (plain[3] > 0) behind = behind.map((b) => over(plain, b));
    if (/gradient/.test(style.backgroundImage)) {
      const stops = style.backgroundImage.match(/(?:rgba?|hsla?|color|oklch|oklab|lab|lch)\([^()]*\)/g) || [];
      behind = behind.concat(stops.slice(0, 8).flatMap((stop) => behind.slice(0, 4).map((b) => over(colour(stop), b))));
    }
    return behind.slice(0, 16);
  }
  function readable(element) {
    const l = look(element), style = l.style;
    if (!l.shown || style.visibility !== 'visible' || l.opacity < OPACITY_MIN || l.flags.has('clipped')) return false;
    const ink = colour(style.webkitTextFillColor || style.color);
    if (ink[3] < OPACITY_MIN) return false;
    return l.backs.every((b) => contrast(over(ink, b), b) >= CONTRAST_MIN);
  }
  const range = document.createRange();
  const page = { right: 0, bottom: 0 };
  {
    const root = document.scrollingElement || document.documentElement;
    page.right = Math.max(root.scrollWidth, innerWidth);
    page.bottom = Math.max(root.scrollHeight, innerHeight);
  }
  function shownRect(rect, l) { // what is left of a rectangle after clipping; null: nothing to see
    let box = cut(boxOf(rect), { left: 0, top: 0, right: page.right, bottom: page.bottom });
    if (l.clip) box = cut(box, l.clip);
    return area(box) >= 0.4 * (rect.width * rect.height) && rect.width >= 1.5 && rect.height >= TYPE_PX_MIN ? box : null;
  }

  // ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────────
  // A line is what one inline flow holds between two breaks of block, cell or <br>; soft wraps do not break it.
  const lines = [], drawn = [], ghosts = [];
  let line = null;
  function close() {
    if (line && trim(line.text)) lines.push(line);
    line = null;
  }
  function add(node, element) {
    const l = look(element);
    if (!/\S/.test(node.data) && !line) return;
    chars += node.data.length;
    if (chars > CHARS_MAX) { tooBig = true; return; }
    const keeps = /^(pre|break-spaces)/.test(l.style.whiteSpace) || /preserve/.test(l.style.whiteSpaceCollapse || '');
    const parts = keeps ? node.data.split('\n') : [node.data.replace(/[ \t\r\n\f]+/g, ' ')];
    parts.forEach((part, i) => {
      if (i) close();
      if (!part) return;
      if (!/\S/.test(part)) { if (line) line.text += part; return; }
      if (!readable(element)) return;
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter((r) => r.width > 0 && r.height > 0);
      const seen = rects.map((r) => shownRect(r, l)).filter(Boolean);
      if (!rects.length || !seen.length) return;
      line = line || { text: '', pieces: [], size: 0, boxes: [] };
      line.text += part;
      line.size = Math.max(line.size, parseFloat(l.style.fontSize));
      line.pieces.push({ node, element, part, whole: seen.length === rects.length, first: seen[0], last: seen[seen.length - 1] });
      line.boxes.push(...seen);
      if (line.text.length > LINE_CHARS_MAX) { line.text = line.text.slice(0, LINE_CHARS_MAX); line.long = true; }
    });
  }
  function walk(element) {
    if (++elements > ELEMENTS_MAX) { tooBig = true; return; }
    if (SKIPPED.has(element.tagName)) return;
    const l = look(element), style = l.style;
    if (!l.shown) return;
    const tag = element.tagName.toUpperCase();
    if (tag === 'BR') { close(); return; }
    const breaks = !INLINE.test(style.display);
    if (breaks) close();
    if (style.pointerEvents === 'none') ghosts.push(element);
    if (DRAWN.has(tag) || tag === 'INPUT') {
      const r = element.getBoundingClientRect();
      if (DRAWN.has(tag) && r.width >= 6 && r.height >= 6 && style.visibility === 'visible' && l.opacity >= 0.1) drawn.push(element);
      if (tag === 'INPUT') field(element, l);
      if (breaks) close();
      if (tag !== 'OBJECT' && tag !== 'SVG') return;
    }
    for (const child of childrenOf(element)) {
      if (tooBig) return;
      if (child.nodeType === 3) add(child, element);
      else if (child.nodeType === 1) walk(child);
    }
    if (breaks) close();
  }
  const fields = [];
  function field(element, l) {
    if (!(element.readOnly || element.disabled) || !/^(text|tel|number|search|)$/.test(element.type)) return;
    const r = element.getBoundingClientRect();
    if (!readable(element) || r.width < 4 || r.height < 4) return;
    const label = (element.labels && element.labels[0] ? element.labels[0].innerText : '') || (lines.length ? lines[lines.length - 1].text : '');
    fields.push({ text: String(element.value).slice(0, 200), before: label.slice(0, 200), kind: 'field' });
  }
  if (document.body) walk(document.body);
  close();

  // ── what spoils a place ─────────────────────────────────────────────────────────────────────────────────────────
  function generated(element) {
    const flags = new Set();
    for (const pseudo of ['::before', '::after']) {
      const style = getComputedStyle(element, pseudo), content = style.content;
      if (content === 'none' || content === 'normal' || style.display === 'none') continue;
      const text = /^"((?:[^"\\]|\\.)*)"$/.exec(content);
      if (!text || !HARMLESS.test(text[1])) flags.add('generated');
      if (/url\(/.test(style.backgroundImage)) flags.add('image');
    }
    const style = getComputedStyle(element);
    if (/url\(/.test(style.content)) flags.add('image');
    if (/url\(|image-set\(|paint\(|cross-fade\(|element\(/.test(style.backgroundImage) || /url\(/.test(style.borderImageSource)) flags.add('image');
    if (style.display.includes('list-item')) {
      const bullet = style.listStyleType, text = /^"((?:[^"\\]|\\.)*)"$/.exec(bullet);
      if (style.listStyleImage !== 'none') flags.add('image');
      else if (text ? !HARMLESS.test(text[1]) : !BULLETS.has(bullet)) flags.add('generated');
      const marker = getComputedStyle(element, '::marker').content;
      if (marker !== 'normal' && marker !== 'none') flags.add('generated');
    }
    if (element.tagName.includes('-') && !element.shadowRoot && customElements.get(element.tagName.toLowerCase())) flags.add('closed');
    return flags;
  }
  function spoilt(element) { // flags of an element and all in it
    const flags = new Set(look(element).flags);
    const visit = (one) => {
      if (SKIPPED.has(one.tagName) || !look(one).shown) return;
      generated(one).forEach((flag) => flags.add(flag));
      for (const child of childrenOf(one)) if (child.nodeType === 1) visit(child);
    };
    visit(element);
    if (drawn.some((one) => inside(one, element))) flags.add('image');
    if (moving(element)) flags.add('moving');
    return flags;
  }
  function moving(element) {
    return document.getAnimations().some((a) => {
      const target = a.effect && a.effect.target;
      return a.playState === 'running' && target && (inside(target, element) || inside(element, target));
    });
  }
  // A font of the page's own may draw any shape for any character: is this one drawn by it?
  function webfont(element, character) {
    const bareName = (name) => name.trim().replace(/^["']|["']$/g, '').toLowerCase();
    const families = getComputedStyle(element).fontFamily.split(',');
    const own = [...document.fonts].filter((face) => families.map(bareName).includes(bareName(face.family)));
    if (own.some((face) => face.status === 'loading')) return 'moving';
    const names = new Set(own.filter((face) => face.status === 'loaded').map((face) => bareName(face.family)));
    if (!names.size) return null;
    const others = families.filter((name) => !names.has(bareName(name)));
    return drawnWith(families, character) === drawnWith(others, character) ? null : 'webfont';
  }
  function drawnWith(families, character) {
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    pen.canvas.width = pen.canvas.height = 64;
    pen.font = `40px ${families.concat('sans-serif').join(',')}`;
    pen.fillText(character, 8, 48);
    return pen.getImageData(0, 0, 64, 64).data.join();
  }
  function characterRect(piece, from) {
    const text = piece.node.data, to = Math.min(text.length, from + (/[\ud800-\udbff]/.test(text[from]) ? 2 : 1));
    range.setStart(piece.node, from);
    range.setEnd(piece.node, to);
    return { rect: range.getBoundingClientRect(), text: text.slice(from, to) };
  }
  function telling(one) { // where in a line characters stand that may be the symbol: its ends, and every symbol or dash
    const spots = [];
    one.pieces.forEach((piece, i) => {
      const text = piece.node.data, first = text.search(/\S/), last = text.search(/\S\s*$/u);
      if (i === 0) spots.push([piece, first]);
      if (i === one.pieces.length - 1 && last !== first) spots.push([piece, last - (/[\udc00-\udfff]/.test(text[last]) ? 1 : 0)]);
      for (const match of text.matchAll(/[^\p{L}\p{N}\p{P}\p{C}\s]|[\u3007\u30fc\p{Pd}]/gu)) if (spots.length < 8) spots.push([piece, match.index]);
    });
    return spots;
  }
  function standing(piece, from) { // flags of one character: is it there to be seen?
    const flags = new Set(), l = look(piece.element);
    let at = characterRect(piece, from);
    const { width, height } = at.rect;
    if (!shownRect(at.rect, l) || width < 4 || width < 0.2 * height || height < 0.1 * width) flags.add('covered');
    if (piece.element.closest('button, select, summary, [role=button], [contenteditable=""], [contenteditable=true]')) flags.add('control');
    const bottom = at.rect.bottom, top = at.rect.top;
    if (top < 0 || bottom > innerHeight || at.rect.left < 0 || at.rect.right > innerWidth) {
      window.scrollTo({ left: scrollX, top: scrollY + (top + bottom) / 2 - innerHeight / 2, behavior: 'instant' });
      at = characterRect(piece, from);
    }
    const { left, right } = at.rect, y0 = at.rect.top, y1 = at.rect.bottom;
    const root = piece.element.getRootNode();
    let boxed = piece.element;
    while (boxed && look(boxed).style.display === 'contents') boxed = parentOf(boxed);
    for (const [fx, fy] of [[0.5, 0.5], [0.3, 0.35], [0.7, 0.35], [0.3, 0.65], [0.7, 0.65]]) {
      const x = left + (right - left) * fx, y = y0 + (y1 - y0) * fy;
      if (coveredAt(root, boxed, x, y)) { flags.add('covered'); break; }
    }
    const glyph = { left, right, top: y0, bottom: y1 };
    if (veiled(piece.element, glyph)) flags.add('covered');
    for (const ghost of ghosts) {
      if (inside(piece.element, ghost)) continue;
      const r = ghost.getBoundingClientRect();
      if (area(cut(r, glyph)) > 0.1 * area(glyph) && paints(ghost)) flags.add('covered');
    }
    const firstLetter = getComputedStyle(piece.element, '::first-letter');
    if (colour(firstLetter.color)[3] < OPACITY_MIN || !l.backs.every((b) => contrast(over(colour(firstLetter.color), b), b) >= CONTRAST_MIN)) flags.add('covered');
    const font = webfont(piece.element, at.text);
    if (font) flags.add(font);
    return flags;
  }
  function coveredAt(root, element, x, y) { // by something that paints; an empty box lets the glyph through
    const stack = root.elementsFromPoint(x, y), at = stack.indexOf(element);
    if (at < 0) return true;
    return stack.slice(0, at).some((above) => (inside(element, above) ? hasPseudo(above) : paintsBox(above)));
  }
  const pseudos = (element) => ['::before', '::after'].map((one) => getComputedStyle(element, one)).filter((style) => !/^(none|normal)$/.test(style.content) && style.display !== 'none');
  const hasPseudo = (element) => pseudos(element).length > 0;
  function paintsBox(element) {
    const style = getComputedStyle(element);
    if (look(element).opacity < 0.05 || style.visibility !== 'visible') return false;
    return colour(style.backgroundColor)[3] > 0 || style.backgroundImage !== 'none' || DRAWN.has(element.tagName.toUpperCase()) || hasPseudo(element);
  }
  function veiled(element, glyph) { // by a painted box that its own ::before or ::after lays out
    return pseudos(element).some((style) => /absolute|fixed/.test(style.position)
      && (colour(style.backgroundColor)[3] > 0 || style.backgroundImage !== 'none')
      && !(parseFloat(style.width) * parseFloat(style.height) < 0.3 * area(glyph)));
  }
  const paints = (element) => paintsBox(element) || (/\S/.test(element.textContent) && look(element).opacity >= 0.05);
  function shadeOver(box) { // a text or picture that shares the glyph's spot
    for (const other of lines) for (const b of other.boxes) if (b !== box && area(cut(b, box)) > 0.3 * Math.min(area(b), area(box))) return true;
    return drawn.some((one) => area(cut(boxOf(one.getBoundingClientRect()), box)) > 0.3 * area(box));
  }
  function order(a, b) { // whether a box stands before another as people read
    if (b.bottom <= a.top + 2) return false;
    return !(b.right <= a.left + 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5 * Math.min(a.bottom - a.top, b.bottom - b.top));
  }

  // ── the place ───────────────────────────────────────────────────────────────────────────────────────────────────
  function labelOf(one) { // what stands before a value in its row or definition
    let element = one.pieces[0].element;
    for (let i = 0; element && i < 12; i++, element = parentOf(element)) {
      if (/^(TD|DD)$/.test(element.tagName)) {
        for (let before = element.previousElementSibling; before; before = before.previousElementSibling) {
          if (/^(TH|DT)$/.test(before.tagName) || element.tagName === 'TD') return (before.innerText || '').trim().slice(0, 100);
        }
        return '';
      }
    }
    return '';
  }
  function describe(one, beside) {
    const flags = new Set();
    one.pieces.forEach((piece, i) => {
      look(piece.element).flags.forEach((flag) => flags.add(flag));
      if (!piece.whole) flags.add('clipped');
      if (i && !order(one.pieces[i - 1].last, piece.first)) flags.add('reordered');
    });
    if (one.long) flags.add('long');
    if (!beside) {
      telling(one).forEach(([piece, from]) => standing(piece, from).forEach((flag) => flags.add(flag)));
      if (trim(one.text).length <= 4 && shadeOver(one.boxes[0])) flags.add('covered');
    }
    const head = trim(one.pieces[0].part), tail = trim(one.pieces[one.pieces.length - 1].part);
    return { text: trim(one.text), head, tail, size: one.size, label: labelOf(one), beside: !!beside, flags: [...flags] };
  }
  function place(element, own, beside) {
    const flags = spoilt(element);
    const all = own.concat(beside);
    for (let i = 1; i < own.length; i++) if (!order(own[i - 1].boxes[0], own[i].boxes[0])) flags.add('reordered');
    if (all.length > LINES_MAX) flags.add('long');
    return { lines: own.slice(0, LINES_MAX).map((one) => describe(one, false)).concat(beside.slice(0, LINES_MAX).map((one) => describe(one, true))), flags: [...flags] };
  }
  const within = (element) => lines.filter((one) => one.pieces.some((piece) => inside(piece.element, element)));
  function everywhere(selector, root = document, found = []) {
    for (const one of root.querySelectorAll('*')) {
      if (one.matches(selector)) found.push(one);
      if (one.shadowRoot) everywhere(selector, one.shadowRoot, found);
    }
    return found;
  }
  function visible(element) {
    const r = element.getBoundingClientRect(), l = look(element);
    return l.shown && l.style.visibility === 'visible' && l.opacity >= OPACITY_MIN && !l.flags.has('clipped') && (r.width >= 1 && r.height >= 1 || l.style.display === 'contents') && (within(element).length > 0 || shownRect({ left: r.left, top: r.top, right: r.right, bottom: r.bottom, width: Math.max(r.width, 1.5), height: Math.max(r.height, TYPE_PX_MIN) }, l) !== null);
  }
  function textSize() { // the type size of most characters on the page
    const counts = new Map();
    for (const one of lines) for (const piece of one.pieces) {
      const size = parseFloat(look(piece.element).style.fontSize);
      counts.set(size, (counts.get(size) || 0) + trim(piece.part).length);
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] || 16;
  }
  const DECORATION = /^[|｜・･/／>＞<＜›»‹«※:：、。，．,.*＊1-9]$/u;
  function lone(text) { // one symbol, or what a wrong encoding left of one (as `is_lone` in domain/answer.py)
    const seen = text.replace(SPACES, '').replace(/[\p{M}\p{Cf}]/gu, '');
    return /^\ufffd.{0,2}$/u.test(trim(text)) || ([...seen].length === 1 && !DECORATION.test(seen));
  }
  const bare = (text) => text.replace(/^[\s\u3010\u3008\u300a\[\uff3b\u25a0\u25a1\u25cf\u25c6\u30fb\u25bc]+|[\s\u3011\u3009\u300b\]\uff3d:\uff1a]+$/gu, '');

  let rivals = [];
  function places(matches) {
    if (facts.answer_heading) return besideHeading(matches);
    if (facts.answer_large) return largeType(matches);
    const seen = matches.filter(visible);
    if (facts.answer_nth === 1) return seen.slice(0, PLACES_MAX).map((one) => place(one, within(one), []));
    const one = seen[facts.answer_nth - 1];
    if (!one) return [];
    const found = place(one, within(one), []);
    if (matches.indexOf(one) !== facts.answer_nth - 1 || matches.some((other) => other !== one && (inside(one, other) || inside(other, one)))) found.flags.push('ambiguous');
    const before = seen[facts.answer_nth - 2];
    if (before && !order(boxOf(before.getBoundingClientRect()), boxOf(one.getBoundingClientRect()))) found.flags.push('reordered');
    rivals = seen.filter((other) => other !== one).slice(0, PLACES_MAX).map((other) => place(other, within(other), []));
    return [found];
  }
  function largeType(matches) {
    const least = facts.answer_large * textSize();
    const found = [];
    const large = (piece) => lone(piece.part) && parseFloat(look(piece.element).style.fontSize) >= least;
    for (const one of lines) {
      if (!large(one.pieces[0]) && !large(one.pieces[one.pieces.length - 1])) continue;
      const cell = matches.filter((match) => inside(one.pieces[0].element, match)).pop();
      if (!cell || !visible(cell)) continue;
      const row = cell.closest('tr') || cell, label = labelOf(one);
      found.push(place(cell, [one], within(row).filter((other) => other !== one && trim(other.text) !== label)));
    }
    return found.slice(0, PLACES_MAX);
  }
  function besideHeading(matches) {
    const found = [];
    lines.forEach((one, i) => {
      const text = trim(one.text), plain = bare(text) === facts.answer_heading;
      const leading = !plain && headed(text);
      if (!plain && !leading) return;
      const home = matches.filter((match) => inside(one.pieces[0].element, match)).pop();
      if (leading) {
        const rest = { ...one, text: leading, pieces: afterHeading(one) };
        if (home) found.push(valuePlace(home, [rest, ...within(home).filter((other) => lines.indexOf(other) > i)], one));
        return;
      }
      let region = home, own = home ? within(home).filter((other) => lines.indexOf(other) > i) : [];
      if (!own.length && lines[i + 1]) { // the value is an item of its own: the next one, and none beside it may be another
        region = matches.filter((match) => inside(lines[i + 1].pieces[0].element, match)).pop();
        own = region ? within(region) : [];
        if (region) rivals = [...region.parentNode.children].filter((item) => item !== region && item !== home && matches.includes(item)).slice(0, PLACES_MAX).map((item) => place(item, within(item), []));
      }
      if (region && own.length && lines[i + 1] === own[0]) found.push(valuePlace(region, own, one));
    });
    return found.slice(0, PLACES_MAX);
  }
  function headed(text) { // "状態：○：…" in one line: what follows the heading, or null
    const from = text.indexOf(facts.answer_heading);
    if (from < 0 || bare(text.slice(0, from)) !== '') return null;
    const rest = text.slice(from + facts.answer_heading.length).replace(/^[\s\u3011\u3009\u300b\]\uff3d:\uff1a]+/u, '');
    return /^(?:[\u30fc\u3007]|[^\p{L}\p{N}])/u.test(rest) ? rest : null; // ー and 〇 count as letter and number
  }
  function afterHeading(one) { // the pieces after the one that holds the heading's end
    const at = one.pieces.findIndex((piece) => piece.part.includes(facts.answer_heading));
    const rest = one.pieces.slice(at + 1);
    return rest.length ? rest : one.pieces;
  }
  function valuePlace(region, own, heading) {
    const found = place(region, own, []);
    if (!order(heading.boxes[0], own[0].boxes[0])) found.flags.push('reordered');
    return found;
  }

  // ── all together ────────────────────────────────────────────────────────────────────────────────────────────────
  function safely(selector) {
    try { return selector ? everywhere(selector) : []; } catch { return []; }
  }
  const text = lines.map((one) => one.text).join('\n');
  const said = (words) => words.filter((word) => text.includes(word));
  const pressable = (word) => everywhere('button, a, label, input[type=submit], input[type=button], [role=button]').some((one) => (one.innerText || one.value || '').includes(word) && visible(one));
  const digits = (value) => (value.match(/\p{Nd}/gu) || []).length;
  const numbers = fields.filter((one) => digits(one.text) >= 14);
  lines.forEach((one, i) => {
    if (digits(one.text) >= 14) numbers.push({ text: one.text.slice(0, 1000), before: [labelOf(one), i ? lines[i - 1].text : ''].join('\n').slice(-200), kind: 'text' });
  });
  const editable = (one) => visible(one) && !one.disabled && !one.readOnly;
  const inputs = everywhere('input').filter((one) => /^(text|tel|number|search|email|password)$/.test(one.type) && editable(one));
  const wanted = safely(facts.field);
  const result = {
    document: performance.timeOrigin,
    path: location.pathname,
    ready: document.readyState === 'complete',
    too_big: tooBig,
    places: places(safely(facts.answer)),
    rivals,
    numbers: numbers.slice(0, 40),
    form: {
      field: wanted.filter(editable).length > 0,
      submit: safely(facts.submit).filter(visible).length > 0,
      others: inputs.filter((one) => !wanted.includes(one)).length,
    },
    markers: {
      captcha: facts.captcha.some((selector) => safely(selector).some(visible)),
      captcha_words: said(facts.captcha_words).length > 0,
      consent: facts.consent.some((selector) => safely(selector).some((one) => visible(one) && !one.checked)) || facts.consent_words.some(pressable),
      maintenance: said(facts.maintenance_words).length > 0,
    },
    text_chars: text.length,
  };
  if (scrollX !== scrollX0 || scrollY !== scrollY0) window.scrollTo({ left: scrollX0, top: scrollY0, behavior: 'instant' });
  return result;
}
