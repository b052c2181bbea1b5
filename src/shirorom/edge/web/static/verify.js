// The digest behind # of a QR code, which no server sees: shown, kept while a file is examined, and compared with the file's.
"use strict";

const wanted = /^#[0-9a-f]{64}$/.test(location.hash) ? location.hash.slice(1) : null;
if (wanted) {
  for (const form of document.querySelectorAll("form[data-keeps-digest]")) form.action += `#${wanted}`;
  const box = document.getElementById("from-qr");
  const found = document.getElementById("digest")?.textContent;
  const said = found === undefined ? "asked" : found === wanted ? "same" : "other";
  for (const line of box.children) line.hidden = line.dataset.when !== said && line.dataset.when !== "always";
  box.querySelector("code").textContent = wanted;
  box.hidden = false;
}
