// Takes the record sheet out of a PDF: its embedded files, plain or Flate (ISO 32000-2 §7.11.4). Nothing else is read.

export const PDF_BYTES_MAX = 128_000_000;
const EMBEDDED_MAX = 64;
const HEAD_BYTES_MAX = 4096;

/** `code`: pdf.none, pdf.many or pdf.form. */
export class NoSheetInPdf extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const isPdf = (bytes) => latin(bytes.subarray(0, 1024)).includes("%PDF-");

const latin = (bytes) => new TextDecoder("latin1").decode(bytes);

/** The bytes of the one record sheet in a PDF; at most `bytesMax`. Throws NoSheetInPdf. */
export const sheetInPdf = async (bytes, bytesMax) => {
  const found = [];
  let unreadable = false;
  for (const { head, from } of embedded(bytes)) {
    const content = await contentOf(bytes, head, from, bytesMax);
    if (content === null) unreadable = true;
    else if (latin(content.subarray(0, 1_000_000)).includes('"shirorom-sheet/v')) found.push(content);
  }
  const different = new Set(found.map(latin));
  if (different.size > 1) throw new NoSheetInPdf("pdf.many");
  if (different.size === 0) throw new NoSheetInPdf(unreadable ? "pdf.form" : "pdf.none");
  return found[0];
};

/** Every stream that is an embedded file: its dictionary as text, and where its bytes begin. */
function* embedded(bytes) {
  const text = latin(bytes);
  const type = /\/Type\s*\/EmbeddedFile\b/g;
  for (let n = 0; n < EMBEDDED_MAX; n++) {
    const match = type.exec(text);
    if (match === null) return;
    const begin = text.lastIndexOf(" obj", match.index);
    const stream = /\bstream(?:\r\n|\n)/g;
    stream.lastIndex = match.index;
    const start = stream.exec(text);
    if (begin < 0 || start === null || start.index - begin > HEAD_BYTES_MAX) continue;
    yield { head: text.slice(begin + 4, start.index), from: stream.lastIndex };
  }
}

const contentOf = async (bytes, head, from, bytesMax) => {
  const length = lengthOf(bytes, head, from);
  const filters = (/\/Filter\s*(\[[^\]]*\]|\/\w+)/.exec(head)?.[1] ?? "").match(/\/\w+/g) ?? [];
  if (length === null || /\/DecodeParms\b/.test(head)) return null;
  const stored = bytes.subarray(from, from + length);
  if (filters.length === 0) return stored.length <= bytesMax ? stored : null;
  return filters.length === 1 && filters[0] === "/FlateDecode" ? inflate(stored, bytesMax) : null;
};

/** The length as written, or up to `endstream` where it is a reference to elsewhere. */
const lengthOf = (bytes, head, from) => {
  const written = /\/Length\s+(\d+)(?!\s+\d+\s+R)\b/.exec(head);
  if (written && from + Number(written[1]) <= bytes.length) return Number(written[1]);
  const end = latin(bytes.subarray(from)).search(/\r?\n?endstream/);
  return end < 0 ? null : end;
};

/** Inflate, but never to more than `bytesMax`; null for what is broken or larger. */
const inflate = async (bytes, bytesMax) => {
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    const parts = [];
    for (let size = 0; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > bytesMax) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch {
    return null;
  }
};
