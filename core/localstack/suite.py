"""`make test` and its parts, on services of their own that never outlive the run.

Everything of `make test` shares the processors: the checks run beside the tests and speak after
them, and the journeys, which often wait for their browsers, run beside all other tests.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from core.localstack import demo, product, stack

DATA = product.ROOT / ".local-test"
# DATABASE_URL and the like may name somebody's real data: tests only take what says it is theirs.
GIVEN_PREFIX = "TEST_"
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser")
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")
PACKAGES = (*product.SOURCES, "tests", "bin", "drills", "sdk/python/tongwen_client")
FUZZING = "tests/journeys/test_unlikely_requests.py"
MOST_PROCESSES = 8
# Settings under which `check --deploy` has to be silent.
PRODUCTION = {"DEPLOYMENT": "production", "SITE_ORIGIN": "https://tongwen.example"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check: its name, its command and what differs in its environment."""

    name: str
    argv: tuple[str, ...]
    extra: Mapping[str, str]


def main(arguments: list[str]) -> int:
    """Do one command and return the exit code; failures are one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m core.localstack.suite", description=__doc__)
    parser.add_argument("command", choices=("test", "fuzz", "check", "lint", "types", "format"))
    options = parser.parse_args(arguments)
    actions = {
        "test": test,
        "fuzz": fuzz,
        "check": lambda: check([*lint_steps(), *type_steps(), *django_steps()]),
        "lint": lambda: check(lint_steps()),
        "types": lambda: check(type_steps()),
        "format": format_code,
    }
    return demo.told(actions[options.command], DATA)


def test() -> int:
    """Run linters, types, contracts and the tests; with ARGS only pytest with those arguments."""
    wanted = shlex.split(os.environ.get("ARGS", ""))
    progress = demo.Progress()
    missing = _missing(progress)
    try:
        progress("starting the tests' own services")
        environment = _environment(stack.start(DATA, _given(), progress=progress, throwaway=True))
        code = _pytest(wanted, environment) if wanted else _whole(environment, progress)
    finally:
        stack.stop(DATA, progress=_silent)
    for sentence in missing:
        print(sentence)
    return code


def _whole(environment: Mapping[str, str], progress: demo.Progress) -> int:
    """Run the checks beside all tests and print what they said when the tests are done."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        progress("checking form, contracts, types and settings beside the tests")
        checks = subprocess.Popen(
            [sys.executable, "-m", "core.localstack.suite", "check"],
            cwd=product.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            with _template(environment, progress) as template:
                progress("running the tests")
                code = _pytest(_all_tests(), {**environment, "TEMPLATE_DATABASE": template})
            failed = checks.wait()
        finally:
            checks.terminate()
            checks.wait()
        said.seek(0)
        print(f"\nbeside the tests:\n{said.read().rstrip()}", flush=True)
    return code or failed


@contextmanager
def _template(environment: Mapping[str, str], progress: demo.Progress) -> Iterator[str]:
    """Give the name of a migrated database, from which every process of the tests copies its own.

    Migrating takes seconds of reckoning in Django; a copy takes a tenth of one.
    """
    given = urlsplit(environment["DATABASE_URL"])
    name = f"template_{os.getpid()}"
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            progress("migrating the database that the tests copy")
            beside = {"DATABASE_URL": urlunsplit(given._replace(path=f"/{name}"))}
            product.manage({**environment, **beside}, "migrate", "--skip-checks", "--verbosity=0")
            yield name
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def fuzz() -> int:
    """Send the whole API of a site of its own what nobody writes by hand, of three fixed seeds."""
    progress = demo.Progress()
    missing = _missing(progress)
    try:
        progress("starting the tests' own services")
        running = stack.start(DATA, _given(), progress=progress, throwaway=True)
        progress("sending requests of three seeds; this takes some minutes")
        code = _pytest(["-s", FUZZING], {**_environment(running), "FUZZ": "1"})
    finally:
        stack.stop(DATA, progress=_silent)
    for sentence in missing:
        print(sentence)
    return code


def check(steps: Sequence[Step]) -> int:
    """Run checks that need no service."""
    failed = _failures(steps, _environment(stack.prepared(DATA, _given())), demo.Progress())
    if failed:
        print(f"FAILED: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def format_code() -> int:
    """Bring the code into the house's form."""
    for arguments in (("check", "--fix", "."), ("format", ".")):
        subprocess.run([_tool("ruff"), *arguments], cwd=product.ROOT, check=False)
    return 0


def lint_steps() -> list[Step]:
    """Return the checks of form and of who imports whom."""
    return [
        _step("ruff check", _tool("ruff"), "check", "."),
        _step("ruff format", _tool("ruff"), "format", "--check", "."),
        _step("import contracts", _tool("lint-imports"), "--no-cache"),
    ]


def type_steps() -> list[Step]:
    """Return the check of types."""
    present = [name for name in PACKAGES if (product.ROOT / name).is_dir()]
    return [_step("types", sys.executable, "-m", "mypy", *present)]


def django_steps() -> list[Step]:
    """Return Django's checks of the production settings and of forgotten migrations."""
    manage = (sys.executable, "manage.py")
    return [
        Step(
            name="check --deploy",
            argv=(*manage, "check", "--deploy", "--fail-level=WARNING"),
            extra=PRODUCTION,
        ),
        _step("migrations", *manage, "makemigrations", "--check", "--dry-run"),
    ]


def _step(name: str, *argv: str) -> Step:
    return Step(name=name, argv=argv, extra={})


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _failures(
    steps: Sequence[Step], environment: Mapping[str, str], progress: demo.Progress
) -> list[str]:
    failed = []
    for step in steps:
        progress(step.name)
        answer = subprocess.run(
            step.argv,
            cwd=product.ROOT,
            env={**environment, **step.extra},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if answer.returncode != 0:
            failed.append(step.name)
    return failed


def _all_tests() -> list[str]:
    """Return pytest's arguments for all tests, the longest files first.

    There are two processes more than there are processors: the journeys wait for their browsers,
    and the tests of sites and faults for what comes over a network.
    """
    processes = min((os.cpu_count() or 1) + 2, MOST_PROCESSES)
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]


def _pytest(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=product.ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode


def _given() -> dict[str, str]:
    """Return the services meant for tests: TEST_DATABASE_URL gives DATABASE_URL, and so on."""
    return {
        name.removeprefix(GIVEN_PREFIX): value
        for name, value in os.environ.items()
        if name.startswith(GIVEN_PREFIX)
    }


def _environment(running: stack.Stack) -> dict[str, str]:
    return {
        **os.environ,
        **stack.environment(running),
        "DEPLOYMENT": "local",
        "SITE_ORIGIN": "http://127.0.0.1:8000",
        "PYTHONUNBUFFERED": "1",
    }


def _missing(progress: demo.Progress) -> list[str]:
    """Install the browser when this user may; return a sentence for what cannot be run."""
    if not _browser() and os.geteuid() == 0 and shutil.which("apt-get"):
        progress(f"installing {' and '.join(DEBIAN_PACKAGES)} for the browser journeys")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(
                command,
                env=quiet,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=False,
            )
    if _browser():
        return []
    sentence = (
        "NOT RUN: the browser journeys, for want of Chromium (Debian: apt install "
        f"{' '.join(DEBIAN_PACKAGES)}). / 未运行浏览器测试：缺少 Chromium。"
    )
    progress(sentence)
    return [sentence]


def _browser() -> str | None:
    return next((path for path in BROWSERS if Path(path).exists()), None)


def _silent(_text: str) -> None:
    """Swallow progress: pytest's closing line stays the last one."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
