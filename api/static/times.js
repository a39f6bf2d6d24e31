// Times stand in the page in UTC; here they become those of the reader's own clock.
const shown = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });

export function localTimes() {
  for (const time of document.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = shown.format(new Date(time.dateTime));
  }
}

localTimes();
