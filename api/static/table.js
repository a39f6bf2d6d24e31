// A table as a grid that is read, walked through and put right by keyboard, beside the picture of its page.
import { outbox } from "./outbox.js";
import { cropOf, pageView } from "./page-view.js";
import { structureTools } from "./structure.js";

const page = document.querySelector(".table-page");
const words = JSON.parse(page.dataset.words);
const may = page.dataset.may === "1";
const told = page.querySelector("[data-told]");
const alarm = page.querySelector("[data-alarm]");
const detail = page.querySelector("[data-detail]");
const pictures = pageView(page.querySelector("[data-page-view]"), () => grid(), choose, words);
const PATIENCE_MS = 5000;
const awaited = new Set();
const box = outbox(page.dataset.person, { changed: () => {}, waiting: () => say(words.offline), answered: late });
let current = null; // what identifies the chosen cell: key, and field for labels

structureTools(page, { chosen, grid, save, structureSeen, words, may });
page.addEventListener("keydown", pressed);
page.addEventListener("click", clicked);
page.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("td[data-kind]");
  if (cell) edit(cell, cell.dataset.value);
});
page.addEventListener("focusin", (event) => {
  const cell = event.target.closest?.("td[data-kind]");
  if (cell && cell === event.target) show(cell);
});
page.addEventListener("change", asked);
page.addEventListener("mouseover", (event) => pictures.hover(event.target.closest?.("td[data-kind]") ?? null));
begin();

function structureSeen() {
  return Number(page.querySelector("[data-structure-seen]").dataset.structureSeen);
}

function grid() {
  return page.querySelector("#grid");
}

function cells() {
  return [...grid().querySelectorAll("td[data-kind]")];
}

function chosen() {
  if (!current) return null;
  return cells().find((one) => one.dataset.key === current.key && (one.dataset.field ?? "") === current.field) ?? null;
}

// The cell named in the address, else the first doubt, else the first cell is where the keyboard enters.
function begin() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const all = cells();
  const first =
    all.find((one) => one.dataset.kind === "value" && one.dataset.key === wanted) ??
    all.find((one) => one.dataset.status === "flagged") ?? all.find((one) => one.dataset.kind === "value") ?? all[0];
  if (!first) return;
  show(first);
  if (wanted) choose(first);
}

function choose(cell) {
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function show(cell) {
  for (const one of grid().querySelectorAll("[tabindex='0'], [aria-selected]")) {
    one.tabIndex = -1;
    one.removeAttribute("aria-selected");
  }
  cell.tabIndex = 0;
  cell.setAttribute("aria-selected", "true");
  current = { key: cell.dataset.key, field: cell.dataset.field ?? "" };
  pictures.show(cell);
  tell(cell);
  page.dispatchEvent(new CustomEvent("jiaokan:chosen", { detail: cell }));
}

// What is known of the chosen cell.
function tell(cell) {
  detail.hidden = false;
  const isValue = cell.dataset.kind === "value";
  detail.querySelector("[data-place]").textContent = placeOf(cell);
  detail.querySelector("[data-raw]").textContent = cell.dataset.raw || words.blank;
  detail.querySelector("[data-status]").textContent = isValue ? words.statuses[cell.dataset.status] : "";
  detail.querySelector("[data-reason]").textContent = cell.dataset.reason ?? "";
  const crop = detail.querySelector("[data-crop]");
  crop.replaceChildren();
  cropOf(pictures, cell).then((picture) => picture && chosen() === cell && crop.replaceChildren(picture));
  const choices = detail.querySelector("[data-choices]");
  choices.replaceChildren();
  if (isValue && may) {
    for (const other of JSON.parse(cell.dataset.alternatives)) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.other = other;
      button.textContent = other;
      button.setAttribute("aria-label", words.take.replace("{value}", other));
      choices.append(button);
    }
  }
  const answer = detail.querySelector("[data-question-link]");
  if (answer) {
    answer.hidden = !cell.dataset.question;
    answer.href = `/review?document=${page.dataset.document}&question=${cell.dataset.question}`;
  }
  const acts = detail.querySelector("[data-acts]");
  if (acts) acts.hidden = !isValue;
}

function placeOf(cell) {
  const row = cell.parentElement;
  const mine = [...row.querySelectorAll("td[data-kind='label']")].filter((one) => one.dataset.row === cell.dataset.row);
  const name = mine.map((one) => one.dataset.value).filter(Boolean).join(" ");
  if (cell.dataset.kind === "label") return `${words.labels[cell.dataset.field]} · ${name}`;
  const head = grid().querySelector(`th[data-head='${cell.dataset.column}']`);
  return `${name || words.row} · ${head ? head.firstChild.textContent : ""}`;
}

// Keys.
function pressed(event) {
  const cell = event.target.closest?.("td[data-kind]");
  if (event.key === "F8") {
    event.preventDefault();
    nextDoubt(event.shiftKey ? -1 : 1);
    return;
  }
  if (!cell || event.target !== cell || event.altKey || event.metaKey) return;
  const moved = walk(cell, event);
  if (moved) {
    event.preventDefault();
    choose(moved);
  } else if (may && event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    if (cell.dataset.kind === "value") enter(cell, cell.dataset.value);
  } else if (may && (event.key === "F2" || event.key === "Enter") && !event.ctrlKey) {
    event.preventDefault();
    edit(cell, cell.dataset.value);
  } else if (may && (event.key === "Delete" || event.key === "Backspace")) {
    event.preventDefault();
    edit(cell, "");
  } else if (may && !event.ctrlKey && event.key.length === 1 && event.key !== " ") {
    event.preventDefault();
    edit(cell, event.key);
  }
}

function walk(cell, event) {
  const row = cell.parentElement;
  const beside = [...row.querySelectorAll("td[data-kind]")];
  const at = beside.indexOf(cell);
  const far = event.ctrlKey;
  switch (event.key) {
    case "ArrowLeft": return beside[far ? 0 : at - 1];
    case "ArrowRight": return beside[far ? beside.length - 1 : at + 1];
    case "ArrowUp": return vertical(cell, -1, far);
    case "ArrowDown": return vertical(cell, 1, far);
    case "Home": return far ? cells()[0] : beside[0];
    case "End": return far ? cells().at(-1) : beside.at(-1);
    case "PageDown": return vertical(cell, 10, false);
    case "PageUp": return vertical(cell, -10, false);
    default: return null;
  }
}

function sameColumn(cell) {
  const { kind, column, field } = cell.dataset;
  const block = [...cell.parentElement.children].filter((one) => one.dataset.kind === "value" && one.dataset.row === cell.dataset.row);
  return cells().filter((one) => {
    if (kind !== one.dataset.kind) return false;
    if (kind === "value") return one.dataset.column === column;
    if (one.dataset.field !== field) return false;
    const mate = [...one.parentElement.children].find((other) => other.dataset.kind === "value" && other.dataset.row === one.dataset.row);
    return !block.length || mate?.dataset.column === block[0].dataset.column;
  });
}

function vertical(cell, by, far) {
  const line = sameColumn(cell);
  const at = line.indexOf(cell);
  if (far) return by < 0 ? line[0] : line.at(-1);
  const to = Math.min(Math.max(at + by, 0), line.length - 1);
  return to === at ? null : line[to];
}

function nextDoubt(by) {
  const all = cells();
  const at = current ? all.indexOf(chosen()) : -1;
  const order = by > 0 ? [...all.slice(at + 1), ...all.slice(0, at + 1)] : [...all.slice(0, Math.max(at, 0)).reverse(), ...all.slice(Math.max(at, 0)).reverse()];
  const found = order.find((one) => one.dataset.status === "flagged");
  if (found) choose(found);
  else say(words.noDoubts);
}

// Editing in place: ENTER saves and goes down, TAB saves and goes on, ESC leaves everything as it was.
function edit(cell, text) {
  if (!may || cell.querySelector("input")) return;
  const shown = cell.querySelector(".shown");
  const field = document.createElement("input");
  field.type = "text";
  field.autocomplete = "off";
  field.spellcheck = false;
  field.value = text;
  field.className = "cell-edit";
  field.setAttribute("aria-label", placeOf(cell));
  if (cell.dataset.kind === "value") field.inputMode = "decimal";
  shown.hidden = true;
  cell.append(field);
  field.focus();
  if (text === cell.dataset.value) field.select();
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    field.remove();
    shown.hidden = false;
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") {
      end();
      choose(cell);
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      const value = field.value.trim();
      end();
      const on = event.key === "Tab" ? walk(cell, { key: event.shiftKey ? "ArrowLeft" : "ArrowRight" }) : vertical(cell, event.shiftKey ? -1 : 1, false);
      const unchanged = value === cell.dataset.value;
      if (!unchanged) enter(cell, value, on);
      choose(on ?? cell);
    }
  });
  field.addEventListener("blur", () => {
    if (ended) return;
    const value = field.value.trim();
    end();
    if (value !== cell.dataset.value) enter(cell, value);
  });
}

function enter(cell, value) {
  const { kind, key, field = "" } = cell.dataset;
  cell.querySelector(".shown").textContent = value;
  cell.setAttribute("aria-busy", "true");
  return save({ kind, key, field, after: value, seen: Number(cell.dataset.seen) }, cell);
}

// Send a decision, then show the table as it stands now, and what else has changed through it.
async function save(said, cell = null) {
  alarm.textContent = told.textContent = "";
  const before = state();
  const body = { reading: Number(page.dataset.reading), ...said };
  const label = `${page.dataset.table} · ${cell ? placeOf(cell) : said.field}`;
  const waiting = box.put({ document: Number(page.dataset.document), question: null, label, body }, PATIENCE_MS);
  awaited.add(body.idempotency);
  const outcome = await waiting;
  awaited.delete(body.idempotency);
  if (cell) cell.removeAttribute("aria-busy");
  if (!outcome) return { ok: false };
  if (!outcome.ok) alarm.textContent = outcome.told.detail ?? "";
  await refresh();
  if (outcome.ok) {
    const others = changes(before, said.key);
    const now = cells().find((one) => one.dataset.kind === "value" && one.dataset.key === said.key);
    if (said.kind === "value" && ["second", "third"].includes(now?.dataset.asks)) say(words.savedSecond);
    else say(others.length ? words.savedMore.replace("{count}", others.length) : words.saved);
  }
  return outcome;
}

// What was kept while the server could not be reached has arrived, or was refused.
async function late(outcome) {
  if (awaited.has(outcome.item.body.idempotency)) return;
  if (!outcome.ok) alarm.textContent = outcome.told.detail ?? "";
  say(outcome.ok ? words.saved : "");
  if (outcome.item.document === Number(page.dataset.document)) await refresh();
}

function state() {
  return new Map(cells().map((one) => [`${one.dataset.key} ${one.dataset.field ?? ""}`, `${one.dataset.value} ${one.dataset.status}`]));
}

function changes(before, key) {
  const found = [];
  for (const one of cells()) {
    const was = before.get(`${one.dataset.key} ${one.dataset.field ?? ""}`);
    const now = `${one.dataset.value} ${one.dataset.status}`;
    if (was === now) continue;
    one.classList.add("just-changed");
    if (one.dataset.key !== key) found.push(one);
  }
  return found;
}

async function refresh() {
  const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) {
    location.reload();
    return;
  }
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  page.dataset.reading = now.querySelector(".table-page")?.dataset.reading ?? "";
  const room = page.querySelector(".grid-room");
  const scrolled = [room.scrollLeft, room.scrollTop];
  const focused = grid().contains(document.activeElement);
  for (const old of page.querySelectorAll("[data-fresh]")) {
    const fresh = now.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
    if (fresh) old.replaceWith(document.adoptNode(fresh));
  }
  const fresh = page.querySelector(".grid-room");
  [fresh.scrollLeft, fresh.scrollTop] = scrolled;
  const cell = chosen() ?? cells()[0];
  if (!cell) return;
  show(cell);
  if (focused) choose(cell);
}

function say(text) {
  told.textContent = text;
}

// Clicks and choices.
function clicked(event) {
  const cell = event.target.closest("td[data-kind]");
  if (cell && event.target.tagName !== "INPUT") return choose(cell);
  const button = event.target.closest("button");
  if (!button) return undefined;
  const { other, act, showCheck, go, undo } = button.dataset;
  if (other !== undefined) return enter(chosen(), other.replaceAll(",", ""));
  if (act) return acted(act);
  if (showCheck) return showSum(showCheck, button.dataset.cell);
  if (go) return jump(go);
  if (undo) return save({ kind: "undo", key: button.dataset.undoKey, field: "", after: "", undoes: Number(undo), seen: null });
  return undefined;
}

function acted(act) {
  const cell = chosen();
  if (!cell) return;
  const { key, value, seen } = cell.dataset;
  if (act === "accept") enter(cell, value);
  else if (act === "blank") enter(cell, "");
  else save({ kind: act, key, field: "", after: act === "source-wrong" ? value : "", seen: Number(seen) }, cell);
}

function jump(key) {
  const cell = cells().find((one) => one.dataset.kind === "value" && one.dataset.key === key);
  if (cell) choose(cell);
}

// All cells of a sum are marked until another is shown.
function showSum(id, first) {
  for (const one of cells()) one.classList.toggle("of-sum", (one.dataset.checks ?? "").split(" ").includes(id));
  jump(first);
}

// Form, unit, entity, year and kind: a choice is a decision, and is put back if it is not taken.
async function asked(event) {
  const field = event.target.closest("[data-decide]");
  if (!field) return;
  const { decide: kind, field: name, argument, now } = field.dataset;
  const after = argument ? JSON.stringify({ [argument]: field.value }) : field.value.trim();
  const key = kind === "structure" ? page.dataset.table : "document";
  const seen = kind === "structure" ? structureSeen() : Number(field.dataset.seen);
  const outcome = await save({ kind, key, field: name, after, seen });
  if (!outcome.ok && field.isConnected) field.value = now;
}
