"""The data folder of a stack: marked as ours, private, written without half-made files."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.localstack.errors import StackError

MARK = "tongwen-stack"
NEEDED_BYTES = 1_000_000_000


def make(folder: Path) -> Path:
    """Make the folder, and those above it, with access for its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def claim(data: Path) -> None:
    """Make the data folder ours, or refuse a folder that holds somebody else's files."""
    if data.exists() and not data.is_dir():
        raise StackError(f"{data} is not a folder.", f"{data} 不是目录。")
    if data.exists() and data.stat().st_uid != os.geteuid():
        raise StackError(
            f"{data} belongs to another user; run the command as that user or clone anew.",
            f"{data} 属于其他用户，请用该用户执行，或另行克隆一份。",
        )
    if not is_ours(data) and data.exists() and any(data.iterdir()):
        raise StackError(
            f"{data} holds files that this stack did not make; choose another folder.",
            f"{data} 中有不属于本系统的文件，请换一个目录。",
        )
    make(data)
    free = shutil.disk_usage(data).free
    if free < NEEDED_BYTES:
        raise StackError(
            f"The disk of {data} has {free // 1_000_000} MB left and 1000 MB are needed.",
            f"{data} 所在磁盘仅剩 {free // 1_000_000} MB，至少需要 1000 MB。",
        )
    write_private(data / MARK, "1\n")


def is_ours(data: Path) -> bool:
    """Tell whether a stack made this data folder."""
    return (data / MARK).is_file()


def remove(data: Path) -> None:
    """Delete a data folder that is ours; a folder that is not ours stays untouched."""
    if not data.exists():
        return
    if not is_ours(data) and any(data.iterdir()):
        raise StackError(
            f"{data} was not made by this stack, so it stays as it is.",
            f"{data} 不是本系统创建的目录，未作改动。",
        )
    # The mark goes last: a deletion cut short can be repeated.
    for entry in sorted(data.iterdir(), key=lambda path: path.name == MARK):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    data.rmdir()


def write_private(path: Path, text: str) -> None:
    """Put the text in a file of mode 0600, whole or not at all."""
    make(path.parent)
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


@contextmanager
def locked(data: Path, name: str) -> Iterator[None]:
    """Hold the data folder against a second command of this name running at the same time.

    A child started with `close_fds=False` holds it too: it may outlive a command that was killed.
    """
    with (make(data) / f"{name}.lock").open("w") as stream:
        os.set_inheritable(stream.fileno(), True)
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"Another command is already working on {data}; wait until it is done.",
                f"另一个命令正在操作 {data}，请等它结束。",
            ) from error
        yield
