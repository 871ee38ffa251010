"""Makes the Python environment from a lock file, then runs the command inside it.

Runs on the system's Python with the standard library alone; everything after it runs on `.venv`.
"""

# ruff: noqa: INP001, S603, S606 - a script, whose whole work is to start programs it names itself

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = Path(os.environ.get("VENV", ROOT / ".venv")).absolute()
MAKING = "tongwen-making"
RECORD = "tongwen-installed.json"
NEEDED_BYTES = 1_500_000_000
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
LIGHT = {"stop", "status", "logs", "reset"}
COMMANDS = {
    "demo": ("local.lock", ["core.localstack.demo", "start"]),
    "stop": ("local.lock", ["core.localstack.demo", "stop"]),
    "reset": ("local.lock", ["core.localstack.demo", "reset"]),
    "status": ("local.lock", ["core.localstack.demo", "status"]),
    "logs": ("local.lock", ["core.localstack.demo", "logs"]),
    "manage": ("local.lock", ["core.localstack.demo", "manage"]),
    "test": ("dev.lock", ["core.localstack.suite", "test"]),
    "fuzz": ("dev.lock", ["core.localstack.suite", "fuzz"]),
    "lint": ("dev.lock", ["core.localstack.suite", "lint"]),
    "types": ("dev.lock", ["core.localstack.suite", "types"]),
    "format": ("dev.lock", ["core.localstack.suite", "format"]),
    "drills": ("dev.lock", ["drills"]),
    "environment": ("dev.lock", []),
}


class Refusal(Exception):
    """One sentence for the user, in English and Chinese."""


def main(arguments: list[str]) -> int:
    """Run the command named first and return its exit code."""
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        raise Refusal(f"unknown command {name!r}; see `make help`. / 未知命令，见 make help。")
    lock_name, command = COMMANDS[name]
    if name in LIGHT and not (ROOT / ".local").exists():
        sys.stdout.write(
            "Nothing runs and nothing is kept: .local is absent. / 没有运行中的演示。\n"
        )
        return 0
    ensure_environment()
    ensure_packages(ROOT / "requirements" / lock_name)
    if command:
        enter([*command, *arguments[1:]])
    return 0


def enter(command: list[str]) -> NoReturn:
    """Go on as the environment's Python with the given module and arguments."""
    python = str(ENVIRONMENT / "bin" / "python")
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(python, [python, "-m", *command])


def say(text: str) -> None:
    """Print a line of progress at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def ensure_environment() -> None:
    """Leave a working virtual environment behind; a half-made one is made again."""
    if ENVIRONMENT.exists():
        if (ENVIRONMENT / MAKING).exists() or not works():
            is_ours = (ENVIRONMENT / MAKING).exists() or (ENVIRONMENT / "pyvenv.cfg").exists()
            if not is_ours and any(ENVIRONMENT.iterdir()):
                raise Refusal(
                    f"{ENVIRONMENT} is no Python environment; move it away. "
                    f"/ {ENVIRONMENT} 不是 Python 环境，请移走。"
                )
            say(f"{ENVIRONMENT.name} is half-made or broken; making it again")
            shutil.rmtree(ENVIRONMENT)
        else:
            return
    require_space()
    began = time.monotonic()
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"making the environment {ENVIRONMENT.name} with Python {version} ({sys.executable})")
    ENVIRONMENT.mkdir(parents=True)
    (ENVIRONMENT / MAKING).touch()
    alone = importlib.util.find_spec("ensurepip") is not None
    run_quietly(
        [sys.executable, "-m", "venv", *([] if alone else ["--without-pip"]), str(ENVIRONMENT)],
        f"The environment {ENVIRONMENT} could not be made",
    )
    (ENVIRONMENT / MAKING).unlink()
    say(f"environment made in {time.monotonic() - began:.0f} s")


def works() -> bool:
    """Tell whether the environment has a Python that fits."""
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        return False
    return subprocess.run([str(python), "-I", "-c", check], check=False).returncode == 0


def ensure_packages(lock: Path) -> None:
    """Leave every pin of the lock file installed; nothing happens when they are already."""
    if not lock.is_file():
        raise Refusal(f"{lock} is missing; is this a whole clone? / 缺少 {lock}，仓库不完整。")
    wanted = {name.lower(): version for name, version in PINNED.findall(lock.read_text())}
    record = ENVIRONMENT / RECORD
    present = json.loads(record.read_text()) if record.exists() else {}
    if wanted.items() <= present.items():
        return
    require_space()
    # Until the installation is whole, nothing counts as installed.
    record.unlink(missing_ok=True)
    install(lock, len(wanted))
    partial = record.with_suffix(".partial")
    partial.write_text(json.dumps(present | wanted, indent=1))
    partial.replace(record)


def install(lock: Path, count: int) -> None:
    """Install the lock file by pip with its hashes, telling how far it is."""
    began = time.monotonic()
    say(f"installing the {count} packages of {lock.name}")
    log = ENVIRONMENT / "tongwen-pip.log"
    python = str(ENVIRONMENT / "bin" / "python")
    has_pip = any(ENVIRONMENT.glob("lib/python3*/site-packages/pip/__init__.py"))
    pip = [python, "-m", "pip"] if has_pip else [sys.executable, "-m", "pip", "--python", python]
    process = subprocess.Popen(
        [*pip, "install", "--require-hashes", "--no-input", "--progress-bar=off", f"-r{lock}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    last: list[str] = []
    told = began
    collected = 0
    with process, log.open("w") as kept:
        for line in process.stdout or ():
            kept.write(line)
            last = [*last[-5:], line.rstrip()]
            collected += line.startswith(("Collecting ", "Processing "))
            unpacking = line.startswith("Installing collected")
            if unpacking or time.monotonic() - told > 5:
                told = time.monotonic()
                step = "unpacking" if unpacking else f"fetching {collected} of {count}"
                say(f"  {step}, {told - began:.0f} s")
    if process.returncode != 0:
        ending = "\n  ".join(last)
        raise Refusal(
            f"pip could not install {lock.name} (whole output: {log}):\n  {ending}\n"
            f"tongwen: 依赖安装失败，完整输出见 {log}"
        )
    say(f"packages installed in {time.monotonic() - began:.0f} s")


def require_space() -> None:
    """Refuse to fill the disk."""
    free = shutil.disk_usage(ENVIRONMENT.parent).free
    if free < NEEDED_BYTES:
        raise Refusal(
            f"The disk of {ROOT} has {free // 1_000_000} MB left; {NEEDED_BYTES // 1_000_000} MB "
            f"are needed. / 磁盘空间不足：剩余 {free // 1_000_000} MB。"
        )


def run_quietly(argv: list[str], failure: str) -> None:
    """Run a command and show what it said only when it fails."""
    answer = subprocess.run(argv, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Refusal(f"{failure}: {(answer.stderr or answer.stdout).strip()}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        sys.stderr.write(f"tongwen: {refusal}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write(
            "tongwen: interrupted; run the same command again. / 已中断，可重新执行。\n"
        )
        sys.exit(130)
