"""How the page bears a conversation of ten thousand messages: Chromium scrolls through all of it.

    python -m bench.feed

It scrolls up to the first message, back to the last, and then hears five messages a second. Each
time it prints what lay between two frames (60 a second at best), how many tasks kept the browser
from drawing for more than 50 ms, how many rows stood in the page at most, and what the page holds
once its garbage is collected: its heap, and its nodes. It works on a site of its own.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.hosts import Ours, site
from core.localstack.suite import BROWSERS
from drills.client import Person
from drills.site import Site

MEMBERS = 20
AT_ONCE = 500
LIVE = 50
ROOMS = ("宽", 1280, 800), ("窄", 390, 844)

# What lay between frames, tasks of more than 50 ms, and the most rows that stood in the page.
WATCH = """() => {
  const seen = window.seen = { frames: [], tasks: [], rows: 0 };
  const note = (list) => list.getEntries().forEach((one) => seen.tasks.push(one.duration));
  new PerformanceObserver(note).observe({ entryTypes: ["longtask"] });
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    seen.rows = Math.max(seen.rows, document.querySelectorAll(".feed-log > *").length);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
TAKE = """() => {
  const { frames, tasks, rows } = window.seen;
  Object.assign(window.seen, { frames: [], tasks: [], rows: 0 });
  return { frames: frames.slice(1), tasks, rows };
}"""
BODY = ".feed-body"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    options = parser.parse_args()
    with site(MEMBERS) as running:
        ours = Ours(running, MEMBERS)
        try:
            for _ in range(options.messages // AT_ONCE):
                ours.say_at_once(AT_ONCE)
            print(
                "| page | what | frames: p50, ms | p95 | longest | long tasks | rows at most"
                " | heap, MB | nodes |"
            )
            print("|---|---|---|---|---|---|---|---|---|")
            for name, width, height in ROOMS:
                with entered(running, running.crowd()[1], width, height) as page:
                    measure(page, ours, name)
        finally:
            ours.stop()


@contextmanager
def entered(running: Site, person: Person, width: int, height: int) -> Iterator[Page]:
    path = next(path for path in BROWSERS if Path(path).exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=running.addresses[0]
        )
        context.add_cookies(
            [
                {
                    "name": "tongwen_session",
                    "value": person.session,
                    "url": running.addresses[0],
                }
            ]
        )
        try:
            yield context.new_page()
        finally:
            browser.close()


def measure(page: Page, ours: Ours, name: str) -> None:
    began = time.perf_counter()
    page.goto(f"/messages/?conversation={ours.room}")
    page.wait_for_selector(".feed-log .bubble")
    took = (time.perf_counter() - began) * 1000
    print(f"| {name} | opened, from nothing | | | {took:.0f} | | | {held(page)} |")
    page.evaluate(WATCH)
    box = page.locator(BODY).bounding_box()
    if box is None:
        raise RuntimeError("no conversation is open")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    report(page, name, "up to the first message", lambda: scroll(page, -1200))
    report(page, name, "down to the last", lambda: scroll(page, 1200))
    report(page, name, f"{LIVE} messages come", lambda: hear(page, ours))


def scroll(page: Page, by: int) -> None:
    """Wheels until nothing moves any more; the page fetches what it needs on the way."""
    still = 0
    place = ""
    while still < 20:
        page.mouse.wheel(0, by)
        page.wait_for_timeout(16)
        now = page.evaluate(
            "(body) => { const b = document.querySelector(body);"
            " const r = document.querySelector('.feed-log > :first-child');"
            " return `${Math.round(b.scrollTop)} ${b.scrollHeight} ${r && r.textContent}`; }",
            BODY,
        )
        still = still + 1 if now == place else 0
        place = now


def hear(page: Page, ours: Ours) -> None:
    for _ in range(LIVE):
        ours.say()
        page.wait_for_timeout(200)


def report(page: Page, name: str, what: str, act: Callable[[], None]) -> None:
    page.evaluate(TAKE)
    act()
    seen = page.evaluate(TAKE)
    frames = sorted(seen["frames"])
    p50, p95 = frames[len(frames) // 2], frames[len(frames) * 95 // 100]
    print(
        f"| {name} | {what} | {p50:.0f} | {p95:.0f} | {frames[-1]:.0f}"
        f" | {len(seen['tasks'])} of {len(frames)} | {seen['rows']} | {held(page)} |",
        flush=True,
    )


def held(page: Page) -> str:
    """What the page holds on to: megabytes of heap, and nodes."""
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable")
    browser.send("HeapProfiler.collectGarbage")
    told = browser.send("Performance.getMetrics")["metrics"]
    browser.detach()
    metrics = {metric["name"]: metric["value"] for metric in told}
    return f"{metrics['JSHeapUsedSize'] / 2**20:.1f} | {metrics['Nodes']:.0f}"


if __name__ == "__main__":
    main()
