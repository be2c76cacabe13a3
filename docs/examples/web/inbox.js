// The inbox: what is there, then what comes, live. Knows no other part of the page.
import { call, follow } from './api.js';

const $ = (id) => document.getElementById(id);
const notifications = new Map(); // by id: one that comes on the stream replaces what the page has
let source = null;

function show() {
  const all = [...notifications.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
  $('unread').textContent = all.filter((one) => !one.read_at).length;
  $('notifications').replaceChildren(...all.map((one) => {
    const li = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = one.title;
    button.className = one.read_at ? 'read' : 'unread';
    button.addEventListener('click', () => call('PATCH', `/v1/me/inbox/${one.id}`, { read: true }));
    li.append(button, ` ${one.text}`);
    return li;
  }));
}

function take(notification) {
  if ((notifications.get(notification.id)?.seq ?? -1) < notification.seq) notifications.set(notification.id, notification);
}

export function closeInbox() {
  source?.close();
  source = null;
  notifications.clear();
  $('inbox').hidden = true;
}

// The stream first, then the list: nothing falls between them.
export function openInbox() {
  closeInbox();
  source = follow('/v1/me/inbox/stream');
  source.addEventListener('inbox.item', (event) => {
    take(JSON.parse(event.data));
    show();
  });
  source.addEventListener('open', async () => {
    try {
      const { data } = await call('GET', '/v1/me/inbox');
      data.forEach(take);
      show();
      $('inbox').hidden = false;
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      closeInbox(); // signed out meanwhile, here or in another tab
    }
  });
}
