// Answers that are not recorded yet: kept in this browser until the server says that they are; sent in order, each once.
"use strict";
(() => {
  const NAME = "shirorom-counter";
  const STORE = "outbox";
  const PATIENCE_MS = 15000;

  // The random key under which the server records an answer once. Also where crypto.randomUUID is missing (plain http).
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // One call. Throws {offline} where nobody answered, {problem, status} where it was refused.
  async function call(method, path, { body, key, type } = {}) {
    const headers = { accept: "application/json", "accept-language": document.documentElement.lang };
    if (body !== undefined) headers["content-type"] = type ?? "application/json";
    if (key) headers["idempotency-key"] = key;
    let answer;
    try {
      answer = await fetch(path, {
        method, headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS),
        body: body === undefined || type ? body : JSON.stringify(body),
      });
      if (answer.status === 204) return null;
      const told = await answer.json();
      if (answer.ok) return told;
      throw { problem: told, status: answer.status };
    } catch (error) {
      if (error.problem) throw error;
      throw { offline: true, status: answer?.status ?? 0 };
    }
  }

  // The store: IndexedDB, written through to the disk. Where there is none (some private windows) memory alone.
  class Store {
    constructor() {
      this.memory = new Map();
      this.opened = new Promise((resolve) => {
        try {
          const opening = indexedDB.open(NAME, 1);
          opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "key" });
          opening.onsuccess = () => resolve(opening.result);
          opening.onerror = opening.onblocked = () => resolve(null);
        } catch {
          resolve(null);
        }
      });
    }
    async lasting() {
      return (await this.opened) !== null;
    }
    async #do(mode, work) {
      const db = await this.opened;
      if (!db) return undefined;
      return new Promise((resolve, reject) => {
        const transaction = db.transaction(STORE, mode, { durability: "strict" });
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    }
    async put(entry) {
      this.memory.set(entry.key, entry);
      await this.#do("readwrite", (store) => store.put(entry));
    }
    async remove(key) {
      this.memory.delete(key);
      await this.#do("readwrite", (store) => store.delete(key));
    }
    async all() {
      const kept = (await this.#do("readonly", (store) => store.getAll())) ?? [...this.memory.values()];
      return kept.sort((a, b) => a.n - b.n);
    }
  }

  // Sends what waits, oldest first. `person()`: who is signed in now; `seen(entry, answer)`: it is recorded.
  class Outbox {
    constructor({ person, seen, changed }) {
      Object.assign(this, { person, seen, changed, store: new Store(), entries: [], sending: null, n: 0, inFlight: null });
    }
    async load() {
      addEventListener("beforeunload", (event) => {
        if (this.writing || this.entries.some((entry) => entry.unsaved)) event.preventDefault();
      });
      const waiting = new Map(this.entries.map((entry) => [entry.key, entry]));
      for (const entry of await this.store.all()) waiting.set(entry.key, entry);
      this.entries = [...waiting.values()].sort((a, b) => a.n - b.n);
    }
    // Another window may have sent some: what is no longer kept is no longer ours to show.
    async refresh() {
      if (this.sending || this.writing || !(await this.store.lasting())) return;
      const kept = await this.store.all();
      if (this.sending || this.writing) return;
      this.entries = [...kept, ...this.entries.filter((entry) => entry.unsaved)];
    }
    // Shown at once; kept before it is sent.
    async add(body) {
      this.n = Math.max(Date.now() * 1000, this.n + 1);
      const entry = { key: newKey(), n: this.n, body, by: this.person(), refused: null };
      this.entries.push(entry);
      this.changed();
      this.writing = (this.writing ?? 0) + 1;
      try {
        await this.store.put(entry);
      } catch {
        entry.unsaved = true; // still sent, from memory
        this.changed({ lost: true });
      } finally {
        this.writing -= 1;
      }
      this.send();
      return entry;
    }
    async drop(entry) {
      this.entries = this.entries.filter((one) => one.key !== entry.key);
      await this.store.remove(entry.key).catch(() => {});
      this.changed();
    }
    async retry(entry) {
      entry.refused = null;
      await this.store.put(entry).catch(() => {});
      this.changed();
      this.send();
    }
    // A person says that what another gave is to be sent under their own name. Same key: never twice.
    async adopt(entries) {
      for (const entry of entries) {
        entry.by = this.person();
        entry.body.person = entry.by.id;
        await this.retry(entry);
      }
    }
    others() {
      const me = this.person();
      return me ? this.entries.filter((entry) => entry.by && entry.by.id !== me.id) : [];
    }
    ready() {
      const others = new Set(this.others());
      return this.entries.filter((entry) => !entry.refused && !others.has(entry));
    }
    // One window sends at a time where the browser can tell; where it cannot, the server still records each once.
    send() {
      this.sending ??= this.#locked().finally(() => {
        this.sending = null;
        this.changed();
      });
      return this.sending;
    }
    async #locked() {
      if (!this.person()) return;
      if (!navigator.locks) return this.#sendAll();
      await navigator.locks.request(NAME, () => this.#sendAll());
    }
    async #sendAll() {
      for (let entry; (entry = this.ready()[0]); ) {
        this.inFlight = entry;
        try {
          const answer = await call("POST", "/v1/counter/answers", { body: entry.body, key: entry.key });
          this.seen(entry, answer);
          await this.drop(entry);
        } catch (error) {
          const code = error.problem?.code;
          if (error.offline || error.status >= 500 || [401, 408, 429].includes(error.status) || code === "idempotency-in-progress") {
            this.changed({ error });
            return; // the next look at the queue tries again
          }
          entry.refused = { title: error.problem.title, code };
          await this.store.put(entry).catch(() => {});
          this.changed();
        } finally {
          this.inFlight = null;
        }
      }
    }
  }

  window.shirorom = Object.assign(window.shirorom ?? {}, { call, newKey, Outbox });
})();
