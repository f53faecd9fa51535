// One message becomes one DOM node here.
import { el, formatted, icon, link } from './text.js';
import { rich } from './rich.js';

const lock = 'M7 10V7a5 5 0 0 1 10 0v3h1.5v11h-13V10zm2.5 0h5V7a2.5 2.5 0 0 0-5 0z';
const mute = 'M12 3a6 6 0 0 0-6 6v5l-2 3v1h16v-1l-2-3V9a6 6 0 0 0-6-6zm-2 16h4a2 2 0 0 1-4 0zM3.3 4.7l1.4-1.4 16 16-1.4 1.4z';
const sheets = 'M8 3h12v14h-3v4H4V7h4zm2 2v10h8V5z';
const arrow = 'M7 5h12v12h-3V10.2L7.1 19.1 5 17l8.9-9H7z';

// message builds the node. act has send(text), press(message, data, button), copy(text), file(id).
export function message(m, act) {
  const bubble = el('div', { class: 'bubble' });
  const words = m.text ? formatted(el('div', { class: 'text', 'data-testid': 'text', dir: 'auto' }), m.text, m.entities, act.send) : null;
  const media = m.photo ? photo(m, act) : m.document ? download(m.document, act) : null;
  bubble.append(...[media, words].filter(Boolean));
  if (m.rich) bubble.append(rich(m.rich));
  bubble.append(foot(m));
  const node = el('article', {
    class: 'msg ' + (m.mine ? 'mine' : 'theirs') + (m.photo ? ' with-photo' : ''),
    'data-id': String(m.id), 'data-testid': 'msg', 'aria-label': 'Message from ' + m.sender,
  }, bubble);
  if (m.keyboard && m.keyboard.length) node.append(keyboard(m, act));
  return node;
}

function foot(m) {
  const at = new Date(m.date * 1000);
  const clock = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  return el('div', { class: 'foot' },
    m.protected ? icon(lock, { class: 'lock', role: 'img', 'aria-label': 'Protected: cannot be forwarded or saved' }) : null,
    m.silent ? icon(mute, { class: 'lock', role: 'img', 'aria-label': 'Arrived without a sound' }) : null,
    m.edited ? el('span', { class: 'edited', title: new Date(m.edited * 1000).toLocaleString() }, 'edited') : null,
    el('time', { datetime: at.toISOString(), title: at.toLocaleString() }, clock),
    m.mine ? el('span', { class: 'ticks', 'aria-hidden': 'true' }, '✓✓') : null);
}

function photo(m, act) {
  const p = m.photo;
  const image = el('img', { src: act.file(p.id), width: String(p.width), height: String(p.height), alt: m.text ? 'Photo: ' + m.text.slice(0, 120) : 'Photo' });
  return el('a', { class: 'photo', href: act.file(p.id), target: '_blank', rel: 'noopener noreferrer' }, image);
}

function download(d, act) {
  return el('a', { class: 'document', 'data-testid': 'document', href: act.file(d.id), download: d.name },
    el('span', { class: 'sheet', 'aria-hidden': 'true' }, '↓'),
    el('span', { class: 'about' }, el('b', {}, d.name), el('small', {}, size(d.size))));
}

function size(bytes) {
  if (bytes < 1024) return bytes + ' bytes';
  if (bytes < 1 << 20) return (bytes / 1024).toFixed(1) + ' KB';
  return (bytes / (1 << 20)).toFixed(1) + ' MB';
}

function keyboard(m, act) {
  return el('div', { class: 'keyboard', role: 'group', 'aria-label': 'Buttons' },
    ...m.keyboard.map((row) => el('div', { class: 'row' }, ...row.map((b) => button(b, m, act)))));
}

// button makes an inline button of whatever kind.
function button(b, m, act) {
  const look = 'key' + (b.style ? ' ' + b.style : '');
  const label = el('span', { class: 'label' }, b.text);
  if (b.url) {
    const node = link(b.url, label, icon(arrow, { class: 'corner', 'aria-hidden': 'true' }));
    node.className = look + ' url';
    node.dataset.url = b.url;
    node.setAttribute('aria-label', b.text + ', opens in a new tab');
    return node;
  }
  if (b.copy_text) {
    return el('button', { type: 'button', class: look + ' copy', 'data-copy': b.copy_text, 'aria-label': b.text + ', copies text', onclick: () => act.copy(b.copy_text) },
      label, icon(sheets, { class: 'corner', 'aria-hidden': 'true' }));
  }
  const node = el('button', { type: 'button', class: look, 'data-data': b.data }, label, el('span', { class: 'spinner', 'aria-hidden': 'true' }));
  node.addEventListener('click', () => act.press(m.id, b.data));
  return node;
}
