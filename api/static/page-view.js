// The picture of a page with the cells of a table on it: zoomed, and each cell found from either side.
import { draw, pageOf } from "./sheet.js";

const AROUND = 1.6; // points between what a cell prints and its outline
const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3, 4];

export function boxOf(cell) {
  const box = (cell.dataset.box || "").split(" ").map(Number);
  return box.length === 4 && box.every(Number.isFinite) ? box : null;
}

// `grid` gives the table, `found` is told the cell that was clicked on the picture.
export function pageView(room, grid, found, words) {
  const source = (number) => pageOf(room.dataset.document, number);
  const frame = room.querySelector("[data-page-room]");
  const pages = room.dataset.pages.split(" ").filter(Boolean).map(Number);
  const view = { number: 0, zoom: 1, svg: null };

  room.addEventListener("click", (event) => {
    const act = event.target.closest("[data-page-act]")?.dataset.pageAct;
    if (act) turn(act);
    else if (event.target.closest("[data-page-room]")) pick(event);
  });
  frame.addEventListener("keydown", (event) => {
    const act = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (act) turn(act);
  });

  function turn(act) {
    if (act === "before" || act === "after") {
      const at = pages.indexOf(view.number) + (act === "after" ? 1 : -1);
      if (pages[at]) open(pages[at]);
    } else {
      const at = ZOOMS.indexOf(view.zoom) + (act === "in" ? 1 : -1);
      view.zoom = act === "fit" ? 1 : (ZOOMS[at] ?? view.zoom);
      frame.dataset.zoom = view.zoom;
      mark(room.querySelector("rect.chosen"));
    }
  }

  async function open(number) {
    if (number === view.number) return;
    view.number = number;
    room.querySelector("[data-page-number]").textContent = words.page.replace("{number}", number);
    frame.dataset.zoom = view.zoom;
    const { page: picture, problem } = await source(number);
    if (view.number !== number) return;
    frame.replaceChildren();
    view.svg = null;
    if (!picture) {
      frame.textContent = problem || words.noPicture;
      return;
    }
    view.svg = draw("svg", { viewBox: `0 0 ${picture.width} ${picture.height}`, role: "img", "aria-label": words.page.replace("{number}", number) });
    view.svg.append(draw("image", { href: picture.href, width: picture.width, height: picture.height, preserveAspectRatio: "none" }));
    view.svg.append(draw("g", {}));
    frame.append(view.svg);
    outline();
  }

  // The outlines of the cells of this page, as the table has them now.
  function outline(current = null) {
    const group = view.svg?.querySelector("g");
    if (!group) return;
    group.replaceChildren();
    for (const cell of grid().querySelectorAll("td[data-kind='value']")) {
      const box = boxOf(cell);
      if (!box || Number(cell.dataset.page) !== view.number) continue;
      group.append(rectangle(box, { class: `on-page o-${cell.dataset.status}`, "data-key": cell.dataset.key }));
    }
    if (current && Number(current.dataset.page) === view.number && boxOf(current)) {
      for (const beam of beams(current)) group.append(beam);
      const [x0, y0, x1, y1] = boxOf(current);
      const rect = rectangle([x0 - AROUND, y0 - AROUND, x1 + AROUND, y1 + AROUND], { class: "chosen" });
      group.append(rect);
      mark(rect);
    }
  }

  // The row and the column of a cell, tinted.
  function beams(cell) {
    const [x0, y0, x1, y1] = boxOf(cell);
    const mates = [...grid().querySelectorAll("td[data-kind='value']")].filter((one) => Number(one.dataset.page) === view.number && boxOf(one));
    const wide = mates.map(boxOf);
    const left = Math.min(...wide.map((box) => box[0])), right = Math.max(...wide.map((box) => box[2]));
    const top = Math.min(...wide.map((box) => box[1])), bottom = Math.max(...wide.map((box) => box[3]));
    return [rectangle([left, y0, right, y1], { class: "beam" }), rectangle([x0, top, x1, bottom], { class: "beam" })];
  }

  function rectangle([x0, y0, x1, y1], more) {
    return draw("rect", { x: x0, y: y0, width: Math.max(x1 - x0, 0.1), height: Math.max(y1 - y0, 0.1), ...more });
  }

  function mark(rect) {
    if (!rect) return;
    const at = rect.getBoundingClientRect(), around = frame.getBoundingClientRect();
    if (at.top < around.top || at.bottom > around.bottom) frame.scrollTop += at.top - around.top - around.height / 2;
    if (at.left < around.left || at.right > around.right) frame.scrollLeft += at.left - around.left - around.width / 2;
  }

  function pick(event) {
    if (!view.svg) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(view.svg.getScreenCTM().inverse());
    let best = null;
    for (const cell of grid().querySelectorAll("td[data-kind]")) {
      const box = boxOf(cell);
      if (!box || Number(cell.dataset.page) !== view.number) continue;
      const off = Math.max(box[0] - point.x, point.x - box[2], 0) + Math.max(box[1] - point.y, point.y - box[3], 0);
      const size = (box[2] - box[0]) * (box[3] - box[1]);
      if (!best || off < best.off || (off === best.off && size < best.size)) best = { cell, off, size };
    }
    if (best && best.off < 40) found(best.cell);
  }

  return {
    source,
    async show(cell) {
      const number = Number(cell.dataset.page) || view.number || pages[0];
      if (number) await open(number);
      outline(cell);
    },
    hover(cell) {
      for (const one of view.svg?.querySelectorAll(".hovered") ?? []) one.classList.remove("hovered");
      if (cell) view.svg?.querySelector(`rect[data-key="${CSS.escape(cell.dataset.key)}"]`)?.classList.add("hovered");
    },
  };
}

// A cell of its page, enlarged; null where there is no picture.
export async function cropOf(view, cell) {
  const box = boxOf(cell);
  const picture = box && Number(cell.dataset.page) ? (await view.source(Number(cell.dataset.page))).page : null;
  return picture ? crop(picture, box) : null;
}

export function crop(picture, [x0, y0, x1, y1], glyph = null) {
  const margin = Math.max(3, (y1 - y0) * 0.3);
  const area = [x0 - margin, y0 - margin, x1 - x0 + 2 * margin, y1 - y0 + 2 * margin];
  const svg = draw("svg", { viewBox: area.join(" "), role: "presentation", preserveAspectRatio: "xMidYMid meet" });
  svg.append(draw("image", { href: picture.href, width: picture.width, height: picture.height, preserveAspectRatio: "none" }));
  if (glyph) {
    const [from, to] = glyph.map((share) => x0 + share * (x1 - x0));
    svg.append(draw("rect", { class: "glyph", x: from - 0.6, y: y0 - 1, width: to - from + 1.2, height: y1 - y0 + 2 }));
  }
  return svg;
}
