// Crops that are doubtful alike: all are confirmed at once but those a person picks out.
import { post } from "./outbox.js";
import { crop } from "./page-view.js";
import { pageOf } from "./sheet.js";

const page = document.querySelector(".groups-page");
const words = JSON.parse(page.dataset.words);
const list = page.querySelector("[role=listbox]");
const button = page.querySelector("[data-confirm]");
let sentAs = "";
if (list) begin();

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function begin() {
  count();
  for (const one of options()) draw(one);
  list.addEventListener("keydown", pressed);
  list.addEventListener("focusin", (event) => about(event.target.closest("[role=option]")));
  list.addEventListener("click", (event) => {
    const one = event.target.closest("[role=option]");
    if (!one) return;
    focus(one);
    toggle(one);
  });
  page.querySelector("[data-all]").addEventListener("click", () => set(true));
  page.querySelector("[data-none]").addEventListener("click", () => set(false));
  button.addEventListener("click", confirm);
  options()[0]?.focus();
}

// Only what can be seen can be confirmed: a crop counts once its picture is there, and never where there is none.
async function draw(one) {
  const { document: number, page: sheet, box, glyph } = one.dataset;
  const place = box.split(" ").map(Number);
  const room = one.querySelector("[data-crop]");
  room.textContent = words.drawing;
  const picture = place.length === 4 && Number(sheet) ? (await pageOf(number, Number(sheet))).page : null;
  const whole = Object.assign(new Image(), { src: picture?.href ?? "" });
  if (!picture || !(await whole.decode().then(() => true, () => false))) {
    room.textContent = words.noPicture;
    one.setAttribute("aria-selected", "false");
    return;
  }
  const extent = glyph ? glyph.split(" ").map(Number) : null;
  room.replaceChildren(crop(picture, place, extent));
  one.dataset.seen = "";
  count();
}

function pressed(event) {
  const all = options();
  const at = all.indexOf(event.target.closest("[role=option]"));
  if (at < 0 || event.altKey || event.metaKey || event.ctrlKey) return;
  const across = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - across, ArrowDown: at + across, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    if (all[to]) focus(all[to]);
  } else if (event.key === " ") {
    event.preventDefault();
    toggle(all[at]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    confirm();
  }
}

function focus(one) {
  for (const other of options()) other.tabIndex = other === one ? 0 : -1;
  one.focus();
}

function toggle(one) {
  if (!seen(one)) return;
  one.setAttribute("aria-selected", one.getAttribute("aria-selected") === "true" ? "false" : "true");
  count();
}

function seen(one) {
  return "seen" in one.dataset;
}

function set(chosen) {
  for (const one of options().filter(seen)) one.setAttribute("aria-selected", String(chosen));
  count();
}

function chosen() {
  return options().filter((one) => seen(one) && one.getAttribute("aria-selected") === "true");
}

function count() {
  const number = chosen().length;
  button.textContent = words.confirm.replace("{count}", number);
  button.disabled = !number;
}

// Of the crop the keyboard is at: where it stands, and why it is asked about.
function about(one) {
  const room = page.querySelector("[data-about]");
  if (!one) return;
  room.hidden = false;
  room.querySelector("[data-about-name]").textContent = `${one.dataset.name} · ${one.dataset.table}`;
  room.querySelector("[data-about-reason]").textContent = one.dataset.reason;
  room.querySelector("[data-about-link]").href =
    `/documents/${one.dataset.document}/tables/${encodeURIComponent(one.dataset.table)}#${encodeURIComponent(one.dataset.cell)}`;
}

async function confirm() {
  const questions = chosen().map((one) => Number(one.dataset.question));
  const values = chosen().map((one) => one.dataset.value);
  if (!questions.length || button.disabled) return;
  button.disabled = true;
  const { alarm, told } = { alarm: page.querySelector("[data-alarm]"), told: page.querySelector("[data-told]") };
  alarm.textContent = "";
  sentAs ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
  const answer = await post("/api/groups/decisions", { questions, values, idempotency: sentAs });
  const outcome = (await answer?.json().catch(() => null)) ?? {};
  if (!answer?.ok) {
    alarm.textContent = answer ? (outcome.detail ?? "") : words.offline;
    button.disabled = false;
    return;
  }
  sentAs = "";
  const left = new Set(outcome.skipped);
  for (const one of chosen()) if (!left.has(Number(one.dataset.question))) one.remove();
  told.textContent = words.confirmed.replace("{count}", outcome.decided) + (left.size ? words.skipped.replace("{count}", left.size) : "");
  set(true);
  if (options().length) focus(options()[0]);
  else location.assign(location.pathname + location.search.replace(/&(pair|asks|raw)=[^&]*/g, ""));
}
