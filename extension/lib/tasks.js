/* What is to be asked now: one task for each carrier, given by the server and held there while its page is open. */
import { call } from './shop.js';
import { session } from './store.js';

const key = (carrier) => `task.${carrier}`;

/** The task that a page of this carrier was filled with. Its answer may be handed over also when the lease has ended. */
export const current = (carrier) => session.get(key(carrier));

/** Go on holding it: a person may take longer than a lease. Throws `place-claimed` where another has it now. */
export async function hold(carrier) {
  const task = await current(carrier);
  if (!task) return null;
  const told = await call('POST', '/v1/counter/claims', { body: { item: task.item, place: task.place } });
  await remember(carrier, told.task || task);
  return task;
}

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
