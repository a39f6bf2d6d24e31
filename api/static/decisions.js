// Brings a CSV of decisions in and tells what came of each line.
const area = document.querySelector("[data-decisions]");
if (area) area.querySelector("input[type=file]").addEventListener("change", (event) => bring(event.target));

async function bring(input) {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  const said = area.querySelector("[role=status]");
  const list = area.querySelector("tbody");
  said.textContent = area.dataset.sending;
  list.replaceChildren();
  area.querySelector("table").hidden = true;
  try {
    const answer = await fetch(area.dataset.decisions, {
      method: "POST",
      headers: { "Content-Type": "text/csv", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
      body: file,
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    said.textContent = area.dataset.sum
      .replace("{taken}", told.taken)
      .replace("{already}", told.already_there)
      .replace("{orphaned}", told.orphaned)
      .replace("{refused}", told.refused);
    show(list, told.rows.filter((row) => row.outcome !== "already there"));
  } catch (error) {
    said.textContent = error.message;
  }
}

function show(list, rows) {
  for (const row of rows.slice(0, 500)) {
    const line = list.insertRow();
    const words = [row.row, row.document, area.dataset[row.outcome], row.reason];
    words.forEach((text, place) => {
      const cell = line.insertCell();
      cell.textContent = text ?? "";
      if (!place) cell.className = "figure";
    });
  }
  area.querySelector("table").hidden = !rows.length;
}
