// While something is being made, the page looks again from time to time.
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 3000);
