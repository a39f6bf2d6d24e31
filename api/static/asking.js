// Buttons that end something ask first.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-ask]");
  if (button && !window.confirm(button.dataset.ask)) event.preventDefault();
});
