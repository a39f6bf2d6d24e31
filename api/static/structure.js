// The tools that put a table's structure right. Each acts on the chosen cell, its row or its column.
const STEPS = { left: ["shift-row", -1], right: ["shift-row", 1], up: ["shift-column", -1], down: ["shift-column", 1] };

export function structureTools(page, { chosen, grid, save, structureSeen, words, may }) {
  const buttons = [...page.querySelectorAll("[data-tool]")];
  page.addEventListener("jiaokan:chosen", (event) => {
    const isValue = event.detail.dataset.kind === "value";
    for (const button of buttons) button.disabled = !may || !(isValue || button.closest("[role=group]").querySelector("[data-tool=delete]"));
  });
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tool], [data-structure]");
    if (!button) return;
    if (button.dataset.structure === "declare-empty") {
      const empty = button.dataset.empty === "true";
      if (!empty || window.confirm(words.askEmpty)) change("declare-empty", { empty });
    } else if (chosen()) use(button.dataset.tool, chosen());
  });
  const bar = page.querySelector("[role=toolbar]");
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !buttons.includes(event.target)) return;
    event.preventDefault();
    const open = buttons.filter((one) => !one.disabled);
    open[(open.indexOf(event.target) + by + open.length) % open.length].focus();
  });

  const change = (field, after) => save({ kind: "structure", key: page.dataset.table, field, after: JSON.stringify(after), seen: structureSeen() });

  // The cells of the row's block that stand in the same table line, and the first cell of each row of the block.
  function block(cell) {
    const beside = [...cell.parentElement.children].filter((one) => one.dataset.kind === "value" && one.dataset.row === cell.dataset.row);
    const column = beside[0].dataset.column;
    const rows = [...grid().querySelectorAll(`td[data-kind='value'][data-column='${column}']`)];
    return { beside, rows, at: rows.findIndex((one) => one.dataset.row === cell.dataset.row) };
  }

  async function use(tool, cell) {
    const { beside, rows, at } = block(cell);
    const key = beside[0].dataset.key;
    const column = Number(cell.dataset.column);
    if (STEPS[tool]) {
      const [field, by] = STEPS[tool];
      await change(field, { row: cell.dataset.key, column, by });
    } else if (tool === "row-up" && at > 0) await change("move-row", { row: key, before: rows[at - 1].dataset.key });
    else if (tool === "row-down" && at + 1 < rows.length) await change("move-row", { row: key, before: rows[at + 2]?.dataset.key ?? "" });
    else if (tool === "above" || tool === "below") await insert(key, tool === "above" ? "before" : "after");
    else if (tool === "merge" && rows[at + 1]) await change("merge-rows", { rows: [key, rows[at + 1].dataset.key] });
    else if (tool === "delete") window.confirm(words.askDelete) && (await change("delete-row", { row: key }));
    else if (tool === "swap") {
      const other = beside[beside.indexOf(cell) + 1];
      if (other) await change("swap-columns", { columns: [column, Number(other.dataset.column)] });
    } else if (tool === "split") await split(cell);
    else if (tool === "set-column") await name(cell, column);
  }

  async function insert(key, place) {
    const said = await ask("insert");
    if (said) await change("insert-row", { row: key, place, code: said.code.trim(), name: said.name.trim(), line_no: said.line_no.trim() });
  }

  async function split(cell) {
    const text = cell.dataset.raw;
    if (text.length < 2) return;
    const dialog = document.querySelector("[data-dialog=split]");
    const range = dialog.querySelector("[name=at]");
    const cut = dialog.querySelector("[data-cut]");
    range.max = text.length - 1;
    range.value = Math.ceil(text.length / 2);
    const show = () => {
      cut.replaceChildren(text.slice(0, range.value), Object.assign(document.createElement("b"), { textContent: "|" }), text.slice(range.value));
    };
    range.addEventListener("input", show);
    show();
    const said = await ask("split");
    range.removeEventListener("input", show);
    if (said) await change("split-cell", { cell: cell.dataset.key, at: Number(said.at), to: said.to });
  }

  async function name(cell, column) {
    const field = document.querySelector("[data-dialog=column] [name=name]");
    const head = grid().querySelector(`th[data-head='${column}']`).firstChild.textContent;
    field.value = head;
    const said = await ask("column");
    if (said) await change("set-column", { column, name: said.name.trim() });
  }

  // What a person fills in; null if they would rather not.
  function ask(which) {
    const dialog = document.querySelector(`[data-dialog=${which}]`);
    const form = dialog.querySelector("form");
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((done) => {
      dialog.addEventListener("close", () => {
        const said = dialog.returnValue === "ok" ? Object.fromEntries(new FormData(form)) : null;
        if (which === "insert") form.reset();
        done(said);
      }, { once: true });
    });
  }
}
