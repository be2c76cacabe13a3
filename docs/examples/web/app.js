// One page: sign up, verify by mail, sign in, found an organisation, invite, accept, see the members.
import { call, Problem } from './api.js';
import { cameBack, showPlan } from './billing.js';
import { closeInbox, openInbox } from './inbox.js';

const $ = (id) => document.getElementById(id);
let org = null; // the organisation whose members are shown
let returned = cameBack();
let proof = null; // of an address whose password is still to be set: the mailed token

function say(text) {
  $('message').textContent = text;
}

// Errors stand next to their fields; what belongs to no field stands on top.
function showProblem(form, problem) {
  const rest = [];
  for (const error of problem.errors ?? []) {
    const input = form?.elements[error.pointer.replace(/^\//, '')];
    if (!input) { rest.push(error.message); continue; }
    const note = document.createElement('small');
    note.className = 'error';
    note.textContent = error.message;
    input.setAttribute('aria-invalid', 'true');
    input.after(note);
  }
  if (rest.length || !problem.errors?.length)
    say([problem.message, ...rest].join(' ') + (problem.request_id ? ` (${problem.request_id})` : ''));
}

function clearProblems(form) {
  say('');
  form.querySelectorAll('.error').forEach((note) => note.remove());
  form.querySelectorAll('[aria-invalid]').forEach((input) => input.removeAttribute('aria-invalid'));
}

// A form's submit becomes one call; `run` gets its fields and does the rest.
function onSubmit(id, run) {
  const form = $(id);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearProblems(form);
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      await run(Object.fromEntries(new FormData(form)), form);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      showProblem(form, problem);
    } finally {
      button.disabled = false;
    }
  });
}

function list(id, items, render) {
  $(id).replaceChildren(...items.map((item) => {
    const li = document.createElement('li');
    li.append(render(item));
    return li;
  }));
}

async function showMembers(chosen) {
  org = chosen;
  const { data } = await call('GET', `/v1/orgs/${org.id}/members`);
  $('org-name').textContent = org.name;
  list('members', data, (member) => `${member.name} <${member.email}>, ${member.role}`);
  $('invite').hidden = false;
  await showPlan(org, returned);
  returned = false;
}

async function showOrgs() {
  const { data } = await call('GET', '/v1/me/orgs');
  list('orgs', data, (one) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = one.name;
    button.addEventListener('click', () => showMembers(one));
    return button;
  });
  if (data.length) await showMembers(data.find((one) => one.id === org?.id) ?? data[0]);
}

function showOutside() {
  org = null;
  $('set-password').hidden = proof === null;
  $('sign-up').hidden = proof !== null;
  closeInbox();
  $('who').hidden = $('inside').hidden = $('invite').hidden = true;
  $('outside').hidden = false;
}

async function showInside(me) {
  $('name').textContent = me.name;
  $('who').hidden = $('inside').hidden = false;
  $('outside').hidden = true;
  const newEmail = sessionStorage.getItem('new-email');
  if (newEmail) {
    sessionStorage.removeItem('new-email');
    await call('POST', '/v1/auth/email-changes/confirm', { token: newEmail });
    say('Your new address is confirmed.');
  }
  const invitation = sessionStorage.getItem('invitation');
  if (invitation) {
    sessionStorage.removeItem('invitation');
    org = await call('POST', '/v1/invitations/accept', { token: invitation });
    say(`Welcome to ${org.name}.`);
  }
  await showOrgs();
  openInbox();
}

async function showWhoever() {
  if (proof) return showOutside();
  try {
    await showInside(await call('GET', '/v1/me'));
  } catch (problem) {
    showOutside();
    if (problem.code !== 'unauthenticated') showProblem(null, problem);
  }
}

// Mailed links: /verify#token=…, /email/confirm#token=… and /invitations/accept#token=… The token leaves the address bar
// at once, so that it stays in no history.
async function followLink() {
  const token = new URLSearchParams(location.search).get('token')
    ?? new URLSearchParams(location.hash.slice(1)).get('token');
  const page = location.pathname;
  history.replaceState(null, '', '/');
  if (token && page.startsWith('/verify')) {
    const { status, email } = await call('POST', '/v1/auth/email-verifications/confirm', { token });
    if (status === 'set_password') { // this browser did not sign up: what was typed there counts for nothing
      proof = token;
      $('proved-email').textContent = email;
    }
    say(status === 'active' ? 'Your address is confirmed.' : 'Your address is confirmed; choose a password.');
  } else if (token && page.startsWith('/email/confirm')) {
    sessionStorage.setItem('new-email', token);
    say('Sign in to the account whose address this becomes.');
  } else if (token && page.startsWith('/invitations')) {
    sessionStorage.setItem('invitation', token);
    say('Sign in or sign up with the invited address to accept.');
  }
}

// The same password from every keyboard (see auth.md).
const normal = (fields) => ({ ...fields, password: fields.password.normalize('NFKC') });

onSubmit('sign-up', async (fields, form) => {
  await call('POST', '/v1/auth/signup', normal(fields));
  say(`A mail is on its way to ${fields.email}: open the link in it.`);
  form.reset();
});
onSubmit('set-password', async (fields, form) => {
  const { person } = await call('POST', '/v1/auth/email-verifications/confirm', { token: proof, ...normal(fields) });
  proof = null;
  form.reset();
  await showInside(person);
});
onSubmit('sign-in', async (fields, form) => {
  const { person } = await call('POST', '/v1/auth/sessions', normal(fields));
  form.reset();
  await showInside(person);
});
onSubmit('create-org', async (fields, form) => {
  org = await call('POST', '/v1/orgs', fields);
  form.reset();
  await showOrgs();
});
onSubmit('invite', async (fields, form) => {
  await call('POST', `/v1/orgs/${org.id}/invitations`, fields);
  say(`An invitation is on its way to ${fields.email}.`);
  form.reset();
});
$('sign-out').addEventListener('click', async () => {
  await call('DELETE', '/v1/auth/sessions/current');
  showOutside();
});

try {
  await followLink();
} catch (problem) {
  showProblem(null, problem);
}
await showWhoever();
