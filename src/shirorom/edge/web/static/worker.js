// Keeps the explanation pages (GUIDES) and the files they load (FILES) for reading without a connection; both lists are
// written above by the server. Nothing else is ever kept: no check, no number, nothing that was sent.
"use strict";

const KEPT = "guides-" + FILES.map((address) => address.split("v=")[1] ?? "").join("");
const STATIC = new Set(FILES);
const PAGES = new Set(GUIDES);

async function keepAll() {
  const kept = await caches.open(KEPT);
  await Promise.all([
    ...FILES.map(async (address) => (await kept.match(address)) ?? kept.add(address)),
    ...GUIDES.map((address) => keep(kept, address)),
  ]);
}

// Under the plain address, whatever language was asked for: the last one read is the one that stays.
async function keep(kept, address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.ok && !answer.redirected) await kept.put(address, answer);
}

self.addEventListener("install", (event) => event.waitUntil(keepAll().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
      await self.clients.claim();
    })(),
  ),
);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (STATIC.has(address.pathname + address.search)) event.respondWith(file(request));
  else if (request.mode === "navigate" && PAGES.has(address.pathname)) event.respondWith(guide(event, address));
  else if (request.mode === "navigate") event.respondWith(elsewhere(request));
});

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function guide(event, address) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok) {
      const copy = answer.clone();
      const more = address.searchParams.has("lang"); // another language: all pages anew
      event.waitUntil(caches.open(KEPT).then((kept) => kept.put(address.pathname, copy)).then(() => more && keepAll()));
    }
    return answer;
  } catch {
    return (await caches.match(address.pathname, { ignoreVary: true })) ?? offline();
  }
}

// Any other page comes from the server or not at all: an old answer would look like a new one.
async function elsewhere(request) {
  try {
    return await fetch(request);
  } catch {
    return offline();
  }
}

async function offline() {
  return (await caches.match("/guide/offline", { ignoreVary: true })) ?? Response.error();
}
