// Rich messages: blocks become headings, lists, tables and the like.
import { el, expandable, link, pre, spoiler } from './text.js';
import { button } from './message.js';

const tags = { bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', code: 'code', marked: 'mark', subscript: 'sub', superscript: 'sup' };

export function rich(body, m, act) {
  return el('div', { class: 'rich', 'data-testid': 'rich' }, ...(body.blocks || []).map((b) => block(b, m, act)));
}

// words turns a RichText, which is a string, a list or an object, into a node.
function words(t, m, act) {
  if (t === undefined || t === null) return document.createTextNode('');
  if (typeof t === 'string') return document.createTextNode(t);
  if (Array.isArray(t)) {
    const all = document.createDocumentFragment();
    all.append(...t.map((part) => words(part, m, act)));
    return all;
  }
  if (tags[t.type]) return el(tags[t.type], {}, words(t.text, m, act));
  if (t.type === 'url') return link(t.url, words(t.text, m, act));
  if (t.type === 'spoiler') return spoiler(el('span', { class: 'spoiler' }, words(t.text, m, act)));
  if (t.type === 'date_time') return el('time', { datetime: new Date(t.unix_time * 1000).toISOString() }, words(t.text, m, act));
  if (t.type === 'button') return richButton(t.button, m, act);
  return el('span', {}, words(t.text, m, act));
}

function richButton(b, m, act) {
  return button({ text: plain(b.text), style: b.style, url: b.url, data: b.callback_data, copy_text: b.copy_text?.text, disabled: !!b.disabled }, m, act);
}

function plain(t) {
  if (typeof t === 'string') return t;
  return Array.isArray(t) ? t.map(plain).join('') : plain(t.text ?? t.alternative_text ?? '');
}

function block(b, m, act) {
  const say = (t) => words(t, m, act);
  const all = (list) => (list || []).map((inner) => block(inner, m, act));
  switch (b.type) {
    case 'paragraph': return el('p', {}, say(b.text));
    case 'heading': return el('h' + Math.min(6, Math.max(2, b.size + 1)), {}, say(b.text));
    case 'footer': return el('footer', {}, say(b.text));
    case 'divider': return el('hr');
    case 'pre': {
      const { outer, hole } = pre(b.language);
      hole.append(say(b.text));
      return outer;
    }
    case 'list': return list(b, m, act);
    case 'blockquote': return el('blockquote', {}, ...all(b.blocks), credit(b, say));
    case 'pullquote': return el('blockquote', {}, say(b.text), credit(b, say));
    case 'expandable_blockquote': {
      const { outer, hole } = expandable();
      hole.append(say(b.text));
      return outer;
    }
    case 'details': return el('details', { open: !!b.is_open }, el('summary', {}, say(b.summary)), ...all(b.blocks));
    case 'buttons': return el('div', { class: 'row' }, ...b.buttons.map((one) => richButton(one, m, act)));
    case 'table': return table(b, say);
    default: return el('p', {}, '[' + b.type + ']');
  }
}

function credit(b, say) {
  return b.credit ? el('cite', {}, say(b.credit)) : null;
}

function list(b, m, act) {
  const ordered = b.items.some((item) => item.value !== undefined || item.type);
  return el(ordered ? 'ol' : 'ul', {}, ...b.items.map((item) => {
    const box = item.has_checkbox ? el('input', { type: 'checkbox', disabled: true, checked: !!item.is_checked }) : null;
    return el('li', { value: item.value }, box, ...item.blocks.map((inner) => block(inner, m, act)));
  }));
}

function table(b, say) {
  const look = ['is_bordered', 'is_striped', 'is_compact'].filter((f) => b[f]).map((f) => f.slice(3)).join(' ');
  const rows = b.cells.map((row) => el('tr', {}, ...row.map((c) => el(c.is_header ? 'th' : 'td', {
    class: c.align + ' ' + c.valign, colspan: c.colspan ? String(c.colspan) : undefined, rowspan: c.rowspan ? String(c.rowspan) : undefined,
  }, say(c.text)))));
  return el('div', { class: 'table' }, el('table', { class: look }, b.caption ? el('caption', {}, say(b.caption)) : null, ...rows));
}
