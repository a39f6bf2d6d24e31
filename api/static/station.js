// The review station: one question after the other, by keyboard. What is decided goes through the outbox; what is shown
// comes from the server and is put into the page as text, never as markup.
import { answered, labels, shownQuestion } from "./question.js";
import { listen } from "./keys.js";
import { call, outbox, post } from "./outbox.js";
import { prefetch, remember, sheet } from "./sheet.js";

const root = document.querySelector("[data-station]");
const texts = JSON.parse(root.dataset.texts);
const find = (name) => root.querySelector(`[data-${name}]`);
const t = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), texts[name]);

const PATIENCE_MS = 6000;
const SOON_MS = 120_000;
const UNSEEN_MS = 200; // nobody has looked at a question that was shown so lately: a second click meant the one before
const SKIPPED = "jiaokan-skipped";
const state = { now: null, upcoming: null, busy: false, done: 0, begun: Date.now(), late: false, since: 0, drafts: new Map() };
const skipped = JSON.parse(sessionStorage.getItem(SKIPPED) ?? "[]");

const view = sheet(find("sheet-room"), t);
const screen = shownQuestion(root, t, { decide: decideCell, look });
const box = outbox(root.dataset.person, { changed, waiting, answered: heard });

// ---- what is shown

async function show(question, { history = "push", draft = null } = {}) {
  state.now = question;
  state.since = performance.now();
  state.late = false;
  screen.show(question, draft ?? state.drafts.get(question.id));
  find("empty").hidden = true;
  find("question").hidden = false;
  remember(question.document.id, question.page);
  find("lines").hidden = !question.lines.length;
  find("lines").textContent = question.lines.join("\n");
  root.classList.toggle("no-page", !question.document.pages);
  if (question.document.pages) {
    const { document: { id, pages: count }, page, place, mates } = question;
    view.show({ document: id, number: place?.page || 1, place, mates, count, page });
  } else view.blank();
  const address = `/review?${root.dataset.query}${root.dataset.query ? "&" : ""}question=${question.id}`;
  if (history === "push") window.history.pushState({ question: question.id }, "", address);
  if (history === "replace") window.history.replaceState({ question: question.id }, "", address);
  screen.focus();
  fetchUpcoming();
}

function nothing(text) {
  state.now = null;
  find("question").hidden = true;
  find("empty").hidden = false;
  find("empty-told").textContent = text;
  view.blank();
  find("lines").hidden = true;
  root.querySelector("[data-empty] button").focus();
}

function say(text) {
  find("said").hidden = !text;
  find("said").textContent = text;
}

function alarm(text) {
  find("alarm").textContent = text;
}

// ---- the queue

async function next(passed = []) {
  const asked = { ...JSON.parse(root.dataset.asked), skip: [...new Set([...skipped, ...passed])].slice(-400) };
  const answer = await post("/api/questions/next", asked);
  if (!answer) return { offline: true };
  const told = await answer.json().catch(() => ({}));
  return answer.ok ? { question: told.question } : { problem: told.detail };
}

async function fetchUpcoming() {
  const now = state.now;
  if (!now || state.upcoming) return;
  const unsent = () => box.waiting();
  const found = await next([now.id, ...unsent().map((one) => one.question)].filter(Boolean));
  if (state.now !== now || state.upcoming) return;
  if (found.question && !unsent().some((one) => one.document === found.question.document.id)) {
    state.upcoming = found.question;
    prefetch(remember(found.question.document.id, found.question.page));
  }
}

// Go on: with the question fetched before if its document was not settled anew, else with what the server says now.
async function goOn({ left = null, fresh = true, history = "push" } = {}) {
  const ready = state.upcoming;
  state.upcoming = null;
  if (ready && (!fresh || ready.document.id !== left?.document.id)) return show(ready, { history });
  const found = await next(left && !fresh ? [left.id] : []);
  if (found.question) return show(found.question, { history });
  if (found.offline && ready) return show(ready, { history });
  if (found.offline) alarm(t("offline"));
  else if (found.problem) alarm(found.problem);
  return nothing(found.offline ? t("offline-nothing") : t("nothing"));
}

async function open(id, { history = "push", claim = true } = {}) {
  const answer = await (claim ? post(`/api/questions/${id}/claim`) : call(`/api/questions/${id}`));
  const told = await answer?.json().catch(() => ({}));
  if (!answer) alarm(t("offline"));
  else if (answer.ok) {
    await show(told, { history });
    return true;
  } else alarm(told.detail ?? "");
  return false;
}

// ---- deciding

async function decide(body, { elsewhere = false, stay = false } = {}) {
  const question = state.now;
  if (state.busy || !question) return null;
  if (state.late && !(await held(question))) return null;
  alarm("");
  say("");
  busy(true);
  state.drafts.set(question.id, screen.draft());
  const item = {
    document: question.document.id, question: elsewhere ? null : question.id, label: screen.label(),
    body: { note: screen.note(), reading: question.reading, ...body },
  };
  const ready = state.upcoming;
  const apart = ready && ready.document.id !== question.document.id;
  const sent = box.put(item, PATIENCE_MS);
  if (stay) {
    const outcome = await sent;
    busy(false);
    return outcome;
  }
  state.done += 1;
  if (apart) {
    busy(false);
    await goOn({ left: question });
    return null;
  }
  const outcome = await sent;
  busy(false);
  if (outcome && !outcome.ok) return outcome; // it is told, and the question stays
  await goOn({ left: question, fresh: Boolean(outcome) });
  return outcome;
}

// A decision the server has answered, now or after the connection came back.
function heard({ ok, status, told, item }) {
  counted();
  if (!ok) {
    alarm(`${item.label}: ${told.detail ?? status}`);
    if (item.question && state.now?.id === item.question) refresh();
    else if (item.question) {
      state.drafts.set(item.question, item.body.after);
      if (status === 409) offer(item);
    }
    return;
  }
  state.drafts.delete(item.question);
  const lost = told.settled.filter((one) => one !== item.question);
  if (item.body.kind === "value" && !told.answered) say(t("kept-second"));
  if (lost.length) say(t(lost.length === 1 ? "settled-one" : "settled", { count: lost.length }));
  if (state.upcoming?.document.id === item.document) state.upcoming = null; // it is another question now
  fetchUpcoming();
  if (!state.now && !state.busy && told.left) goOn(); // it raised another question
  if (state.now?.open && state.now.id === item.question && !state.busy) refresh(); // gone back to before it was answered
  if (state.now && state.now.id !== item.question && told.settled.includes(state.now.id)) {
    say(t("answered-by-sums"));
    goOn({ left: state.now });
  }
}

// The question again as it is now, after somebody else was first.
async function refresh() {
  const typed = screen.draft();
  const answer = await call(`/api/questions/${state.now.id}`);
  if (!answer?.ok) return;
  await show(await answer.json(), { history: "", draft: typed });
}

function offer(item) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("look-again");
  button.addEventListener("click", () => open(item.question));
  find("alarm").append(" ", button);
}

async function decideCell(cell, value, seen) {
  const outcome = await decide({ kind: "value", key: cell, after: value, seen }, { elsewhere: true, stay: true });
  if (outcome?.ok && state.now) {
    say(t(outcome.told.answered ? "kept" : "kept-second"));
    await refresh();
  }
  return outcome;
}

async function accept() {
  const question = state.now;
  if (!question.open && !screen.changed()) return goOn({ left: question });
  if (question.asks === "document") return acceptDocument();
  const wrong = screen.problem();
  if (wrong) return screen.wrong(t(wrong));
  for (const [field, after] of labels(root, question)) {
    const outcome = await decide({ kind: "label", key: question.key, field, after, seen: null }, { stay: true, elsewhere: true });
    if (outcome && !outcome.ok) return null;
  }
  return decide({ ...answer(question), kind: "value", after: screen.value() });
}

// What the person saw of the cell that is answered.
const answer = (question) => ({ key: question.key, seen: question.seen, doubted: question.open });

async function acceptDocument() {
  const changes = answered(root, state.now);
  if (!changes.length) return alarm(t("change-something"));
  for (const [field, after] of changes.slice(0, -1)) {
    const outcome = await decide({ kind: "document", key: "document", field, after, seen: null }, { stay: true });
    if (outcome && !outcome.ok) return null;
  }
  const [field, after] = changes.at(-1);
  return decide({ kind: "document", key: "document", field, after, seen: null });
}

// A claim that ran out is taken again, unless somebody else has it now.
async function held(question) {
  const answer = await post(`/api/questions/${question.id}/claim`);
  if (!answer || answer.ok) {
    state.late = false;
    return true;
  }
  alarm((await answer.json().catch(() => ({}))).detail ?? "");
  return false;
}

async function skip() {
  const question = state.now;
  skipped.push(question.id);
  sessionStorage.setItem(SKIPPED, JSON.stringify(skipped.slice(-400)));
  call(`/api/questions/${question.id}/claim`, { method: "DELETE" });
  await goOn({ left: question, fresh: false });
}

async function undo() {
  if (state.busy) return;
  alarm("");
  const unsent = box.takeBack();
  if (unsent) {
    say(t("undone-unsent"));
    if (unsent.question) await open(unsent.question);
    return;
  }
  busy(true);
  const last = await (await call("/api/decisions/last"))?.json();
  busy(false);
  if (!last) return alarm(t("offline"));
  if (!last.decision) return say(t("nothing-to-undo"));
  const body = { kind: "undo", key: last.key, undoes: last.decision };
  const outcome = await box.put({ document: last.document, question: null, label: t("undo"), body }, PATIENCE_MS);
  if (!outcome?.ok) return;
  if (state.now) state.upcoming ??= state.now;
  state.done = Math.max(0, state.done - 1);
  counted();
  say(t("undone"));
  if (outcome.told.question) await open(outcome.told.question);
}

function about(kind) {
  const question = state.now;
  if (kind === "illegible") return decide({ ...answer(question), kind: "illegible", after: "" });
  if (kind === "source") {
    const wrong = screen.problem();
    if (wrong) return screen.wrong(t(wrong));
    return decide({ ...answer(question), kind: "source-wrong", after: screen.value() });
  }
  if (kind === "good") {
    return decide({ kind: "document", key: question.key, field: "accepted", after: "", seen: question.seen });
  }
  if (kind === "empty") {
    const after = JSON.stringify({ empty: true, page: view.number() });
    return decide({ kind: "structure", key: question.missing, field: "declare-empty", after, seen: null });
  }
  if (!screen.note()) {
    screen.openNote();
    return alarm(t("say-what"));
  }
  skipped.push(question.id);
  return decide({ kind: "structure", key: question.table, field: "wrong", after: "", seen: null });
}

// Look at another place: a witness, here or in another document.
async function look(witness) {
  const found = witness.cell
    ? await (await call(`/api/documents/${witness.document}/cells/${encodeURIComponent(witness.cell)}/place`))?.json()
    : witness.place;
  if (!found) return;
  const count = state.now?.document.id === witness.document ? state.now.document.pages : 0;
  view.visit({ document: witness.document, number: found.page || witness.page || 1, place: found, count });
}

// ---- what the person sees of the queue, the connection and the time

function busy(is) {
  state.busy = is;
  root.toggleAttribute("data-busy", is);
}

function changed(items) {
  const room = find("outbox");
  room.hidden ||= !items.length;
  if (!room.hidden) room.textContent = t("unsent", { count: items.length });
}

function waiting(items, status) {
  find("outbox").hidden = false;
  find("outbox").textContent = t(status === 401 ? "log-in" : "unsent", { count: items.length });
}

function counted() {
  const minutes = (Date.now() - state.begun) / 60_000;
  const pace = state.done > 2 ? t("pace", { rate: Math.round(state.done / minutes) }) : "";
  find("count").textContent = `${t("done", { count: state.done })} ${pace}`;
}

setInterval(() => {
  const until = state.now?.open && state.now.holder?.mine ? Date.parse(state.now.holder.until) : 0;
  if (!until || state.late) return;
  if (until < Date.now()) {
    state.late = true;
    alarm(t("ran-out"));
  } else if (until - Date.now() < SOON_MS) say(t("runs-out"));
}, 1000);

// ---- keys and buttons

const DEEDS = {
  accept, skip, undo, edit: () => screen.edit(), note: () => screen.openNote(), again: () => goOn(),
  illegible: () => about("illegible"), source: () => about("source"), structure: () => about("structure"),
  good: () => about("good"), empty: () => about("empty"), table: () => location.assign(find("table-link").href), help: () => find("help").showModal(),
};
const ANSWERS = ["accept", "skip", "illegible", "source", "structure", "good", "empty"];
const NEED_A_QUESTION = [...ANSWERS, "edit", "note", "table"];

function run(deed) {
  if (ANSWERS.includes(deed) && performance.now() - state.since < UNSEEN_MS) return;
  if (state.busy || (NEED_A_QUESTION.includes(deed) && !state.now)) return;
  const fits = root.querySelector(`[data-question] [data-do=${deed}]`);
  if (fits && state.now && fits.hidden && deed !== "undo") return;
  DEEDS[deed]();
}

root.addEventListener("click", (event) => {
  const deed = event.target.closest("[data-do]")?.dataset.do;
  if (!deed || event.ctrlKey || event.metaKey || event.shiftKey) return; // a link may be opened beside
  event.preventDefault();
  run(deed);
});
find("answer").addEventListener("submit", (event) => {
  event.preventDefault();
  run("accept");
});
listen({ help: find("help"), screen, run, see: view.act });

addEventListener("popstate", (event) => {
  const id = event.state?.question ?? new URLSearchParams(location.search).get("question");
  if (id) open(id, { history: "", claim: false });
});
addEventListener("pagehide", () => {
  for (const one of [state.now, state.upcoming]) {
    if (one?.open) call(`/api/questions/${one.id}/claim`, { method: "DELETE", keepalive: true });
  }
});
addEventListener("online", () => {
  if (!state.now) goOn();
});

counted();
const wanted = new URLSearchParams(location.search).get("question");
if (!wanted || !(await open(wanted, { history: "replace" }))) await goOn({ history: "replace" });
