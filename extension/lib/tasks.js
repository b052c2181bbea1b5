/* What is to be asked now: one task for each carrier, given by the server, kept until its lease ends. */
import { call } from './shop.js';
import { session } from './store.js';

const key = (carrier) => `task.${carrier}`;
const EARLY_MS = 5000;
const valid = (task) => task && (!task.claim_until || Date.parse(task.claim_until) - EARLY_MS > Date.now());

/** The task that a page of this carrier was filled with, as long as it is ours. */
export const current = async (carrier) => {
  const task = await session.get(key(carrier));
  return valid(task) ? task : null;
};

/** Ask the server what is next for this carrier. null: nothing; `taken`: others hold what is left. */
export async function ask(carrier, { after = null } = {}) {
  const told = await call('POST', '/v1/counter/next', { body: { carrier, item: null, after } });
  const task = told.task || null;
  await remember(carrier, task);
  return task;
}

/** Whether others hold all that is left for this carrier. */
export async function heldByOthers(carrier) {
  const desk = await call('GET', '/v1/counter');
  return (desk.items || []).some((item) => item.state === 'open'
    && (item.places || []).some((place) => place.carrier === carrier && place.state === 'open' && place.claimed_by));
}

export async function remember(carrier, task) {
  if (task && task.carrier === carrier && typeof task.imei === 'string') await session.set(key(carrier), task);
  else await session.remove(key(carrier));
}

export const forget = (...carriers) => session.remove(...carriers.map(key));
