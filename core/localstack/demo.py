"""`make demo` and its companions: from a fresh clone to a site that is ready, and back.

It starts the product as processes and imports none of it.
"""

import argparse
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from core.localstack import folders, ports, processes, product, stack
from core.localstack.errors import StackError

DATA = product.ROOT / ".local"
PROVINCE = product.ROOT / "org" / "data" / "divisions-zhejiang.csv.gz"
PEOPLE = "3000"
SEED = "1"
DEFAULT_PORT = 8000
HIGHEST_PORT = 65_535


class Progress:
    """Prints each step with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print one line at once."""
        print(f"[{time.monotonic() - self._began:5.1f} s] {text}", flush=True)


def start(progress: Progress) -> None:
    """Bring the demo up, or go on where it was, and return while it keeps running."""
    is_new = not folders.is_ours(DATA)
    folders.claim(DATA)
    with folders.locked(DATA, "demo"):
        if is_new:
            product.end_strays(DATA)
        port = _port()
        progress("starting the local services (PostgreSQL, Valkey, S3)")
        running = stack.start(DATA, os.environ, progress=progress)
        site = product.Site(
            data=DATA,
            port=port,
            sample_port=_sample_port(port),
            environment=_environment(running, port),
        )
        if not product.is_current(site):
            progress("bringing the database up to date")
            _migrate(site, progress)
        _load_province(site, progress)
        progress("making the demo accounts and their first work")
        product.manage(
            site.environment,
            "seed_demo",
            f"--accounts={site.accounts}",
            f"--sample-port={site.sample_port}",
        )
        progress("starting the site, the worker and the sample mini-app")
        product.start(site)
        progress(
            "stop it with `make stop`, delete it with `make reset`; the accounts are kept in "
            f"{site.accounts.relative_to(product.ROOT)}"
        )
    print(f"ready {site.origin}", flush=True)


def _migrate(site: product.Site, progress: Progress) -> None:
    """Apply what is missing, telling how far it is as each part begins."""
    done, part = 0, ""
    for line in product.lines_of(site.environment, "migrate", "--no-input", "--no-color"):
        name = line.strip().removeprefix("Applying ")
        if name == line.strip():
            continue
        if name.partition(".")[0] != part:
            part = name.partition(".")[0]
            progress(f"  {done} migrations done, now those of {part}")
        done += 1


def _load_province(site: product.Site, progress: Progress) -> None:
    """Fill an empty tree with the shipped province, or with the file that DIVISIONS names."""
    wanted = os.environ.get("DIVISIONS", "")
    if not wanted and _has_units(site.environment["DATABASE_URL"]):
        return
    people, seed = os.environ.get("PEOPLE", PEOPLE), os.environ.get("SEED", SEED)
    progress(f"loading {Path(wanted).name or 'the province'} with {people} people")
    product.manage(
        site.environment,
        "load_divisions",
        wanted or str(PROVINCE),
        f"--people={people}",
        f"--seed={seed}",
    )


def _has_units(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM org_unit)").fetchone()
    return row == (True,)


def stop(progress: Progress) -> None:
    """End the site and its services; what they hold is kept."""
    with folders.locked(DATA, "demo"):
        for name in product.stop(DATA):
            progress(f"stopped {name}")
        stack.stop(DATA, progress=progress)


def reset(progress: Progress) -> None:
    """End everything and delete the demo's data."""
    stop(progress)
    stack.reset(DATA, progress=progress)
    progress(f"deleted {DATA.relative_to(product.ROOT)}")


def status() -> int:
    """Print what runs; the exit code is 3 when it runs and the site is not ready."""
    given = [name for name in stack.GIVEN if os.environ.get(name)]
    pids = {
        name: processes.running(processes.slot(DATA, name))
        for name in (*stack.SERVICES, *reversed(product.NAMES))
    }
    for name, pid in pids.items():
        print(f"{name:22} {'stopped' if pid is None else f'running, pid {pid}'}")
    if given:
        print(f"given by the environment: {', '.join(given)}")
    port = _remembered_port()
    site = product.readiness(port) if port else product.Readiness(is_ready=False, text="no port")
    if site.is_ready:
        print(f"ready http://{ports.LOOPBACK}:{port}")
        return 0
    if all(pid is None for pid in pids.values()):
        print("not running; `make demo` starts it / 演示未运行，执行 make demo 即可启动")
        return 0
    print(f"not ready: {site.text} / 尚未就绪")
    return 3


def logs() -> int:
    """Print the ends of all logs and, on a terminal, follow them."""
    found = sorted(str(path) for path in (DATA / "logs").glob("*.log"))
    if not found:
        print("There are no logs yet.")
        return 0
    follow = ["-F"] if sys.stdout.isatty() else []
    return subprocess.run(["tail", "-n", "40", *follow, *found], check=False).returncode


def manage(arguments: list[str]) -> int:
    """Run a management command in the demo's environment."""
    opened = stack.opened(DATA, os.environ)
    environment = _environment(opened, _remembered_port() or DEFAULT_PORT)
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=product.ROOT, env=environment, check=False).returncode


def _environment(running: stack.Stack, port: int) -> dict[str, str]:
    return {
        **os.environ,
        **stack.environment(running),
        "DEPLOYMENT": "local",
        "SITE_ORIGIN": f"http://{ports.LOOPBACK}:{port}",
        "LOG_FORMAT": os.environ.get("LOG_FORMAT", "text"),
        "PYTHONUNBUFFERED": "1",
    }


def _port() -> int:
    """Return the port of the site: the wanted one, that of the last start, or a free one."""
    remembered = _remembered_port()
    is_ours = processes.running(processes.slot(DATA, "web")) is not None
    wanted = os.environ.get("PORT", "")
    if wanted:
        port = _as_port(wanted)
        if not ports.is_free(port) and not (is_ours and port == remembered):
            raise StackError(
                f"Port {port} is taken by another program; choose one: make demo PORT=8080",
                f"端口 {port} 已被占用，请另选：make demo PORT=8080",
            )
    elif is_ours and remembered:
        port = remembered
    else:
        port = ports.choose(wanted=remembered or DEFAULT_PORT, taken=())
    folders.write_private(DATA / "port", f"{port}\n")
    return port


def _sample_port(site_port: int) -> int:
    """Return the port of the sample mini-app, the same as before when it can be."""
    path = DATA / "sample-port"
    text = path.read_text(encoding="ascii").strip() if path.exists() else ""
    remembered = int(text) if text.isdigit() else None
    if remembered and processes.running(processes.slot(DATA, "sample")) is not None:
        return remembered
    port = ports.choose(wanted=remembered, taken={site_port})
    folders.write_private(path, f"{port}\n")
    return port


def _as_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise StackError(
            f"PORT must be a number from 1 to {HIGHEST_PORT}, not {text!r}.",
            f"PORT 应为 1 至 {HIGHEST_PORT} 的数字，而不是 {text!r}。",
        )
    return int(text)


def _remembered_port() -> int | None:
    path = DATA / "port"
    text = path.read_text(encoding="ascii").strip() if path.exists() else ""
    return int(text) if text.isdigit() else None


def main(arguments: list[str]) -> int:
    """Do one command and return the exit code; failures are one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m core.localstack.demo", description=__doc__)
    commands = ("start", "stop", "reset", "status", "logs", "manage")
    parser.add_argument("command", choices=commands)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    actions: dict[str, Callable[[], int | None]] = {
        "start": lambda: start(Progress()),
        "stop": lambda: stop(Progress()),
        "reset": lambda: reset(Progress()),
        "status": status,
        "logs": logs,
        "manage": lambda: manage(options.rest),
    }
    return told(actions[options.command], DATA)


def heed_signals() -> None:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does, together with what it runs."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def told(action: Callable[[], int | None], data: Path) -> int:
    """Return the action's exit code, with a failure told in one sentence."""
    heed_signals()
    try:
        return action() or 0
    except StackError as error:
        print(f"tongwen: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(
            "tongwen: interrupted; the same command goes on. / 已中断，可重新执行。",
            file=sys.stderr,
        )
        return 130
    except PermissionError as error:
        print(
            f"tongwen: {error.filename} may not be used by this user; it was made by another one. "
            f"/ 当前用户无权使用 {error.filename}。",
            file=sys.stderr,
        )
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"tongwen: The disk of {data} is full. / {data} 所在磁盘已满。", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
