"""A disk that is full: PostgreSQL on a small file system of its own, stuffed and emptied again."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from drills.run import Run
from drills.site import Site

SPARE: Final = 48 * 1024 * 1024
"""What the small disk has beyond what is stored already: a few segments of PostgreSQL's log."""
_BLOCK: Final = b"\0" * (64 * 1024)


async def fill_up(run: Run) -> None:
    """The database's disk is full for a while; every other time its log needs room at once."""
    with contextlib.ExitStack() as stack:
        small = await asyncio.to_thread(stack.enter_context, _small_disk(run.site))
        for number in range(run.so_many(4, 2)):
            await run.do(_stuff, small)
            if number % 2:
                await asyncio.to_thread(_want_room, run.site)
            await asyncio.sleep(run.seconds / 10)
            await asyncio.to_thread((small / "ballast").unlink)
            await asyncio.to_thread(run.site.start_postgres)
            await asyncio.sleep(run.seconds / 20)
        await asyncio.to_thread(stack.close)
    log = (run.site.folder / "logs" / "postgres.log").read_text(errors="replace")
    run.notes.append(f"PostgreSQL found no room {log.count('No space left on device')} times")


def possible() -> bool:
    """Whether file systems may be mounted here: as root, outside of most containers."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            _mount(Path(folder), 1 << 20)
        except (subprocess.CalledProcessError, OSError):
            return False
        _system("umount", folder)
        return True


@contextmanager
def _small_disk(site: Site) -> Iterator[Path]:
    """PostgreSQL lives on a disk of little more than what it holds; afterwards where it was."""
    home = site.postgres_folder()
    small = home.with_name("small")
    small.mkdir()
    site.stop_postgres_at_once()
    held = sum(one.lstat().st_blocks * 512 for one in home.rglob("*"))
    _mount(small, held + SPARE)
    try:
        _move(home, small)
        _system("mount", "--bind", small, home)
        try:
            site.start_postgres()
            yield home
            site.stop_postgres_at_once()
        finally:
            _system("umount", "--lazy", home)
        shutil.rmtree(home)
        home.mkdir()
        _move(small, home)
    finally:
        _system("umount", "--lazy", small)
        small.rmdir()
    site.start_postgres()


def _mount(folder: Path, size: int) -> None:
    _system("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)


def _move(source: Path, target: Path) -> None:
    """The content is there as well, and belongs to whom it belonged."""
    _system("cp", "-a", f"{source}/.", f"{target}/")


def _system(tool: str, *arguments: str | Path) -> None:
    path = shutil.which(tool, path=os.defpath) or tool
    subprocess.run([path, *arguments], check=True, stderr=subprocess.DEVNULL)


def _stuff(folder: Path) -> None:
    """Not one block is free."""
    with (folder / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(_BLOCK)


def _want_room(site: Site) -> None:
    """PostgreSQL's log goes on in new files, which there is no room for."""
    for _ in range(8):
        with contextlib.suppress(psycopg.Error), site.superuser() as connection:
            connection.execute("SELECT pg_logical_emit_message(false, 'drill', 'x')")
            connection.execute("SELECT pg_switch_wal()")
