// Rich messages: blocks become paragraphs and tables.
import { el, link, spoiler } from './text.js';

const tags = { bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', code: 'code' };

export function rich(body) {
  return el('div', { class: 'rich', 'data-testid': 'rich' }, ...body.blocks.map((b) => (b.type === 'table' ? table(b) : el('p', {}, words(b.text)))));
}

// words turns a RichText, which is a string, a list or an object, into a node.
function words(t) {
  if (t === undefined || t === null) return document.createTextNode('');
  if (typeof t === 'string') return document.createTextNode(t);
  if (Array.isArray(t)) {
    const all = document.createDocumentFragment();
    all.append(...t.map(words));
    return all;
  }
  if (tags[t.type]) return el(tags[t.type], {}, words(t.text));
  if (t.type === 'url') return link(t.url, words(t.text));
  if (t.type === 'spoiler') return spoiler(el('span', { class: 'spoiler' }, words(t.text)));
  if (t.type === 'date_time') return el('time', { datetime: new Date(t.unix_time * 1000).toISOString() }, words(t.text));
  return el('span', {}, words(t.text));
}

function table(b) {
  const look = ['is_striped', 'is_compact'].filter((f) => b[f]).map((f) => f.slice(3)).join(' ');
  const rows = b.cells.map((row) => el('tr', {}, ...row.map((c) => el(c.is_header ? 'th' : 'td', { class: c.align + ' ' + c.valign }, words(c.text)))));
  return el('div', { class: 'table' }, el('table', { class: look }, ...rows));
}
