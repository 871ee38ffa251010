"""The whole local stack: what a given environment lacks is started, the rest is left alone."""

import json
import shutil
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.localstack import folders, keys, ports, postgres, processes, s3, signing, valkey
from core.localstack.errors import StackError

GIVEN = ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT")
GIVEN_S3 = ("S3_ACCESS_KEY", "S3_SECRET_KEY")
GIVEN_KEYS = ("SECRET_KEY", "FIELD_KEY", "OIDC_SIGNING_KEY_FILE")
SERVICES = ("postgres", "valkey", "s3")
STOPS = {"s3": s3.stop, "valkey": valkey.stop, "postgres": postgres.stop}
NAME = "tongwen"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A data folder with its keys and ports, and what the environment gives instead."""

    data: Path
    keys: keys.Keys
    port_of: Mapping[str, int]
    given: Mapping[str, str]
    throwaway: bool = False

    @property
    def postgres(self) -> postgres.Server:
        """Return the stack's PostgreSQL."""
        return postgres.Server(
            data=self.data,
            port=self.port_of["postgres"],
            superuser_password=self.keys.postgres_superuser,
            role_password=self.keys.postgres_role,
            throwaway=self.throwaway,
        )

    @property
    def valkey(self) -> valkey.Server:
        """Return the stack's Valkey."""
        return valkey.Server(data=self.data, port=self.port_of["valkey"], password=self.keys.valkey)

    @property
    def s3(self) -> s3.Server:
        """Return the stack's S3 service."""
        return s3.Server(
            data=self.data,
            port_of={name: self.port_of[name] for name in s3.PORTS},
            access_key=self.keys.s3_access,
            secret_key=self.keys.s3_secret,
            at_rest_key=self.keys.s3_at_rest,
            token_key=self.keys.s3_tokens,
        )

    @property
    def s3_access(self) -> signing.Access:
        """Return how the product reaches its objects, here or at the given service."""
        if "S3_ENDPOINT" not in self.given:
            return self.s3.access
        return signing.Access(
            endpoint=self.given["S3_ENDPOINT"].rstrip("/"),
            region=self.given.get("S3_REGION", s3.REGION),
            access_key=self.given["S3_ACCESS_KEY"],
            secret_key=self.given["S3_SECRET_KEY"],
        )


def start(
    data: Path, given: Mapping[str, str], *, progress: Progress, throwaway: bool = False
) -> Stack:
    """Run every service that is not given and return once all of them work."""
    data = data.absolute()
    folders.claim(data)
    with folders.locked(data, "stack"):
        _find_strays(data)
        stack = _opened(data, given, throwaway=throwaway)
        _start_postgres(stack, progress)
        _start_valkey(stack, progress)
        _start_s3(stack, progress)
        keys.signing_key_file(data)
    return stack


def stop(data: Path, *, progress: Progress) -> None:
    """End every service of the data folder; one that does not run is no failure."""
    data = data.absolute()
    if not folders.is_ours(data):
        return
    with folders.locked(data, "stack"):
        for name, end in STOPS.items():
            if end(data):
                progress(f"stopped {name}")


def reset(data: Path, *, progress: Progress) -> None:
    """End every service and delete the data folder."""
    data = data.absolute()
    stop(data, progress=progress)
    outside = postgres.outside_home(data)
    if outside.exists():
        shutil.rmtree(outside)
    folders.remove(data)


def status(data: Path) -> dict[str, int | None]:
    """Return each service's pid, or None when it does not run."""
    data = data.absolute()
    return {name: processes.running(processes.slot(data, name)) for name in SERVICES}


def environment(stack: Stack) -> dict[str, str]:
    """Return the variables that the product reads to find its services and keys."""
    access = stack.s3_access
    found = {
        "DATABASE_URL": stack.postgres.url(NAME),
        "REDIS_URL": stack.valkey.url(0),
        "S3_ENDPOINT": access.endpoint,
        "S3_ACCESS_KEY": access.access_key,
        "S3_SECRET_KEY": access.secret_key,
        "S3_BUCKET": NAME,
        "S3_REGION": access.region,
        "SECRET_KEY": stack.keys.django,
        "FIELD_KEY": stack.keys.field,
        "OIDC_SIGNING_KEY_FILE": str(keys.signing_key_file(stack.data)),
    }
    return {name: stack.given.get(name, value) for name, value in found.items()}


def _find_strays(data: Path) -> None:
    """Know services again whose pid files are lost; end those whose whole folder was deleted."""
    is_emptied = not (data / "keys.json").exists()
    for name in STOPS:
        place = processes.slot(data, name)
        if processes.recover(place) is not None and is_emptied:
            # Asked politely, some would insist on saving first what has no place any more.
            processes.stop(place, by=signal.SIGKILL, seconds=5)


def opened(data: Path, given: Mapping[str, str]) -> Stack:
    """Return the stack of an existing data folder as it was last started."""
    data = data.absolute()
    if not folders.is_ours(data) or not (data / "ports.json").exists():
        raise StackError(
            f"There is no stack in {data}; start it first.", f"{data} 中没有本地服务。"
        )
    return Stack(
        data=data, keys=keys.load(data), port_of=_remembered_ports(data), given=_chosen(given)
    )


def prepared(data: Path, given: Mapping[str, str]) -> Stack:
    """Return the stack of a data folder, made when missing, without starting anything."""
    data = data.absolute()
    folders.claim(data)
    with folders.locked(data, "stack"):
        return _opened(data, given, throwaway=True)


def _opened(data: Path, given: Mapping[str, str], *, throwaway: bool) -> Stack:
    return Stack(
        data=data,
        keys=keys.load(data),
        port_of=_ports(data),
        given=_chosen(given),
        throwaway=throwaway,
    )


def _chosen(given: Mapping[str, str]) -> dict[str, str]:
    """Keep the variables that replace a part of the stack, and check that they suffice."""
    chosen = {name: given[name] for name in (*GIVEN, *GIVEN_KEYS) if given.get(name)}
    if "S3_ENDPOINT" in chosen:
        missing = [name for name in GIVEN_S3 if not given.get(name)]
        if missing:
            raise StackError(
                f"S3_ENDPOINT is given but {' and '.join(missing)} is not.",
                f"已指定 S3_ENDPOINT，但缺少 {'、'.join(missing)}。",
            )
        names = (*GIVEN_S3, "S3_BUCKET", "S3_REGION")
        chosen |= {name: given[name] for name in names if given.get(name)}
    return chosen


def _remembered_ports(data: Path) -> dict[str, int]:
    try:
        kept = json.loads((data / "ports.json").read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in kept.items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}


def _ports(data: Path) -> dict[str, int]:
    """Return a port for each service: that of a running one, the last one, or a new one."""
    remembered = _remembered_ports(data)
    groups = {"postgres": ("postgres",), "valkey": ("valkey",), "s3": s3.PORTS}
    result: dict[str, int] = {}
    for service, names in groups.items():
        lives = processes.running(processes.slot(data, service)) is not None
        for name in names:
            wanted = remembered.get(name)
            if lives and wanted is not None:
                result[name] = wanted
            else:
                result[name] = ports.choose(wanted=wanted, taken=result.values())
    folders.write_private(data / "ports.json", json.dumps(result, indent=1))
    return result


def _start_postgres(stack: Stack, progress: Progress) -> None:
    if "DATABASE_URL" in stack.given:
        _require_reachable("DATABASE_URL", stack.given["DATABASE_URL"], default_port=5432)
        progress("PostgreSQL: as given by DATABASE_URL")
        return
    postgres.start(stack.postgres)
    postgres.create_database(stack.postgres, NAME)
    progress(f"PostgreSQL on port {stack.port_of['postgres']}")


def _start_valkey(stack: Stack, progress: Progress) -> None:
    if "REDIS_URL" in stack.given:
        _require_reachable("REDIS_URL", stack.given["REDIS_URL"], default_port=6379)
        progress("Valkey: as given by REDIS_URL")
        return
    valkey.start(stack.valkey)
    progress(f"Valkey on port {stack.port_of['valkey']}")


def _start_s3(stack: Stack, progress: Progress) -> None:
    access = stack.s3_access
    if "S3_ENDPOINT" in stack.given:
        default = 443 if access.endpoint.startswith("https:") else 80
        _require_reachable("S3_ENDPOINT", access.endpoint, default_port=default)
        progress("S3: as given by S3_ENDPOINT")
    else:
        s3.start(stack.s3)
        progress(f"S3 on port {stack.port_of['s3']}")
    s3.create_buckets(access, stack.given.get("S3_BUCKET", NAME))


def _require_reachable(variable: str, url: str, *, default_port: int) -> None:
    address = urlsplit(url)
    host, port = address.hostname or ports.LOOPBACK, address.port or default_port
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise StackError(
            f"Nothing answers at {host}:{port}, which {variable} names ({error}).",
            f"{variable} 指定的 {host}:{port} 无法连接。",
        ) from error
