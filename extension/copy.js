/* The anonymised copy of a page that is not as known: shown whole, saved by the person, sent nowhere. */
import { $, ask, failure, t } from './own.js';
import { anonymise } from './lib/anonymise.js';

async function show() {
  const { copy, version } = await ask('copy');
  if (!copy) { $('said').textContent = t('copy_none'); return; }
  const made = anonymise(copy.html);
  const head = `<!-- Shirorom ${version}; ${copy.carrier}; ${copy.path.replaceAll('--', '- -')}; digits replaced: ${made.digits} -->\n`;
  $('done').textContent = t('copy_done', made.digits, made.values, made.scripts);
  $('text').textContent = head + made.html;
  $('save').href = URL.createObjectURL(new Blob(['\ufeff', head, made.html], { type: 'text/html;charset=utf-8' }));
  $('save').download = `shirorom-page-${copy.carrier}-${new Date().toISOString().slice(0, 10)}.html`;
  $('save').hidden = false;
}
show().catch((error) => { $('said').textContent = failure(error); });
