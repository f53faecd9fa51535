// Text with entities becomes DOM nodes here. Nothing in this page is ever parsed as HTML: text goes in as text nodes,
// links only with a scheme from a short list.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== 'string') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

// icon makes a small drawing: fonts without emoji would show a box.
export function icon(path, props) {
  const NS = 'http://www.w3.org/2000/svg';
  const node = document.createElementNS(NS, 'svg');
  for (const [name, value] of Object.entries({ viewBox: '0 0 24 24', ...props })) node.setAttribute(name, value);
  const shape = document.createElementNS(NS, 'path');
  shape.setAttribute('d', path);
  node.append(shape);
  return node;
}

const safe = /^(https?|tg):\/\//i;

export function link(href, ...children) {
  if (!safe.test(href)) return el('span', {}, ...children);
  return el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

// formatted appends text to parent with its entities; send is called with a command that is tapped.
export function formatted(parent, text, entities, send) {
  fill(parent, text, 0, text.length, [...(entities || [])], send);
  return parent;
}

// fill writes text[from, to): list holds the entities that begin there, outer before inner.
function fill(parent, text, from, to, list, send) {
  let pos = from;
  while (list.length > 0) {
    const e = list.shift();
    const end = Math.min(e.offset + e.length, to);
    const start = Math.max(e.offset, pos);
    if (start >= end) continue;
    if (start > pos) parent.append(text.slice(pos, start));
    const inner = [];
    while (list.length > 0 && list[0].offset < end) {
      const child = list.shift();
      inner.push(child);
      const over = child.offset + child.length - end;
      if (over > 0) list.unshift({ ...child, offset: end, length: over }); // goes on behind: cut in two
      if (over > 0) break;
    }
    const { outer, hole } = wrap(e, text.slice(start, end), send);
    fill(hole, text, start, end, inner, send);
    parent.append(outer);
    pos = end;
    if (blocks.has(e.type) && text[pos] === '\n' && pos < to) pos++; // the block ends the line by itself
  }
  if (pos < to) parent.append(text.slice(pos, to));
}

const blocks = new Set(['pre']);
const plainTags = { bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's' };

// wrap makes the node of an entity; its text goes into hole.
function wrap(e, text, send) {
  const same = (node) => ({ outer: node, hole: node });
  if (plainTags[e.type]) return same(el(plainTags[e.type]));
  switch (e.type) {
    case 'code':
      return same(el('code', { title: 'Tap to copy', onclick: () => navigator.clipboard?.writeText(text) }));
    case 'pre':
      return pre();
    case 'text_link':
      return same(link(e.url));
    case 'bot_command':
      return same(el('button', { type: 'button', class: 'command', 'data-command': text, onclick: () => send(text) }));
    default:
      return same(el('span', { class: 'entity-' + e.type }));
  }
}

export function spoiler(node) {
  const show = () => { node.classList.add('shown'); node.removeAttribute('role'); node.removeAttribute('aria-label'); };
  node.setAttribute('role', 'button');
  node.setAttribute('aria-label', 'Hidden text, press to show');
  node.tabIndex = 0;
  node.addEventListener('click', show);
  node.addEventListener('keydown', (k) => { if (k.key === 'Enter' || k.key === ' ') { k.preventDefault(); show(); } });
  return node;
}

function pre() {
  const hole = el('code');
  const box = el('pre', { tabindex: '0', 'data-testid': 'pre' }, hole);
  return { outer: el('div', { class: 'pre' }, box), hole };
}
