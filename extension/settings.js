/* Settings: pair with one server, switch carriers on, choose how readings are taken. Permissions are asked here, on a press. */
import { $, ask, failure, item, nameOf, t, tag } from './own.js';
import { originOf, patternOf } from './lib/shop.js';

let state = null;
let drawn = ''; // the carriers whose switches stand there
const turning = new Set(); // switches whose press is not answered yet

async function show() {
  state = await ask('state');
  const paired = state.pairing && !state.pairing.revoked;
  $('pair').hidden = paired;
  $('paired').hidden = !state.pairing;
  $('with').textContent = state.pairing ? t('paired_with', state.pairing.name || '—', state.pairing.origin) : '';
  if (state.pairing?.revoked) { $('address').value = state.pairing.origin; say(failure({ code: 'sign-in-needed' })); }
  $('carriers-card').hidden = !paired;
  drawCarriers();
  for (const name of ['auto', 'advance']) $(name).checked = state.settings[name];
  $('key').textContent = state.shortcut ? t('key_is', state.shortcut) : t('key_none');
}
// A switch that is there stays there: one that is replaced under a finger loses its press.
function drawCarriers() {
  const wanted = JSON.stringify(state.carriers);
  if (wanted !== drawn) $('carriers').replaceChildren(...state.carriers.map(switchOf));
  drawn = wanted;
  for (const box of $('carriers').querySelectorAll('input')) {
    if (!turning.has(box)) box.checked = Boolean(state.on[box.dataset.carrier]);
  }
}
const say = (text) => { $('said').textContent = text; };

function switchOf(carrier) {
  const label = document.createElement('label'), box = document.createElement('input'), name = document.createElement('span');
  label.className = 'tick';
  box.type = 'checkbox';
  box.dataset.carrier = carrier.id;
  name.append(nameOf(carrier), ' ');
  const host = document.createElement('small');
  host.textContent = new URL(carrier.check_url).host;
  label.append(box, name, host, ...(carrier.practice ? [tag(t('practice'))] : []));
  box.addEventListener('change', () => {
    turning.add(box);
    turn(carrier, box).finally(() => turning.delete(box)).then(show).catch((error) => say(failure(error)));
  });
  return item(label);
}

async function turn(carrier, box) {
  const origins = carrier.patterns, on = box.checked;
  if (on && !(await chrome.permissions.request({ origins }))) { // first of all: it needs the press
    box.checked = false;
    throw { code: 'refused-permission' };
  }
  await ask('turn', { id: carrier.id, on });
  if (!on) {
    const needed = state.carriers.filter((one) => one.id !== carrier.id && state.on[one.id]).flatMap((one) => one.patterns);
    const free = origins.filter((one) => !needed.includes(one) && one !== patternOf(state.pairing.origin));
    if (free.length) await chrome.permissions.remove({ origins: free }).catch(() => {}); // what the manifest itself grants stays
  }
  say('');
}

$('pair').addEventListener('submit', async (event) => {
  event.preventDefault();
  say('');
  try {
    const origin = originOf($('address').value);
    if (!(await chrome.permissions.request({ origins: [patternOf(origin)] }))) throw { code: 'refused-permission' };
    await ask('pair', { origin, code: $('code').value.trim() });
    $('code').value = '';
    await show();
    say(t('pair_done'));
  } catch (error) {
    say(failure(error));
  }
});

async function unpair() {
  const kept = state;
  const { origin } = await ask('unpair');
  const origins = [...new Set([...(origin ? [patternOf(origin)] : []), ...kept.carriers.flatMap((one) => one.patterns)])];
  for (const one of origins) await chrome.permissions.remove({ origins: [one] }).catch(() => {});
  $('sure').hidden = true;
  await show();
  say(t('unpair_done'));
}
$('unpair').addEventListener('click', () => {
  if (state.waiting.length) $('sure').hidden = false;
  else unpair();
});
$('unpair-yes').addEventListener('click', unpair);
$('unpair-no').addEventListener('click', () => { $('sure').hidden = true; });
for (const name of ['auto', 'advance']) $(name).addEventListener('change', () => ask('set', { name, value: $(name).checked }));

show().then(async () => {
  if (state.pairing && !state.pairing.revoked) await ask('refresh').then(show);
}).catch((error) => say(failure(error)));
