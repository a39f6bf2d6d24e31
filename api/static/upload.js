// Sends files to a batch, three at a time; large ones in pieces, which go on where a break left them.
const LARGE = 16 * 1024 * 1024;
const AT_ONCE = 3;
const ATTEMPTS = 5;

const area = document.querySelector("[data-upload]");
if (area) prepare(area);

function prepare(area) {
  area.hidden = false;
  const waiting = [];
  const counts = { all: 0, done: 0, running: 0 };
  const add = (found) => {
    waiting.push(...found);
    counts.all += found.length;
    while (counts.running < AT_ONCE && waiting.length) work(area, waiting, counts);
  };
  for (const input of area.querySelectorAll("[data-pick]")) {
    input.addEventListener("change", () => {
      add([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
      input.value = "";
    });
  }
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    for (const entry of entries) await walk(entry, "", (found) => add([found]));
  });
  window.addEventListener("beforeunload", (event) => {
    if (counts.running) event.preventDefault();
  });
}

async function walk(entry, above, found) {
  const name = above + entry.name;
  if (entry.isFile) {
    found({ file: await new Promise((yes, no) => entry.file(yes, no)), name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((yes, no) => reader.readEntries(yes, no));
    if (!some.length) return;
    for (const one of some) await walk(one, `${name}/`, found);
  }
}

async function work(area, waiting, counts) {
  counts.running += 1;
  while (waiting.length) {
    const { file, name } = waiting.shift();
    let outcome;
    try {
      outcome = await (file.size > LARGE ? inPieces : whole)(area.dataset.upload, file, name);
    } catch (error) {
      outcome = { name, outcome: "failed", reason: error.message };
    }
    counts.done += 1;
    tell(area, outcome, counts);
  }
  counts.running -= 1;
  if (!counts.running) document.dispatchEvent(new Event("jiaokan:added"));
}

function whole(batch, file, name) {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return ask("PUT", `${batch}/files/${path}`, file, { "Content-Type": "application/octet-stream" });
}

async function inPieces(batch, file, name) {
  const body = JSON.stringify({ name, size: file.size });
  let upload = await ask("POST", `${batch}/uploads`, body, { "Content-Type": "application/json" });
  while (upload.state === "receiving") {
    const piece = file.slice(upload.offset, upload.offset + Math.min(upload.piece, LARGE));
    const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(upload.offset) };
    upload = await ask("PATCH", `/api/uploads/${upload.id}`, piece, headers, `/api/uploads/${upload.id}`);
  }
  if (upload.result) return upload.result;
  return { name, outcome: upload.state === "failed" ? "refused" : "accepted", reason: upload.reason };
}

// A request that is made again when the line breaks; `instead` tells how things stand where the answer got lost.
async function ask(method, address, body, headers, instead) {
  const token = document.querySelector("meta[name=csrf]").content;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(address, { method, body, headers: { ...headers, "X-CSRF-Token": token } });
      if (answer.ok) return await answer.json();
      if (answer.status === 409 && instead) return await (await fetch(instead)).json();
      const problem = await answer.json();
      if (answer.status !== 503 || attempt >= ATTEMPTS) throw Object.assign(new Error(problem.detail), { final: true });
    } catch (error) {
      if (error.final || attempt >= ATTEMPTS) throw error;
    }
    await new Promise((go) => setTimeout(go, 500 * 2 ** attempt));
    if (instead) {
      const now = await fetch(instead).then((answer) => answer.json(), () => null);
      if (now?.offset !== undefined && String(now.offset) !== headers["Upload-Offset"]) return now;
    }
  }
}

function tell(area, outcome, counts) {
  const words = (key) => document.querySelector(`template[data-outcome="${key}"]`).innerHTML;
  const line = document.createElement("li");
  const name = document.createElement("span");
  const what = document.createElement("b");
  name.textContent = outcome.name;
  what.textContent = words(outcome.outcome);
  what.className = `o-${outcome.outcome}`;
  line.append(name, what);
  const more = outcome.reason || (outcome.same_as && `= ${outcome.same_as}`);
  if (more) {
    const why = document.createElement("small");
    why.textContent = more;
    line.append(why);
  }
  document.querySelector("[data-outcomes]").prepend(line);
  const bar = area.querySelector("progress");
  bar.hidden = false;
  bar.max = counts.all;
  bar.value = counts.done;
  area.querySelector("[data-sum]").textContent = words("sum").replace("{done}", counts.done).replace("{all}", counts.all);
}
