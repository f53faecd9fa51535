// The page's state: who is looking, what the chat holds, what is under way. The server sends changes; everything
// shown comes from there, also what was typed here.
import { el } from './text.js';
import { message } from './message.js';
import { commandMenu } from './commands.js';

const $ = (id) => document.getElementById(id);
const chat = $('chat');
let person = 0;
let stream = null;
let shown = new Map(); // message id → message
let waiting = new Map(); // "message data" → how many presses wait for their answer
let lastDay = '';
let typingTimer = 0;
let toastTimer = 0;
let missed = 0;
let sent = false; // the last key was the Enter that sends

async function post(path, body) {
  const answer = await fetch('api/' + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const out = await answer.json();
  if (!answer.ok) throw new Error(out.error);
  return out;
}

const act = {
  send: (text) => post('send', { person, text }).catch(complain),
  press: (id, data) => post('press', { person, message: id, data }).catch(complain),
  copy: async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      toast('Copied: ' + text);
    } catch {
      toast('This browser does not allow copying here: ' + text);
    }
  },
  file: (id) => 'api/file?person=' + person + '&id=' + encodeURIComponent(id),
};

const menu = commandMenu($('commands'), $('menu'), $('input'), act.send);

function complain(e) { toast(e.message || 'The simulator does not answer'); }

// People.

async function loadPeople(select) {
  const people = await (await fetch('api/people')).json();
  const wanted = select || Number(new URLSearchParams(location.hash.slice(1)).get('person'));
  const now = people.find((p) => p.id === wanted) || people[0];
  $('people').replaceChildren(...people.map((p) => el('button', {
    type: 'button', class: 'person', 'data-person': String(p.id), 'aria-pressed': String(now && p.id === now.id), onclick: () => become(p.id),
  }, p.name)), el('button', { type: 'button', class: 'person add', id: 'add-person', 'data-testid': 'add-person', onclick: () => $('newcomer').showModal() }, '+ person'));
  if (now) become(now.id);
}

function become(id) {
  if (id === person && stream) return;
  person = id;
  history.replaceState(null, '', '#person=' + id);
  for (const b of document.querySelectorAll('.person[data-person]')) b.setAttribute('aria-pressed', String(b.dataset.person === String(id)));
  clear();
  document.body.dataset.person = String(id);
  if (stream) stream.close();
  stream = new EventSource('api/events?person=' + id);
  stream.onmessage = (e) => { if (person === id) apply(JSON.parse(e.data)); };
  stream.onerror = () => { $('status').textContent = 'connecting…'; document.body.dataset.live = 'false'; };
}

function clear() {
  shown = new Map();
  waiting = new Map();
  missed = 0;
  chat.replaceChildren();
  hideTyping();
  $('toast').hidden = true;
  document.body.dataset.live = 'false';
}

// Changes from the server.

function apply(d) {
  if (d.reset) clear();
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  document.title = d.bot.name;
  $('bot-name').textContent = d.bot.name;
  $('avatar').textContent = d.bot.name.slice(0, 1).toUpperCase();
  for (const id of d.gone || []) { shown.delete(id); chat.querySelector('[data-id="' + id + '"]')?.remove(); }
  const fresh = (d.messages || []).filter((m) => !shown.has(m.id));
  for (const m of d.messages || []) put(m);
  days();
  for (const p of d.presses || []) pressed(p);
  hideTyping();
  if (d.action) showTyping(d.action, d.action_ms);
  menu.fill(d.commands || []);
  start(d);
  measure();
  if (d.reset || atEnd || fresh.some((m) => m.mine)) toEnd();
  else missed += fresh.length;
  scrolled();
  document.body.dataset.live = 'true';
}

function put(m) {
  const node = message(m, act);
  const old = chat.querySelector('[data-id="' + m.id + '"]');
  shown.set(m.id, m);
  if (old) {
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset.data : undefined;
    old.replaceWith(node);
    if (focused !== undefined) node.querySelector('[data-data="' + CSS.escape(focused) + '"]')?.focus();
  } else {
    const next = [...chat.querySelectorAll('.msg')].find((n) => Number(n.dataset.id) > m.id);
    chat.insertBefore(node, next || null);
  }
  for (const b of node.querySelectorAll('[data-data]')) spin(b, m.id);
}

// days puts a date above the first message of each day.
function days() {
  for (const old of chat.querySelectorAll('.day')) old.remove();
  lastDay = '';
  for (const node of chat.querySelectorAll('.msg')) {
    const day = new Date(shown.get(Number(node.dataset.id)).date * 1000).toLocaleDateString(undefined, { day: 'numeric', month: 'long' });
    if (day !== lastDay) chat.insertBefore(el('div', { class: 'day' }, el('span', {}, day)), node);
    lastDay = day;
  }
}

function pressed(p) {
  const key = p.message + ' ' + p.data;
  const set = waiting.get(key) || new Set();
  if (p.answered) set.delete(p.query);
  else set.add(p.query);
  waiting.set(key, set);
  for (const b of chat.querySelectorAll('[data-id="' + p.message + '"] [data-data]')) spin(b, p.message);
  if (!p.answered) return;
  if (p.text) toast(p.text);
}

function spin(b, id) {
  const busy = (waiting.get(id + ' ' + b.dataset.data)?.size || 0) > 0;
  b.classList.toggle('busy', busy);
  b.setAttribute('aria-busy', String(busy));
}

function toast(text) {
  const node = $('toast');
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { node.hidden = true; }, 4000);
}

const actions = { typing: 'typing', upload_photo: 'sending a photo', upload_document: 'sending a file' };

function showTyping(action, ms) {
  const dots = el('span', { class: 'dots', 'aria-hidden': 'true' }, '…');
  $('status').replaceChildren(actions[action] || action.replaceAll('_', ' '), dots);
  $('status').classList.add('typing');
  clearTimeout(typingTimer);
  typingTimer = setTimeout(hideTyping, ms);
}

function hideTyping() {
  clearTimeout(typingTimer);
  $('status').textContent = 'bot';
  $('status').classList.remove('typing');
}

// measure marks what is wider than the screen. A table that has to be scrolled sideways is a fault of the bot.
function measure() {
  for (const box of chat.querySelectorAll('.pre pre, .table')) {
    const wide = box.scrollWidth > box.clientWidth + 1;
    const outer = box.closest('.pre') || box;
    outer.classList.toggle('overflow', wide);
    outer.toggleAttribute('data-overflow', wide);
  }
}

// The end of the chat.

function toEnd() {
  missed = 0;
  chat.scrollTop = chat.scrollHeight;
}

function scrolled() {
  const away = chat.scrollHeight - chat.scrollTop - chat.clientHeight > 60;
  if (!away) missed = 0;
  $('down').hidden = !away;
  $('unread').textContent = missed ? String(missed) : '';
}

// The lower edge: the Start button, the input box.

// start shows the Start button in an empty chat and Restart for somebody who has blocked the bot.
function start(d) {
  const empty = shown.size === 0;
  const stopped = empty || d.blocked;
  $('start').hidden = !stopped;
  $('composer').hidden = stopped;
  $('start').textContent = d.blocked ? 'Restart' : 'Start';
  $('block').textContent = d.blocked ? 'Unblock' : 'Block';
  document.body.dataset.blocked = String(d.blocked);
  chat.querySelector('.about-bot')?.remove();
  if (empty) {
    chat.append(el('div', { class: 'about-bot' }, el('b', {}, 'What can this bot do?'), el('p', {}, d.bot.description || 'Press Start to find out.')));
  }
}

function submit() {
  const text = $('input').value.trim();
  $('input').value = '';
  menu.close();
  grow();
  if (!text) return;
  act.send(text);
}

function grow() {
  const box = $('input');
  box.style.height = 'auto';
  box.style.height = Math.min(box.scrollHeight, 120) + 'px';
}

$('composer').addEventListener('submit', (e) => { e.preventDefault(); submit(); });
$('input').addEventListener('keydown', (e) => {
  sent = e.key === 'Enter' && !e.shiftKey && !e.isComposing;
  if (sent) { e.preventDefault(); submit(); }
});
// Some keyboards and test drivers insert the line break of an Enter that was prevented.
$('input').addEventListener('beforeinput', (e) => { if (sent && /^insert(LineBreak|Paragraph)$/.test(e.inputType)) e.preventDefault(); });
$('input').addEventListener('input', grow);
$('start').addEventListener('click', () => { act.send('/start'); $('input').focus(); });
$('block').addEventListener('click', () => post('block', { person, blocked: document.body.dataset.blocked !== 'true' }).catch(complain));
$('down').addEventListener('click', toEnd);
chat.addEventListener('scroll', scrolled);
chat.addEventListener('load', () => { if (missed === 0) toEnd(); }, true);
$('newcomer-cancel').addEventListener('click', () => $('newcomer').close());
$('newcomer-form').addEventListener('submit', async () => {
  const name = $('newcomer-name').value;
  $('newcomer-name').value = '';
  try { await loadPeople((await post('people', { first_name: name })).id); } catch (e) { complain(e); }
});
new ResizeObserver(measure).observe(chat);
loadPeople().catch(complain);
