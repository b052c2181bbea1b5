/* The one server that the extension talks to: which it is, and how it is asked. No other address is ever fetched. */
import { local } from './store.js';

const WAIT_MS = 15000;
const CODE = /^[a-z0-9-]{1,60}$/;

/* These say something of the connection or of the person, nothing of the reading: it waits. */
const OF_THE_LINE = new Set([
  'server-away', 'permission-missing', 'not-paired', 'sign-in-needed', 'not-allowed', 'host-refused', 'origin-refused',
  'owner-missing', 'counter-missing', 'desk-missing', 'idempotency-in-progress',
]);

/** A refusal, or that nobody answered. `code` is the server's own (docs/reference/codes.md) or one of ours (docs/reference/extension.md). */
export class ShopError extends Error {
  constructor(code, { title = '', detail = '', fix = '', status = 0 } = {}) {
    super(code);
    Object.assign(this, { code, title, detail, fix, status });
  }
  /** Whether the same call may succeed later without anybody changing anything. */
  get passing() {
    return OF_THE_LINE.has(this.code) || this.status >= 500 || [404, 405, 408, 425, 429].includes(this.status);
  }
  toJSON() {
    return { code: this.code, title: this.title, detail: this.detail, fix: this.fix };
  }
}

/** The address that a person typed, as an origin. Plain http is only for this very computer. Throws `address`. */
export function originOf(text) {
  let url;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text.trim()) ? text.trim() : `${guess(text.trim())}://${text.trim()}`);
  } catch {
    throw new ShopError('address');
  }
  if (!/^[a-z0-9.-]+$/.test(url.hostname)) throw new ShopError('address'); // a browser takes spaces for a name
  const own = url.protocol === 'http:' && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !own) throw new ShopError(url.protocol === 'http:' ? 'address-plain' : 'address');
  return url.origin;
}
const guess = (text) => (isLoopback(text.split(/[:/]/)[0]) ? 'http' : 'https');

/** Whether a host is this computer itself; also where the practice carriers live. */
export const isLoopback = (host) => host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(host);

/** The permission that an address needs. Patterns name no port: browsers differ there. */
export function patternOf(address) {
  const url = new URL(address);
  return `${url.protocol}//${url.hostname}/*`;
}

export const pairing = () => local.get('pairing');

/** Ask the paired server. Gives the JSON of its answer; throws ShopError. */
export async function call(method, path, { body, key } = {}) {
  const paired = await pairing();
  if (!paired) throw new ShopError('not-paired');
  const headers = { Authorization: `Bearer ${paired.token}` };
  if (key) headers['Idempotency-Key'] = key;
  const answer = await send(paired.origin, method, path, headers, body);
  if (answer.code === 'sign-in-needed') await local.set('pairing', { ...paired, revoked: true });
  if (answer instanceof ShopError) throw answer;
  return answer;
}

/** Exchange a code for a token and remember it. The permission for `origin` was granted before. */
export async function pair(origin, code) {
  const answer = await send(origin, 'POST', '/v1/pairings', {}, { code });
  if (answer instanceof ShopError) throw answer;
  if (typeof answer.token !== 'string' || !answer.token) throw new ShopError('server-strange');
  const paired = { origin, token: answer.token, name: String(answer.name || ''), paired_at: new Date().toISOString() };
  await local.set('pairing', paired);
  return paired;
}

async function send(origin, method, path, headers, body) {
  let response;
  try {
    response = await fetch(origin + path, {
      method,
      headers: {
        Accept: 'application/json',
        'Accept-Language': chrome.i18n.getMessage('language'),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(WAIT_MS),
    });
  } catch {
    const granted = await chrome.permissions.contains({ origins: [patternOf(origin)] });
    return new ShopError(granted ? 'server-away' : 'permission-missing');
  }
  let told = null;
  try {
    told = await response.json();
  } catch {
    told = null; // no JSON: a proxy's page, or a body cut off
  }
  if (response.ok && told && typeof told === 'object') return told;
  if (response.ok) return new ShopError('server-away');
  const code = told && CODE.test(String(told.code)) ? told.code : response.status === 401 ? 'sign-in-needed' : 'server-strange';
  return new ShopError(code, {
    title: text(told?.title), detail: text(told?.detail), fix: text(told?.fix), status: response.status,
  });
}
const text = (value) => (typeof value === 'string' ? value.slice(0, 400) : '');
