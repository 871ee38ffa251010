"""A whole site for the journeys: its own database, daphne, worker and sample app.

The services come from the environment; everything else is started here and stopped here.
"""

import gzip
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
    sync_playwright,
)

from org.credentials import totp
from tests import databases, ports

ROOT = databases.ROOT
DIVISIONS = ROOT / "org" / "data" / "divisions-zhejiang.csv.gz"
COUNTIES = ("330102", "330106", "330203")
"""上城区 and 西湖区 of 杭州市, 海曙区 of 宁波市: the part of the province the journeys load."""
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
PATIENCE = 60_000
"""Milliseconds for a page to come to what is expected: other tests use the processors too."""


@dataclass(frozen=True, slots=True)
class Account:
    """One demo account: who it is and how it signs in."""

    role: str
    name: str
    unit: str
    username: str
    password: str
    totp_secret: str = ""


@dataclass(slots=True)
class Site:
    """A running installation with its demo accounts by role."""

    url: str
    accounts: dict[str, Account]
    environment: dict[str, str] = field(repr=False)
    codes_used: dict[str, int] = field(default_factory=dict, repr=False)
    """Username → the half-minute of the last code it signed in with: none is taken twice."""
    entered: dict[str, StorageState] = field(default_factory=dict, repr=False)
    """Username → what a browser of that person keeps right after signing in."""

    def manage(self, *arguments: str) -> str:
        """Runs a management command against the site; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says plainly why the journeys do not run where there is no browser."""
    no_browser = pytest.mark.skip(reason="no chromium on this machine: journeys not run")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)
            if CHROMIUM is None:
                item.add_marker(no_browser)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, loaded with three counties and the demo's accounts."""
    folder = tmp_path_factory.mktemp("site")
    port, sample_port = ports.free(), ports.free()
    url = f"http://127.0.0.1:{port}"
    database = f"journeys_{os.getpid()}_{secrets.token_hex(3)}"
    environment = _environment(database=database, url=url)
    logs = folder / "logs"
    logs.mkdir()
    started: list[subprocess.Popen[bytes]] = []
    try:
        databases.create(database, environment)
        accounts = _prepare(folder, environment, sample_port)
        started += _start(logs, environment, port)
        _wait_until_ready(url, started, logs)
        started += _start_sample(logs, folder, environment, url, sample_port)
        yield Site(url=url, accounts=accounts, environment=environment)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=120)
        databases.drop(database)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless.

    It ends with the last journey: beside Playwright's event loop Django refuses the database to
    the tests that the same process runs next.
    """
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync", "--no-first-run"],
        )  # fmt: skip
        yield browser
        browser.close()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(site: Site, chromium: Browser) -> Iterator[SignIn]:
    """`sign_in("拟稿人")` opens a browser of that person's own, signed in, on the workbench.

    The person signs in by hand in the first of these browsers; the others hold its session for as
    long as that lasts. `narrow=True` gives a phone's screen. An error in a browser's console fails
    the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not _is_expected(message.text):
            complaints.append(f"{message.text} at {message.location}")

    def enter(role: str, *, narrow: bool = False) -> Page:
        account = site.accounts[role]
        context = chromium.new_context(
            viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]  # a TypedDict of Playwright
            locale="zh-CN", timezone_id="Asia/Shanghai", base_url=site.url,
            storage_state=site.entered.get(account.username),
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/")
        if page.url != f"{site.url}/":
            _sign_in_by_hand(page, site, account)
            site.entered[account.username] = context.storage_state()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []


def _sign_in_by_hand(page: Page, site: Site, account: Account) -> None:
    page.fill("input[name=login]", account.username)
    page.fill("input[name=password]", account.password)
    page.press("input[name=password]", "Enter")
    if account.totp_secret:
        page.wait_for_selector("input[name=code]")
        page.fill("input[name=code]", next_code(site, account, page))
        page.press("input[name=code]", "Enter")
    page.wait_for_url(f"{site.url}/")


def titled(screen: str) -> re.Pattern[str]:
    """The title of a screen, whatever number of what waits stands before it."""
    return re.compile(rf"^(\(\d+\) )?{screen} - 同文$")


def next_code(site: Site, account: Account, page: Page) -> str:
    """A code of the account that was not used yet; waits where the next one is still to come."""
    counter = max(site.codes_used.get(account.username, 0) + 1, int(time.time()) // 30 - 1)
    ahead = (counter - 1) * 30 - time.time()
    if ahead > 0:  # a clock may be off by one step, not by two
        page.wait_for_timeout(ahead * 1000 + 200)
    site.codes_used[account.username] = counter
    return totp.code_at(account.totp_secret, counter)


def _is_expected(text: str) -> bool:
    """The browser itself reports refused requests and cut connections as errors."""
    return text.startswith(("Failed to load resource", "WebSocket connection to")) or (
        "net::ERR_INTERNET_DISCONNECTED" in text
    )


def _environment(*, database: str, url: str) -> dict[str, str]:
    store, _, _index = os.environ["REDIS_URL"].rpartition("/")
    return {
        **os.environ,
        "DING_PEOPLE": "3",
        "DATABASE_URL": databases.address(database),
        "REDIS_URL": f"{store}/14",
        # Seals of another site's log, which nobody can delete, would tell of a loss in this one's.
        "S3_BUCKET": database.replace("_", "-"),
        "SITE_ORIGIN": url,
        "DEPLOYMENT": "local",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_FORMAT": "text",
    }


def _prepare(folder: Path, environment: dict[str, str], sample_port: int) -> dict[str, Account]:
    divisions, accounts = folder / "divisions.csv", folder / "accounts.json"
    divisions.write_text("\n".join(_some_counties()), encoding="utf-8")
    command = [sys.executable, "-m", "tests.journeys.prepare",
               str(divisions), str(accounts), str(sample_port)]  # fmt: skip
    for arguments in ([sys.executable, "-m", "core.localstack.bucket"], command):
        subprocess.run(arguments, cwd=ROOT, env=environment, check=True)
    listed = json.loads(accounts.read_text(encoding="utf-8"))["accounts"]
    fields = Account.__dataclass_fields__
    known = [Account(**{name: row[name] for name in fields}) for row in listed]
    return {account.role: account for account in known}


def _some_counties() -> Iterator[str]:
    """The header, and the rows at or under the counties or on the way up from them."""
    with gzip.open(DIVISIONS, "rt", encoding="utf-8") as rows:
        yield next(rows).rstrip("\n")
        for row in rows:
            code = row.split(",", 1)[0]
            if any(code.startswith(county) or county.startswith(code) for county in COUNTIES):
                yield row.rstrip("\n")


def _start(logs: Path, environment: dict[str, str], port: int) -> list[subprocess.Popen[bytes]]:
    endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=4096"
    commands = {
        "web": [sys.executable, "-m", "daphne", "-e", endpoint, "config.asgi:application"],
        "worker": [sys.executable, "manage.py", "procrastinate", "worker"],
    }
    return [_spawn(command, logs / name, environment) for name, command in commands.items()]


def _start_sample(
    logs: Path, folder: Path, environment: dict[str, str], url: str, port: int
) -> list[subprocess.Popen[bytes]]:
    credentials = folder / "sample-credentials.json"
    if not credentials.exists():
        return []
    command = [sys.executable, "-m", "samples.duty_roster", "--port", str(port),
               "--platform", url, "--credentials", str(credentials)]  # fmt: skip
    return [_spawn(command, logs / "sample", environment)]


def _spawn(command: list[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )


def _wait_until_ready(url: str, started: list[subprocess.Popen[bytes]], logs: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in started):
            break
        try:
            # Whoever hangs up on the first answer, which takes long, makes it begin anew.
            with urlopen(f"{url}/readyz", timeout=300) as answer:  # noqa: S310  # our own site
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        time.sleep(0.25)
    tails = [log.read_text(errors="replace")[-3000:] for log in sorted(logs.iterdir())]
    pytest.fail("the site did not become ready:\n" + "\n".join(tails))
