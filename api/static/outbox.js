// Decisions on their way to the server. They stand in the browser's own store until the server has answered, so that
// neither a lost connection nor a closed tab loses one; each has a key of its own, so that none counts twice.

const AGAIN_MS = 4000;
const TAB = "jiaokan-tab";

export function outbox(person, heard) {
  const all = `jiaokan-outbox-${person}-`;
  const tab = sessionStorage.getItem(TAB) ?? token();
  sessionStorage.setItem(TAB, tab);
  const place = all + tab;
  const waits = new Map();
  let sending = false;

  const read = () => JSON.parse(localStorage.getItem(place) ?? "[]");
  const write = (items) => {
    if (items.length) localStorage.setItem(place, JSON.stringify(items));
    else localStorage.removeItem(place);
    heard.changed(items);
  };
  const remove = (id) => write(read().filter((one) => one.id !== id));

  // Each tab keeps a list of its own and sends that; what a closed tab has left is taken over. A list that two tabs
  // should take over at once does no harm: the server knows each decision by its key.
  async function takeOver() {
    const held = navigator.locks ? (await navigator.locks.query()).held.map((one) => one.name) : [];
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(all) || name === place || held.includes(name)) continue;
      const left = JSON.parse(localStorage.getItem(name) ?? "[]");
      localStorage.removeItem(name);
      write([...read(), ...left]);
    }
    send();
  }

  // Keep a decision and send it; what came of it, once that is known: { ok, told, status } or null while it waits.
  function put(item, patience) {
    const id = token();
    item.body.idempotency = id;
    write([...read(), { ...item, id }]);
    const answered = new Promise((done) => waits.set(id, done));
    send();
    return Promise.race([answered, new Promise((done) => setTimeout(() => done(null), patience))]);
  }

  async function send() {
    if (sending) return;
    sending = true;
    try {
      for (let item = read()[0]; item; item = read()[0]) {
        if (!(await sent(item))) break;
      }
    } finally {
      sending = false;
    }
  }

  // Whether it is done with, for good or ill; a server that does not answer is asked again later.
  async function sent(item) {
    const attempt = () => post(`/api/documents/${item.document}/decisions`, item.body);
    let answer = await attempt();
    const page = answer?.status === 403 ? await pageNow() : null;
    if (page?.person === person && renew(page.csrf)) answer = await attempt();
    const away = answer?.status === 401 || (page !== null && page.person !== person);
    if (!answer || answer.status >= 500 || answer.status === 429 || away) {
      waits.get(item.id)?.(null);
      heard.waiting(read(), away ? 401 : (answer?.status ?? 0));
      setTimeout(send, AGAIN_MS);
      return false;
    }
    const told = await answer.json().catch(() => ({}));
    remove(item.id);
    const outcome = { ok: answer.ok, status: answer.status, told, item };
    waits.get(item.id)?.(outcome);
    waits.delete(item.id);
    heard.answered(outcome);
    return true;
  }

  // Take back the last decision if it was not sent yet; what it was.
  function takeBack() {
    const items = read();
    if (sending && items.length < 2) return null;
    const last = items.pop();
    if (last) write(items);
    return last ?? null;
  }

  addEventListener("online", send);
  navigator.locks?.request(place, () => new Promise(() => {}));
  heard.changed(read());
  takeOver();
  return { put, takeBack, waiting: () => read(), send };
}

// What this page would be now: whose it is, and what its requests have to show.
async function pageNow() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  const now = new DOMParser().parseFromString(answer?.ok ? await answer.text() : "", "text/html");
  return { person: now.querySelector("[data-person]")?.dataset.person ?? "", csrf: now.querySelector("meta[name=csrf]")?.content ?? "" };
}

// Whoever has logged in anew since this page was loaded has to show something else; whether that is so.
function renew(csrf) {
  const meta = document.querySelector("meta[name=csrf]");
  const isNew = meta.content !== csrf;
  meta.content = csrf;
  return isNew;
}

export function post(address, body, method = "POST") {
  return call(address, { method, body: body === undefined ? undefined : JSON.stringify(body) });
}

export async function call(address, more = {}) {
  const csrf = document.querySelector("meta[name=csrf]").content;
  const headers = { accept: "application/json", "content-type": "application/json", "x-csrf-token": csrf };
  return fetch(address, { ...more, headers }).catch(() => null);
}

function token() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}
