// Shows how far a batch or document is, as the server tells it. The page is right without this, as of when it was made.
import { localTimes } from "./times.js";

const ORDER = ["done", "needs-review", "failed", "settling", "reading", "queued", "cancelled"];
const SVG = "http://www.w3.org/2000/svg";

const panel = document.querySelector("[data-watch]");
if (panel) watch(panel);

function watch(panel) {
  let source = null;
  const start = () => {
    if (source) return;
    source = new EventSource(panel.dataset.watch);
    source.addEventListener("progress", (event) => show(panel, JSON.parse(event.data)));
    source.addEventListener("end", () => {
      source.close();
      source = null;
      refresh();
    });
  };
  if (!("finished" in panel.dataset)) start();
  document.addEventListener("jiaokan:added", () => {
    refresh();
    start();
  });
}

// The lists of the page as the server has them now; the rest, such as what came of each file that was sent, stays.
async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const ticked = new Set([...document.querySelectorAll("input[name=documents]:checked")].map((box) => box.value));
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const fresh = now.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
    if (fresh) old.replaceWith(document.adoptNode(fresh));
  }
  for (const box of document.querySelectorAll("input[name=documents]")) box.checked = ticked.has(box.value);
  localTimes();
}

function show(panel, told) {
  for (const place of panel.querySelectorAll("[data-figure]")) {
    const value = place.dataset.figure.split(".").reduce((held, name) => held?.[name], told);
    place.textContent = typeof value === "number" ? value.toLocaleString("en") : value || "–";
  }
  const pages = panel.querySelector("progress[data-pages]");
  if (pages && told.progress?.pages) {
    pages.max = told.progress.pages;
    pages.value = told.progress.finished;
  }
  if (told.documents) {
    for (const item of panel.querySelectorAll("[data-count]")) {
      const count = told.documents[item.dataset.count] ?? 0;
      item.hidden = !count;
      item.querySelector("b").textContent = count.toLocaleString("en");
    }
    draw(panel.querySelector(".bar"), told.documents);
  }
  const state = document.querySelector("[data-show=state] .state");
  if (state && !state.classList.contains(`s-${told.state}`)) {
    const known = panel.querySelector(`[data-count="${told.state}"]`);
    state.className = `state s-${told.state}`;
    if (known) state.textContent = known.lastChild.textContent.trim();
  }
}

function draw(bar, documents) {
  const total = Object.values(documents).reduce((sum, count) => sum + count, 0) || 1;
  for (const old of bar.querySelectorAll("rect:not(.ground)")) old.remove();
  let at = 0;
  for (const state of ORDER) {
    const width = (100 * (documents[state] ?? 0)) / total;
    if (!width) continue;
    const part = document.createElementNS(SVG, "rect");
    part.setAttribute("class", `f-${state}`);
    for (const [name, value] of [["x", at], ["width", width], ["height", 4]]) part.setAttribute(name, value);
    bar.append(part);
    at += width;
  }
}
