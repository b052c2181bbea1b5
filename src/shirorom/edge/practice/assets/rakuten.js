'use strict';
const field = document.querySelector('#imei'), button = document.querySelector('#search');
const place = document.querySelector('#search-result'), asked = document.querySelector('#searched');
const luhn = (s) => [...s].reverse().reduce((a, c, i) => a + (i % 2 ? (c * 2 > 9 ? c * 2 - 9 : c * 2) : +c), 0) % 10 === 0;
const element = (name, cls, text) => Object.assign(document.createElement(name), {className: cls, textContent: text});
const judge = () => { button.disabled = !(/^[0-9]{15}$/.test(field.value) && luhn(field.value)); };
field.addEventListener('input', judge);
judge(); // whoever typed before this script came
button.addEventListener('click', async () => {
  button.disabled = true;
  asked.replaceChildren(); place.replaceChildren(element('p', 'wait', '照会しています'));
  try {
    const response = await fetch('/restriction/search', {
      method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({imei: field.value}), cache: 'no-store',
    });
    if ((response.headers.get('Content-Type') || '').startsWith('text/html') && response.ok) {
      const html = await response.text();
      document.open(); document.write(html); document.close();
      return;
    }
    if (!response.ok) throw new Error('status');
    const answer = await response.json();
    if (answer.problem) { place.replaceChildren(element('p', 'problem', answer.problem)); return; }
    asked.replaceChildren(element('p', '', 'IMEI：' + answer.imei));
    place.replaceChildren(element('p', 'glyph', answer.symbol), element('p', '', answer.message));
  } catch {
    place.replaceChildren(element('p', 'problem', '通信エラーが発生しました。時間をおいてお試しください。'));
  } finally {
    button.disabled = false;
  }
});
