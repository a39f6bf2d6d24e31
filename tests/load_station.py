"""What a review costs a person: `python -m tests.load_station [--questions 200] [--database-url URL]`.

One browser answers so many questions by keyboard, each the way its page asks for: the reading as it stands, another
one, or a value typed. Told are the keys and seconds of each way, and the times of decisions, of the next question and
of its picture. The time a person looks is left out: what remains is what the station takes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.reviewing import doubtful, file_away
from tests.servers import OwnRedis
from tests.station import Station, heading, station

_UNSEEN_MS = 205
_TIMES = """() => performance.getEntriesByType("resource")
  .map((one) => [one.name.replace(/\\d+/g, "N").replace(/\\?.*/, ""), one.duration])"""
_LOOKING = """() => { performance.setResourceTimingBufferSize(5000); window.seen = [];
  const frame = document.querySelector("[data-frame]");
  new MutationObserver(() => {
    const image = frame.querySelector("image"), begun = performance.now();
    if (!image) return;
    const probe = new Image();
    probe.onload = () => window.seen.push(performance.now() - begun);
    probe.src = image.getAttribute("href");
  }).observe(frame, { childList: true }); }"""


def answer(page: Page, way: str, value: str) -> int:
    """Answer the question that is shown; how many keys it took."""
    keys = {"accept": ["Enter"], "take": ["1", "Enter"], "type": [" ", *value, "Enter"]}[way]
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def session(page: Page, count: int) -> dict[str, list[tuple[int, float]]]:
    """Keys and seconds of each answer, by how it was given."""
    took: dict[str, list[tuple[int, float]]] = {"accept": [], "take": [], "type": []}
    for number in range(count):
        if page.locator("[data-empty]").is_visible():
            break
        page.wait_for_timeout(_UNSEEN_MS)
        way = ("take", "take", "type", "accept")[number % 4]
        other = page.locator("[data-others] b").first
        value = other.inner_text().replace(",", "") if other.count() else "1.00"
        before, begun = heading(page), time.monotonic()
        keys = answer(page, way, value)
        page.wait_for_function(
            """before => !document.querySelector("[data-empty]").hidden
            || document.querySelector("[data-where]").innerText
            + document.querySelector("[data-heading]").innerText !== before""",
            arg=before,
        )
        took[way].append((keys, time.monotonic() - begun))
    return took


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * len(values))] if values else 0.0


def told(found: Station, count: int) -> str:
    """The figures of a session."""
    for number in range(count):
        file_away(found.database, found.blobs, found.batch, f"{number}.pdf", doubtful(number))
    page = found.at_work()
    page.evaluate(_LOOKING)
    begun = time.monotonic()
    took = session(page, count)
    whole = time.monotonic() - begun
    lines = []
    for way, all_of_it in took.items():
        if all_of_it:
            keys = statistics.mean(one for one, _ in all_of_it)
            seconds = [one for _, one in all_of_it]
            lines.append(
                f"{way}: {len(all_of_it)} answers, {keys:.1f} keys each, "
                f"median {statistics.median(seconds):.2f} s, p95 {p95(seconds):.2f} s"
            )
    times = page.evaluate(_TIMES)
    for name in ("/api/documents/N/decisions", "/api/questions/next"):
        own = [ms for address, ms in times if address.endswith(name)]
        lines.append(f"{name}: {len(own)}, median {statistics.median(own):.0f} ms, p95 {p95(own):.0f} ms")
    seen = page.evaluate("window.seen")
    lines.append(
        f"picture after its question: {len(seen)}, median {statistics.median(seen):.0f} ms, p95 {p95(seen):.0f} ms"
    )
    done = sum(map(len, took.values()))
    lines.append(f"{done} answers in {whole:.0f} s, of which {done * _UNSEEN_MS / 1000:.0f} s the least a person looks")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--database-url", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, OwnRedis(Path(name)) as server:
        folder = Path(name)
        url = args.database_url or f"sqlite:///{folder}/jiaokan.sqlite"
        with station(folder, url, server.url) as found:
            sys.stdout.write(told(found, args.questions))


if __name__ == "__main__":
    main()
