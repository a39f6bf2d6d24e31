// The question on the screen: its field, the other readings, the sums as they come out while somebody types.
import { exact, grouped, holding, plain, shown, tried } from "./sums.js";

// The labels of the row that were changed, as (field, text).
export function labels(root, question) {
  if (question.asks !== "label") return [];
  const before = { row_code: question.code, row_name: question.row };
  return [...root.querySelectorAll("[data-label]")]
    .map((one) => [one.dataset.label, one.value.trim()])
    .filter(([field, text]) => text !== before[field]);
}

// What was changed about the document, as (field, text).
export function answered(root, question) {
  return [...root.querySelectorAll("[data-about]")]
    .map((one) => [one.dataset.about, one.value.trim()])
    .filter(([field, text]) => text && text !== question.document[field]);
}

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

export function shownQuestion(root, t, { decide, look }) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const field = find("value"), wrongRoom = find("wrong"), note = find("note");
  const state = { question: null, first: "" };

  field.addEventListener("input", () => {
    wrongRoom.textContent = problem() ? t(problem()) : "";
    field.setAttribute("aria-invalid", String(Boolean(problem())));
    sums();
  });
  field.addEventListener("pointerdown", () => edit());

  // What somebody else has answered meanwhile stands in the field; what was typed here is another reading, to be taken
  // by its key: ENTER alone never overwrites.
  function show(found, draft) {
    const typed = draft ?? null;
    const late = !found.open && typed !== null && plain(typed) !== found.value;
    const question = late ? { ...found, alternatives: [typed, ...found.alternatives] } : found;
    state.question = question;
    find("question").dataset.open = question.open;
    state.first = grouped(question.value);
    const cell = question.asks !== "document";
    const { document: about } = question;
    const has = { cell, document: !cell, label: question.asks === "label", missing: Boolean(question.missing && about.pages) };
    for (const one of root.querySelectorAll("[data-question] [data-for]")) one.hidden = !has[one.dataset.for];
    find("where").textContent = [about.batch_name, about.name, about.entity, about.year, question.title].filter(Boolean).join(" › ");
    find("heading").textContent = cell
      ? [question.table, question.code, question.row || question.line_no, question.column].filter(Boolean).join(" · ")
      : t("about-document");
    const whole = `/documents/${about.id}`;
    find("table-link").href = cell ? `${whole}/tables/${encodeURIComponent(question.table_page)}#${encodeURIComponent(question.key)}` : whole;
    find("reason").textContent = question.open ? question.reason : t("answered-already");
    find("unit").textContent = question.unit ? `（${question.unit}）` : "";
    find("raw").textContent = cell ? t(question.blind ? "read-blind" : "read-as", { text: question.raw || t("blank") }) : "";
    wrongRoom.textContent = "";
    field.readOnly = true;
    field.value = typed === null || late ? state.first : grouped(typed);
    field.setAttribute("aria-invalid", "false");
    note.value = "";
    find("note-room").hidden = true;
    root.querySelector("[data-label=row_code]").value = question.code;
    root.querySelector("[data-label=row_name]").value = question.row;
    for (const one of root.querySelectorAll("[data-about]")) one.value = about[one.dataset.about] ?? "";
    around(question);
    witnesses(question);
    history(question);
    sums();
  }

  // ---- the field

  const value = () => plain(field.value);
  const changed = () => value() !== plain(state.first);
  const problem = () => (field.value.trim() && !exact(field.value) ? "no-number" : "");

  function edit(text = null) {
    if (!state.question || state.question.asks === "document") return;
    field.readOnly = false;
    if (text !== null) field.value = text;
    field.focus();
    if (text === null) field.select();
    sums();
  }

  function leave() {
    field.readOnly = true;
    field.value = state.first;
    wrongRoom.textContent = "";
    focus();
    sums();
  }

  function restore() {
    if (document.activeElement !== field || !changed()) return false;
    leave();
    return true;
  }

  function take(number) {
    const other = state.question?.alternatives[number - 1];
    if (other === undefined) return (wrongRoom.textContent = t("no-such", { number }));
    field.readOnly = true;
    field.value = grouped(other);
    wrongRoom.textContent = "";
    return sums();
  }

  function focus() {
    if (state.question.asks === "document") find("heading").focus();
    else field.focus();
  }

  // Keys while somebody types: ENTER decides, arrows up and down go from row to row and never step a number.
  function typing(event) {
    const cell = event.target.closest("[data-cell]");
    if (event.key === "Enter" && cell) {
      event.preventDefault();
      enter(cell);
    } else if (cell && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const rows = [...find("around").querySelectorAll("tbody tr")];
      const row = rows.indexOf(cell.closest("tr")) + (event.key === "ArrowUp" ? -1 : 1);
      rows[row]?.querySelector(`[data-column="${cell.dataset.column}"]`)?.focus();
    }
  }

  // ---- the other readings, and what each makes of the sums

  function sums() {
    const question = state.question;
    if (!question || question.asks === "document") return find("others").replaceChildren();
    find("others").replaceChildren(...question.alternatives.map(other));
    const list = question.balances.map((balance) => sum(balance, question.key));
    find("sums").replaceChildren(...(list.length ? list : [element("li", t("no-sums"), "quiet")]));
    return null;
  }

  function other(text, index) {
    const item = document.createElement("li"), button = element("button", "", "other");
    button.type = "button";
    button.tabIndex = -1;
    if (plain(field.value) === text) button.setAttribute("aria-pressed", "true");
    const { holds, all } = holding(state.question.balances, state.question.key, text);
    button.append(element("kbd", String(index + 1)), " ", element("b", text === "" ? t("blank") : grouped(text)));
    if (all) button.append(" ", element("span", t("adds-up", { holds, all }), holds === all ? "good" : "quiet"));
    button.addEventListener("click", () => take(index + 1));
    item.append(button);
    return item;
  }

  function sum(balance, key) {
    const result = tried(balance, key, field.value);
    const item = element("li", "", !result ? "untold" : result.holds ? "holds" : "off");
    const sign = !result ? "?" : result.holds ? "✓" : "✗";
    const head = element("summary");
    const said = !result ? t("untold") : result.holds ? t("holds") : t("off", { amount: shown(result.off, 2) });
    head.append(element("span", sign, "sign"), " ", element("b", said), " ", element("span", balance.formula, "formula"));
    const more = document.createElement("details");
    more.open = opened.has(balance.check);
    more.addEventListener("toggle", () => (more.open ? opened.add(balance.check) : opened.delete(balance.check)));
    more.append(head, terms(balance.left, key), element("p", "=", "equals"), terms(balance.right, key));
    item.append(more);
    return item;
  }
  const opened = new Set();

  function terms(all, key) {
    const list = element("ul", "", "terms");
    for (const term of all) {
      const own = term.cell === key;
      const line = element("li", "", own ? "own" : "");
      const button = element("button", `${term.table} ${term.name} · ${term.column}`, "plain");
      button.type = "button";
      button.addEventListener("click", () => look({ document: state.question.document.id, cell: term.cell }));
      line.append(term.sign < 0 ? "− " : "+ ", element("span", grouped(own ? field.value : term.value) || t("blank"), "figure"), " ", button);
      list.append(line);
    }
    return list;
  }

  // ---- the rows around, the witnesses, what was said before

  function around(question) {
    const table = find("around");
    table.hidden = !question.rows.length;
    const head = document.createElement("tr");
    for (const name of [t("row-head"), ...question.columns]) {
      const cell = element("th", name);
      cell.scope = "col";
      head.append(cell);
    }
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...question.rows.map((row) => line(row, question)));
  }

  function line(row, question) {
    const made = document.createElement("tr");
    const name = element("th", [row.code, row.name || row.line_no].filter(Boolean).join(" "));
    name.scope = "row";
    made.append(name);
    row.cells.forEach((cell, index) => {
      const place = element("td", "", `c-${cell.status}`);
      const own = cell.cell === question.key;
      if (own) place.append(element("b", t("asked-here")));
      else {
        const input = document.createElement("input");
        input.inputMode = "decimal";
        input.value = grouped(cell.value);
        input.maxLength = 40;
        Object.assign(input.dataset, { cell: cell.cell, column: index, seen: cell.seen, before: cell.value });
        input.setAttribute("aria-label", `${row.name || row.code} · ${question.columns[index] ?? ""}`);
        place.append(input);
      }
      made.append(place);
    });
    return made;
  }

  async function enter(input) {
    const text = plain(input.value);
    const wrong = Boolean(text && !exact(text));
    input.setAttribute("aria-invalid", String(wrong));
    if (wrong) return (wrongRoom.textContent = t("no-number"));
    return decide(input.dataset.cell, text, Number(input.dataset.seen));
  }

  function witnesses(question) {
    find("witness-room").hidden = !question.witnesses.length;
    find("witnesses").replaceChildren(...question.witnesses.map((witness) => {
      const item = element("li", "", witness.agrees ? "agrees" : "differs");
      const button = element("button", witness.text, "plain");
      button.type = "button";
      button.addEventListener("click", () => look(witness));
      item.append(element("span", t(`witness-${witness.kind}`), "kind"), " ", element("b", grouped(witness.value) || t("blank")), " ", button);
      return item;
    }));
  }

  function history(question) {
    find("history-room").hidden = !question.said.length;
    find("history").replaceChildren(...question.said.map((one) => {
      const what = one.kind === "value" ? grouped(one.after) || t("blank") : `${t(`kind-${one.kind}`)} ${one.after}`;
      const text = [one.who, new Date(one.at).toLocaleString(), what, one.note].filter(Boolean).join(" · ");
      return element("li", text, one.undone ? "undone" : "");
    }));
  }

  function openNote() {
    find("note-room").hidden = false;
    note.focus();
  }

  return {
    show, value, changed, problem, edit, leave, restore, take, focus, typing, openNote,
    wrong: (text) => {
      wrongRoom.textContent = text;
      field.readOnly = false;
      field.focus();
    },
    note: () => note.value.trim(),
    draft: () => value(),
    label: () => find("heading").textContent,
  };
}
