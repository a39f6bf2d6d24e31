// The picture of a page: straightened or as scanned, zoomed and moved, with places marked on it.
import { call } from "./outbox.js";

const SVG = "http://www.w3.org/2000/svg";
const ZOOMS = [1, 1.5, 2, 3, 4, 6];
const TRIES = 40, PAUSE_MS = 400;
const STEP = 120;
const pages = new Map();

export function draw(name, attributes = {}) {
  const found = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  return found;
}

// Where the pictures of a page are; waits while they are drawn. { page } or { problem }.
export async function pageOf(document_, number) {
  const address = `/api/documents/${document_}/pages/${number}`;
  if (pages.has(address)) return { page: pages.get(address) };
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await call(address);
    if (!answer) return { problem: null };
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 200) return { page: remember(document_, told) };
    if (answer.status !== 202) return { problem: told.detail ?? "" };
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  return { problem: "" };
}

export function remember(document_, page) {
  if (page) pages.set(`/api/documents/${document_}/pages/${page.number}`, page);
  return page;
}

// Have the browser fetch what will be looked at next.
export function prefetch(page) {
  for (const one of [page?.straight ?? page]) if (one?.href) new Image().src = one.href;
}

export function sheet(room, t) {
  const frame = room.querySelector("[data-frame]"), crop = document.querySelector("[data-crop]");
  const told = room.querySelector("[data-page-told]");
  const state = { zoom: 2, straight: true, page: null, home: null, at: null, turn: 0 };

  for (const button of room.querySelectorAll("[data-sheet]")) {
    button.addEventListener("click", () => act(button.dataset.sheet));
  }
  drag();

  function act(what) {
    if (what === "in" || what === "out") {
      const at = Math.max(0, ZOOMS.indexOf(state.zoom)) + (what === "in" ? 1 : -1);
      state.zoom = ZOOMS[Math.min(Math.max(at, 0), ZOOMS.length - 1)];
      resize();
      centre();
    } else if (what === "view") {
      state.straight = !state.straight;
      paint();
    } else if (what === "before" || what === "after") turn(what === "after" ? 1 : -1);
    else if (what === "centre") {
      if (state.at === state.home) centre();
      else go(state.home);
    } else if (what === "fit") {
      state.zoom = 1;
      resize();
    } else {
      const [x, y] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[what];
      frame.scrollBy(x * STEP, y * STEP);
    }
  }

  // Show the place a question is about, with others tinted: { document, number, place, mates, count, page }, where `count`
  // is the number of pages and `page` is known already or null. It is what one comes back to.
  function show(home) {
    state.home = home;
    crop?.replaceChildren();
    return go(home);
  }

  // Look at another place for a while.
  function visit(at) {
    return go({ mates: [], count: 0, page: null, ...at });
  }

  function turn(by) {
    const { at, home } = state;
    const number = (at?.number ?? 0) + by;
    if (!at || number < 1 || number > at.count) return;
    if (at.document === home.document && number === home.number) go(home);
    else visit({ document: at.document, number, place: null, count: at.count });
  }

  async function go(at) {
    const turn = ++state.turn;
    Object.assign(state, { at, page: at.page });
    if (!at.page) {
      offer(null);
      frame.replaceChildren();
      told.textContent = t("drawing");
      const found = await pageOf(at.document, at.number);
      if (turn !== state.turn) return;
      state.page = at.page = found.page ?? null;
      told.textContent = found.page ? "" : (found.problem ?? t("offline-page"));
    }
    paint();
  }

  function picture() {
    const view = state.page && state.straight && state.page.straight ? state.page.straight : state.page;
    return view ? { ...view, straight: view === state.page.straight } : null;
  }

  const boxOf = (place, straight) => (place ? (straight ? (place.straight ?? place.box) : place.box) : null);

  function paint() {
    const view = picture();
    offer(view);
    if (!view) return;
    told.textContent = t("page", { number: state.page.number });
    const svg = whole(view, [0, 0, view.width, view.height]);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", t("page", { number: state.page.number }));
    for (const mate of state.at.mates) mark(svg, boxOf(mate, view.straight), "mate", 0.4);
    mark(svg, boxOf(state.at.place, view.straight), "asked", 1.6);
    frame.replaceChildren(svg);
    resize();
    centre();
    if (state.at === state.home) enlarge(view);
  }

  // The buttons that do something as it is.
  function offer(view) {
    room.dataset.view = view?.straight ? "straight" : "filed";
    for (const button of room.querySelectorAll("[data-sheet]")) button.disabled = !view;
    const way = room.querySelector("[data-sheet=view]");
    way.hidden = !state.page?.straight;
    way.textContent = t(view?.straight ? "view-filed" : "view-straight");
    room.querySelector("[data-sheet=before]").disabled = !state.at || state.at.number <= 1;
    room.querySelector("[data-sheet=after]").disabled = !state.at || state.at.number >= state.at.count;
  }

  function blank() {
    state.turn += 1;
    state.page = state.at = state.home = null;
    frame.replaceChildren();
    crop?.replaceChildren();
    told.textContent = "";
    offer(null);
  }

  function whole(view, box) {
    const svg = draw("svg", { viewBox: box.join(" ") });
    svg.append(draw("image", { href: view.href, width: view.width, height: view.height, preserveAspectRatio: "none" }));
    return svg;
  }

  function mark(svg, box, name, margin) {
    if (!box) return;
    const [x0, y0, x1, y1] = box;
    svg.append(draw("rect", {
      class: name, x: x0 - margin, y: y0 - margin, width: x1 - x0 + 2 * margin, height: y1 - y0 + 2 * margin,
    }));
  }

  // The place alone, large, with a little of what stands around it.
  function enlarge(view) {
    if (!crop) return;
    crop.replaceChildren();
    const box = boxOf(state.home.place, view.straight);
    if (!box) return;
    const [x0, y0, x1, y1] = box;
    const high = Math.max(y1 - y0, 8), aside = Math.max(high, (x1 - x0) * 0.2);
    const svg = whole(view, [x0 - aside, y0 - high * 0.5, x1 - x0 + 2 * aside, y1 - y0 + high]);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", t("crop"));
    mark(svg, box, "asked thin", 0.6);
    crop.append(svg);
  }

  function resize() {
    const svg = frame.firstElementChild;
    if (svg) svg.setAttribute("width", `${state.zoom * 100}%`);
  }

  function centre() {
    const rect = frame.querySelector(".asked");
    if (!rect) return frame.scrollTo(0, 0);
    const at = rect.getBoundingClientRect(), around = frame.getBoundingClientRect();
    frame.scrollBy(
      at.left + at.width / 2 - around.left - around.width * 0.6, at.top + at.height / 2 - around.top - around.height / 2,
    );
  }

  function drag() {
    let from = null;
    frame.addEventListener("pointerdown", (event) => {
      from = [event.clientX + frame.scrollLeft, event.clientY + frame.scrollTop];
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => {
      if (from) frame.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (from = null));
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      act(event.deltaY < 0 ? "in" : "out");
    }, { passive: false });
  }

  return { show, visit, act, blank, number: () => state.at?.number ?? 0 };
}
