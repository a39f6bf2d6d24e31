// Buttons that end something ask first.
for (const button of document.querySelectorAll("button[data-ask]")) {
  button.addEventListener("click", (event) => {
    if (!window.confirm(button.dataset.ask)) event.preventDefault();
  });
}
