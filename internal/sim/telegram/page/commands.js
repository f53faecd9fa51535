// The list of commands above the input box. Its button opens it; so does typing a slash, and then it shows what fits
// while the typing goes on undisturbed.
import { el } from './text.js';

// commandMenu ties the list to its button and the input box; send is called with a command that is picked.
export function commandMenu(list, opener, input, send) {
  let known = '';

  const buttons = () => [...list.querySelectorAll('button')];

  function show(open) {
    list.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
  }

  function pick(command) {
    show(false);
    input.value = '';
    input.focus();
    send('/' + command);
  }

  // fill takes the bot's commands; nothing happens when they are what they were, so that the focus stays.
  function fill(commands) {
    if (JSON.stringify(commands) === known) return;
    known = JSON.stringify(commands);
    opener.hidden = commands.length === 0;
    list.replaceChildren(...commands.map((c) => el('button', { type: 'button', 'data-command': c.command, onclick: () => pick(c.command) },
      el('b', {}, '/' + c.command), el('span', {}, c.description))));
    suggest();
  }

  function suggest() {
    let some = false;
    for (const b of buttons()) {
      b.hidden = !('/' + b.dataset.command).startsWith(input.value.toLowerCase());
      some ||= !b.hidden;
    }
    show(some && input.value.startsWith('/'));
  }

  opener.addEventListener('click', () => {
    const open = list.hidden;
    for (const b of buttons()) b.hidden = false;
    show(open);
    if (open) buttons()[0]?.focus();
  });
  input.addEventListener('input', suggest);
  input.addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowDown' || list.hidden) return;
    e.preventDefault();
    buttons().find((b) => !b.hidden)?.focus();
  });
  list.addEventListener('keydown', (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const open = buttons().filter((b) => !b.hidden);
    open[(open.indexOf(document.activeElement) + step + open.length) % open.length]?.focus();
  });
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || list.hidden) return;
    show(false);
    input.focus();
  });
  return { fill, close: () => show(false) };
}
