/* The popup: with whom we are paired, which carriers are on, what waits. Settings and pairing have a page of their own. */
import { $, ask, failure, item, nameOf, t, tag } from './own.js';

async function show() {
  const state = await ask('state');
  const paired = state.pairing && !state.pairing.revoked;
  $('off').hidden = paired;
  $('on').hidden = !paired;
  if (state.pairing?.revoked) $('said').textContent = failure({ code: 'sign-in-needed' });
  if (state.pairing) $('paired').textContent = t('paired_with', state.pairing.name || '—', state.pairing.origin);
  const on = state.carriers.filter((one) => state.on[one.id]);
  $('none').hidden = on.length > 0;
  $('carriers').replaceChildren(...on.map((one) => item(link(one), ...(one.practice ? [' ', tag(t('practice'))] : []))));
  $('auto').checked = state.settings.auto;
  $('waits').hidden = !state.waiting.length;
  $('waiting').textContent = t('waiting_text', state.waiting.length);
  $('refusals').hidden = !state.refused.length;
  $('refused').replaceChildren(...state.refused.map((one) => refusal(one, state)));
  $('key').textContent = state.shortcut ? t('key_is', state.shortcut) : t('key_none');
  return state;
}

function link(carrier) {
  const one = document.createElement('a');
  one.textContent = t('open_carrier', nameOf(carrier));
  one.href = carrier.check_url;
  one.target = '_blank';
  one.rel = 'noreferrer';
  return one;
}

function refusal(one, state) {
  const carrier = state.carriers.find((each) => each.id === one.carrier);
  const text = document.createElement('p');
  text.className = 'small';
  text.textContent = `${t('refused_one', carrier ? nameOf(carrier) : one.carrier, one.tail)}\n${failure(one.error)}`;
  const gone = document.createElement('button');
  gone.type = 'button';
  gone.className = 'low';
  gone.textContent = t('refused_seen');
  gone.addEventListener('click', () => ask('dismiss', { key: one.key }).then(show));
  return item(text, gone);
}

$('auto').addEventListener('change', () => ask('set', { name: 'auto', value: $('auto').checked }));
$('send').addEventListener('click', async () => {
  const { error } = await ask('flush');
  await show();
  $('said').textContent = error ? failure(error) : t('waiting_sent');
});
$('counter').addEventListener('click', async () => {
  const { pairing } = await ask('state');
  await chrome.tabs.create({ url: `${pairing.origin}/counter` });
  close();
});

show().then(async (state) => {
  if (!state.pairing) return;
  if (state.waiting.length) await ask('flush').then(show);
  await ask('refresh').then(show);
}).catch((error) => { $('said').textContent = failure(error); });
