// Brings numbers into the field from files, pictures and the camera. Loaded when it is first wanted. What is a number, and
// of which phone, the server says; a number of a picture that is not certain is used only after a person compared it.
const PICTURES = ["image/png", "image/jpeg", "image/webp"];
const NEVER = ["image/gif", "image/svg+xml"];
const BYTES_MAX = 10 * 1024 * 1024;
const PIXELS_MAX = 25e6; // what the server takes
const SHRINK_PIXELS_MAX = 100e6; // what a browser can make smaller without harm
const LOOK_MS = 120;
const LENS = "shirorom.lens";
const OURS = ["imei", "imei14", "imeisv", "unknown"];
let words;

async function stageOf(form) {
  words ??= new DOMParser().parseFromString(await (await fetch("/intake")).text(), "text/html");
  return form.parentElement.querySelector("[data-stage]");
}

const piece = (name) => document.importNode(words.querySelector(`[data-piece=${name}]`).content.firstElementChild, true);
const said = (code) => words.querySelector(`[data-code="${CSS.escape(code)}"]`)?.textContent ?? code;
const named = (kind) => words.querySelector(`[data-kind="${CSS.escape(kind)}"]`)?.textContent ?? kind;
const grouped = (imei) => imei.replace(/^(\d\d)(\d{6})(\d{6})(\d)$/, "$1-$2-$3-$4");
const lines = (imeis) => (imeis.length > 1 ? imeis.map((imei, n) => `IMEI${n + 1}: ${imei}`).join("\n") : imeis[0]);
const isBad = (found) => !found.valid && OURS.includes(found.kind);

function show(stage, name, fill = {}) {
  const card = piece(name);
  for (const [place, text] of Object.entries(fill)) card.querySelector(`[data-${place}]`).textContent = text;
  card.querySelector("[data-close]")?.addEventListener("click", () => card.remove());
  stage.append(card);
  return card;
}

const refuse = (stage, code, name = "") => show(stage, "problem", { name, text: said(code) });

// Adds to the field as a phone of its own; false where it would not fit.
function put(form, text) {
  const field = form.querySelector("textarea");
  const whole = [field.value.trimEnd(), text].filter(Boolean).join("\n\n");
  if (whole.length > field.maxLength) return false;
  field.value = whole;
  field.dispatchEvent(new Event("read", { bubbles: true }));
  return true;
}

// The answer, or a problem: an object with a `title` and what to do.
async function ask(address, body, type, signal) {
  try {
    const headers = { "Content-Type": type, "Accept-Language": document.documentElement.lang };
    const answer = await fetch(address, { method: "POST", body, signal, headers });
    const told = await answer.json();
    return answer.ok ? told : { refused: true, text: [told.title, told.detail, told.fix].filter(Boolean).join(" ") };
  } catch (error) {
    return error.name === "AbortError" ? { stopped: true } : { refused: true, text: said("offline") };
  }
}

export async function files(form, list) {
  const stage = await stageOf(form);
  stage.replaceChildren();
  const stop = new AbortController();
  const reading = show(stage, "reading");
  reading.querySelector("[data-cancel]").addEventListener("click", () => stop.abort());
  reading.scrollIntoView({ block: "nearest" });
  const bar = reading.querySelector("progress");
  bar.max = list.length;
  for (const [place, file] of list.entries()) {
    bar.value = place;
    reading.querySelector("[data-count]").textContent = `${place + 1} / ${list.length}`;
    if (stop.signal.aborted) break;
    const name = list.length > 1 ? file.name : "";
    if (file.type.startsWith("image/")) await readPicture(form, stage, file, name, stop.signal);
    else await readFile(form, stage, file, name, stop.signal);
  }
  reading.remove();
  stage.querySelector("[tabindex]")?.focus();
}

async function readFile(form, stage, file, name, signal) {
  if (!("files" in form.dataset)) return refuse(stage, file.name ? "only-pictures" : "too-long", name);
  if (file.size > BYTES_MAX) return refuse(stage, "too-large", name);
  const told = await ask("/v1/files", file, file.type || "application/octet-stream", signal);
  if (told.stopped) return;
  if (told.refused) return show(stage, "problem", { name, text: told.text });
  const bad = told.found.filter(isBad).map((found) => `IMEI: ${found.text.replace(/\s+/g, " ")}`);
  if (!told.devices.length && !bad.length) return show(stage, "none", { name });
  if (put(form, [...told.devices.map(lines), ...bad].join("\n\n"))) return;
  const card = show(stage, "many", { name, count: told.devices.length });
  card.querySelector("[data-hand]").hidden = !("emits" in form.dataset);
  card.querySelector("[data-hand]").addEventListener("click", () => (hand(told.devices), card.remove()));
}

// The picture as a page can draw it, or null where the browser cannot.
const drawn = (blob) =>
  new Promise((done) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => done(null);
    image.src = URL.createObjectURL(blob);
  });

async function fitting(file, image) {
  const pixels = image ? image.naturalWidth * image.naturalHeight : 0;
  if (PICTURES.includes(file.type) && file.size <= BYTES_MAX && pixels <= PIXELS_MAX) return file;
  if (!image || NEVER.includes(file.type) || pixels > SHRINK_PIXELS_MAX) return null;
  const scale = Math.min(1, Math.sqrt(PIXELS_MAX / 2 / pixels));
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * scale;
  canvas.height = image.naturalHeight * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

async function readPicture(form, stage, file, name, signal) {
  const image = await drawn(file);
  const blob = await fitting(file, image);
  if (!blob) return refuse(stage, NEVER.includes(file.type) || !image ? "picture-type" : "too-large", name);
  const told = await ask("/v1/pictures", blob, blob.type, signal);
  if (told.stopped) return;
  if (told.refused) return show(stage, "problem", { name, text: told.text });
  offer(form, stage, told, image, name);
}

// What a picture gave: certain phones go into the field, the others wait for a person.
function offer(form, stage, told, image, name) {
  const of = new Map(told.found.filter((found) => found.valid).map((found) => [found.imei, found]));
  for (const device of told.devices) {
    const numbers = device.map((imei) => of.get(imei));
    if (numbers.every((found) => found.certain) && put(form, lines(device)))
      show(stage, "sure", { text: device.map(grouped).join(" ・ ") });
    else confirm(form, stage, device, numbers, image);
  }
  const bad = told.found.filter(isBad);
  for (const found of bad) wrong(form, stage, found, image);
  if (told.devices.length || bad.length) return;
  const others = [...new Set(told.found.map((found) => named(found.kind)))].join("・");
  const card = show(stage, "none", { name });
  if (others) card.querySelector("[data-others]").textContent = `${others} `;
  card.querySelector("[data-others]").parentElement.hidden = !others;
  if (told.advice) card.querySelector("[data-advice]").textContent = said(told.advice);
}

function confirm(form, stage, device, numbers, image, then = () => {}) {
  const card = show(stage, "confirm");
  for (const [place, found] of numbers.entries()) {
    const one = piece("number");
    one.querySelector("[data-label]").textContent = numbers.length > 1 ? `IMEI ${place + 1}` : "IMEI";
    one.querySelector("[data-digits]").textContent = grouped(device[place]);
    crop(one.querySelector("canvas"), image, found.box);
    card.querySelector("[data-numbers]").append(one);
  }
  card.querySelector("[data-yes]").addEventListener("click", () => {
    card.remove();
    if (!put(form, lines(device))) refuse(stage, "too-large");
    form.querySelector("textarea").focus();
    then();
  });
  return card;
}

function wrong(form, stage, found, image) {
  const card = show(stage, "wrong", { digits: found.text, text: said(found.error) });
  crop(card.querySelector("canvas"), image, found.box);
  card.querySelector("[data-edit]").addEventListener("click", () => {
    card.remove();
    put(form, `IMEI: ${found.text}`);
    form.querySelector("textarea").focus();
  });
}

// The part of the picture that a number was read from, with some of what is around it.
function crop(canvas, image, box) {
  const width = image?.naturalWidth ?? image?.width;
  const height = image?.naturalHeight ?? image?.height;
  if (!width || !box) return canvas.remove();
  const [x, y, w, h] = box;
  const left = Math.max(0, x - w * 0.08) * width;
  const top = Math.max(0, y - h * 0.4) * height;
  const wide = Math.min(width - left, Math.max(1, w * 1.16 * width));
  const high = Math.min(height - top, Math.max(1, h * 1.8 * height));
  canvas.width = Math.min(960, wide);
  canvas.height = Math.max(1, (canvas.width * high) / wide);
  canvas.getContext("2d").drawImage(image, left, top, wide, high, 0, 0, canvas.width, canvas.height);
}

// Live: only where the browser itself reads barcodes. One camera at a time.
let live = null;

export async function camera(form) {
  const stage = await stageOf(form);
  live?.stop();
  stage.replaceChildren();
  const stream = await lens(localStorage.getItem(LENS)).catch((error) => error);
  if (stream instanceof Error) return refuse(stage, stream.name === "NotFoundError" ? "camera-none" : "camera-denied");
  const card = show(stage, "camera");
  const video = card.querySelector("video");
  const mine = (live = { stream, stop: () => stop(card, stream), seen: new Set(), cards: new Map(), before: "" });
  video.srcObject = stream;
  card.querySelector("[data-stop]").addEventListener("click", mine.stop);
  await controls(card, form, stream);
  await video.play().catch(() => {}); // stopped before it began
  card.scrollIntoView({ block: "nearest" });
  await watch(form, stage, card, video, mine);
}

const hidden = () => document.visibilityState === "hidden" && live?.stop();
document.addEventListener("visibilitychange", hidden);
addEventListener("pagehide", () => live?.stop());

function stop(card, stream) {
  for (const track of stream.getTracks()) track.stop();
  card.remove();
  if (live?.stream === stream) live = null;
}

async function lens(id) {
  const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
  const wanted = id ? { deviceId: { exact: id } } : { facingMode: { ideal: "environment" } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...wanted, ...size } });
  } catch (error) {
    if (!id || error.name === "NotAllowedError") throw error;
    return lens(null); // the remembered lens is gone
  }
}

async function controls(card, form, stream) {
  const [track] = stream.getVideoTracks();
  const light = card.querySelector("[data-light]");
  light.hidden = !track.getCapabilities?.().torch;
  light.addEventListener("click", () => {
    const on = light.getAttribute("aria-pressed") !== "true";
    light.setAttribute("aria-pressed", on);
    track.applyConstraints({ advanced: [{ torch: on }] });
  });
  const lenses = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  const choice = card.querySelector("select");
  choice.parentElement.hidden = lenses.length < 2;
  choice.append(...lenses.map((device, n) => new Option(device.label || `${n + 1}`, device.deviceId)));
  choice.value = track.getSettings().deviceId;
  choice.addEventListener("change", () => {
    localStorage.setItem(LENS, choice.value);
    camera(form);
  });
}

async function watch(form, stage, card, video, mine) {
  const formats = await BarcodeDetector.getSupportedFormats();
  const wanted = ["code_128", "code_39", "ean_13", "qr_code", "data_matrix"].filter((one) => formats.includes(one));
  const detector = new BarcodeDetector({ formats: wanted });
  while (live === mine) {
    const codes = await detector.detect(video).catch(() => []);
    const news = codes.filter((code) => !mine.seen.has(code.rawValue));
    const now = codes.map((code) => code.rawValue).sort().join(" ");
    const still = now === mine.before; // a label that is just coming into view shows one of its two numbers first
    mine.before = now;
    if (news.length && still && live === mine) {
      for (const code of news) mine.seen.add(code.rawValue);
      await judge(form, stage, card, video, codes, mine);
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

// One moment of the camera: the codes in it, from top to bottom, as one text.
async function judge(form, stage, card, video, codes, mine) {
  const frame = document.createElement("canvas");
  frame.width = video.videoWidth;
  frame.height = video.videoHeight;
  frame.getContext("2d").drawImage(video, 0, 0);
  codes.sort((one, other) => one.boundingBox.y - other.boundingBox.y);
  const text = codes.map((code) => code.rawValue).join("\n");
  const told = await ask("/v1/parse", JSON.stringify({ text }), "application/json");
  if (live !== mine) return;
  if (told.refused) return show(stage, "problem", { name: "", text: told.text });
  const line = card.querySelector("[data-seen]");
  const kinds = told.found.filter((found) => !found.valid).map((found) => said(found.error));
  if (codes.some((code) => code.format === "ean_13")) kinds.push(said("jan"));
  line.textContent = [...new Set(kinds)].join(" ");
  const all = told.devices.flat();
  for (const [old, imeis] of mine.cards) if (imeis.every((imei) => all.includes(imei))) old.remove();
  for (const device of told.devices) {
    const numbers = device.map((imei) => ({ box: placeOf(codes, imei, frame) }));
    const done = () => "emits" in form.dataset || mine.stop();
    const offered = confirm(form, stage, device, numbers, frame, done);
    mine.cards.set(offered, device);
    offered.focus();
  }
}

function placeOf(codes, imei, frame) {
  const box = codes.find((code) => code.rawValue.includes(imei.slice(0, 14)))?.boundingBox;
  return box ? [box.x / frame.width, box.y / frame.height, box.width / frame.width, box.height / frame.height] : null;
}

// For pages that take phones themselves: what stands in the field, as the one parser reads it now.
export async function emit(form) {
  const stage = await stageOf(form);
  const field = form.querySelector("textarea");
  const told = await ask("/v1/parse", JSON.stringify({ text: field.value }), "application/json");
  if (told.refused) return show(stage, "problem", { name: "", text: told.text });
  if (!told.devices.length || told.found.some(isBad)) {
    field.dispatchEvent(new Event("read", { bubbles: true }));
    return field.focus();
  }
  if (!hand(told.devices)) return;
  field.value = "";
  field.dispatchEvent(new Event("read", { bubbles: true }));
}

// True unless whoever takes them says no (`preventDefault`).
const hand = (devices) =>
  document.dispatchEvent(new CustomEvent("shirorom:devices", { detail: { devices }, bubbles: true, cancelable: true }));
