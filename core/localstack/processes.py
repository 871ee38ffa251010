"""Background processes known by a pid file that survives reuse of the pid.

The file holds the pid together with the moment the process began (and the boot it belongs to),
so the number of a process that ended is never mistaken for a stranger that got it later.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.localstack import folders
from core.localstack.errors import StackError

PROC = Path("/proc")
POLL_SECONDS = 0.05
MARK = "TONGWEN_PROCESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to start: arguments, environment, folder, and who runs it."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    user: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The place of one named process in a data folder: its pid file and its log."""

    name: str
    pid_file: Path
    log_file: Path


def slot(data: Path, name: str) -> Slot:
    """Return the place of the named process in the data folder."""
    return Slot(
        name=name,
        pid_file=data / "run" / f"{name}.pid",
        log_file=data / "logs" / f"{name}.log",
    )


def birth(pid: int) -> str | None:
    """Return what identifies this life of the pid, or None when no such process lives."""
    stat = PROC / str(pid) / "stat"
    if not PROC.joinpath("self").exists():
        return _birth_by_ps(pid)
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, ticks = fields[0], fields[19]
    if state in {"Z", "X"}:
        return None
    boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}:{ticks}"


def _birth_by_ps(pid: int) -> str | None:
    """Identify a process where there is no /proc (macOS)."""
    answer = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, began = answer.stdout.strip().partition(" ")
    return None if not began or state.startswith("Z") else began.strip()


def running(place: Slot) -> int | None:
    """Return the pid when the process of the pid file still lives, else None."""
    try:
        noted = json.loads(place.pid_file.read_text(encoding="utf-8"))
        pid, born = int(noted["pid"]), str(noted["born"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return pid if birth(pid) == born else None


def adopt(place: Slot, pid: int) -> None:
    """Note a living process as the one of this place."""
    folders.write_private(place.pid_file, json.dumps({"pid": pid, "born": birth(pid)}))


def stray(place: Slot) -> int | None:
    """Return the pid of this place's living process although its pid file is gone.

    Every process carries its place in its environment; its own children are younger than it.
    Where there is no /proc none is found.
    """
    mark = f"{MARK}={place.pid_file}".encode()
    found = [
        (birth(pid) or "", pid)
        for pid in (int(entry.name) for entry in PROC.glob("[0-9]*"))
        if mark in _environment(pid).split(b"\0")
    ]
    return (
        min((int(born.rpartition(":")[2]), pid) for born, pid in found if born)[1]
        if found
        else None
    )


def _environment(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        # It ended meanwhile, or it is somebody else's and so none of ours.
        return b""


def spawn(place: Slot, command: Command) -> int:
    """Start the command in a session of its own, output to its log, and note its pid."""
    already = running(place) or recover(place)
    if already is not None:
        return already
    folders.make(place.pid_file.parent)
    folders.make(place.log_file.parent)
    with place.log_file.open("ab") as log:
        process = subprocess.Popen(
            list(command.argv),
            env={**command.environment, MARK: str(place.pid_file)},
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=command.user,
            group=command.user,
            extra_groups=None if command.user is None else [],
        )
    adopt(place, process.pid)
    return process.pid


def recover(place: Slot) -> int | None:
    """Note the pid of a living process again whose pid file was lost, and return it."""
    if running(place) is not None:
        return running(place)
    pid = stray(place)
    if pid is not None:
        adopt(place, pid)
    return pid


def wait_until(place: Slot, ready: Callable[[], bool], *, seconds: float) -> None:
    """Return once `ready` holds; fail with the end of the log when the process dies first."""
    deadline = time.monotonic() + seconds
    while not ready():
        _reap()
        if running(place) is None:
            raise died(place)
        if time.monotonic() > deadline:
            raise StackError(
                f"{place.name} was not ready after {seconds:.0f} seconds; see {place.log_file}",
                f"{place.name} 在 {seconds:.0f} 秒内未就绪，详见日志 {place.log_file}",
            )
        time.sleep(POLL_SECONDS)


def died(place: Slot) -> StackError:
    """Return the error of a process that ended while starting, with the end of its log."""
    return StackError(
        f"{place.name} stopped while starting; its log {place.log_file} ends with: "
        f"{last_line(place.log_file)}",
        f"{place.name} 启动失败，详见日志 {place.log_file}",
    )


def stop(place: Slot, *, by: signal.Signals, seconds: float) -> bool:
    """End the process, by force after the given seconds; tell whether one was running."""
    pid = running(place)
    if pid is None:
        place.pid_file.unlink(missing_ok=True)
        return False
    _send(pid, by)
    if not _gone(place, seconds=seconds):
        # Its session was made by us, so the whole group may go.
        os.killpg(pid, signal.SIGKILL)
        _gone(place, seconds=5)
    place.pid_file.unlink(missing_ok=True)
    return True


def _send(pid: int, by: signal.Signals) -> None:
    try:
        os.kill(pid, by)
    except PermissionError as error:
        raise StackError(
            f"Process {pid} belongs to another user; run the command as the user who started it.",
            f"进程 {pid} 属于其他用户，请用启动它的用户执行。",
        ) from error


def _gone(place: Slot, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while running(place) is not None:
        _reap()
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _reap() -> None:
    """Collect children that ended, so that they do not stay behind as zombies."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return


def last_line(log: Path) -> str:
    """Return the last line of a log that says something, or a note that it is empty."""
    if not log.exists():
        return "(no output)"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 8192))
        lines = stream.read().decode("utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "(no output)")
