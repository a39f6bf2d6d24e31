// The keys of the review station: what is decided, and how the page is looked at. In a field, typing is typing.
const KEYS = {
  s: "skip", i: "illegible", w: "source", t: "structure", n: "note", u: "undo", o: "good", e: "empty", g: "table", "?": "help", " ": "edit",
};
const SIGHTS = {
  z: "in", x: "out", v: "view", c: "centre", ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  PageUp: "before", PageDown: "after",
};

// `run` does a deed by its name, `see` moves the page, `screen` is the question that is shown.
export function listen({ help, screen, run, see }) {
  addEventListener("keydown", (event) => {
    if (help.open || event.isComposing) return;
    const typing = event.target.matches("input:not([readonly]), select, textarea");
    const letter = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
    if ((event.ctrlKey || event.metaKey) && letter === "z" && !event.shiftKey) {
      event.preventDefault();
      if (!typing || !screen.restore()) run("undo");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") screen.leave();
    else if (typing) screen.typing(event);
    else pressed(event, letter, { screen, run, see });
  });
}

function pressed(event, letter, { screen, run, see }) {
  const button = event.target.matches("button, a, summary");
  if (event.key === "Enter" && !button) {
    event.preventDefault();
    if (!event.repeat) run("accept");
    return;
  }
  if (button && (event.key === " " || event.key === "Enter")) return;
  if (/^[1-9]$/.test(event.key)) {
    screen.take(Number(event.key));
    return;
  }
  const deed = KEYS[letter] ?? KEYS[event.key];
  const sight = SIGHTS[letter] ?? SIGHTS[event.key];
  if (!deed && !sight) return;
  event.preventDefault();
  if (deed && !event.repeat) run(deed);
  if (sight) see(sight);
}
