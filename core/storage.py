"""Objects in any S3 service: put, checked and only then named by a row.

The only place that imports the minio SDK.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlsplit

import minio
import urllib3
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from core import errors

_CHUNK: Final = 256 * 1024
_PIECE: Final = 512 * 1024
_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchBucket"})


class ObjectMissing(errors.NotFound):
    """No object stands under the key."""

    code = "OBJECT_MISSING"
    message = "文件不存在"


class ObjectAltered(errors.DomainError):
    """What the store returns is not what was put there."""

    code = "OBJECT_ALTERED"
    status = 409
    message = "文件内容与登记的摘要不符，已拒绝提供"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that the store has confirmed. Digests are lower-case hex."""

    key: str
    size: int
    content_type: str
    sha256: str
    sm3: str
    version_id: str | None


def content_key(prefix: str, content: bytes) -> str:
    """An opaque key that the content alone determines: equal content, equal key."""
    digest = hashlib.sha256(content).hexdigest()
    return f"{prefix}/{digest[:2]}/{digest}"


def put(*, key: str, content: bytes, content_type: str) -> StoredObject:
    """The content stands under the key, and reading its metadata back has proved it."""
    result = _client().put_object(
        settings.S3_BUCKET, key, io.BytesIO(content), len(content), content_type=content_type
    )
    found = _client().stat_object(settings.S3_BUCKET, key, version_id=result.version_id)
    if found.size != len(content):
        raise ObjectAltered(key=key)
    return StoredObject(
        key=key,
        size=len(content),
        content_type=content_type,
        sha256=hashlib.sha256(content).hexdigest(),
        sm3=_sm3_hex(content),
        version_id=result.version_id,
    )


def get(key: str, *, sha256: str | None = None) -> bytes:
    """The object's content; ObjectAltered if a digest is given and does not fit."""
    content = b"".join(stream(key))
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise ObjectAltered(key=key)
    return content


def stream(key: str) -> Iterator[bytes]:
    """The object's content in pieces; ObjectMissing if there is none."""
    try:
        response = _client().get_object(settings.S3_BUCKET, key)
    except S3Error as error:
        raise _translated(error, key) from error
    try:
        yield from response.stream(_CHUNK)
    finally:
        response.close()
        response.release_conn()


def digest(key: str) -> str:
    """The SHA-256 of the object's content, of which no more than a piece is held at a time."""
    found = hashlib.sha256()
    for piece in stream(key):
        found.update(piece)
    return found.hexdigest()


def pieces(key: str, *, size: int, sha256: str) -> Iterator[bytes]:
    """The object's content for a reader who may be slow: each piece is asked for by itself.

    ObjectAltered instead of the last piece if size or digest does not fit.
    """
    found = hashlib.sha256()
    for offset in range(0, size, _PIECE):
        piece = _read(settings.S3_BUCKET, key, offset=offset, length=_PIECE)
        found.update(piece)
        is_last = offset + _PIECE >= size
        if is_last and (offset + len(piece) != size or found.hexdigest() != sha256):
            raise ObjectAltered(key=key)
        yield piece


def _read(bucket: str, key: str, **which: Any) -> bytes:
    """A version or a part of an object, whole in memory."""
    try:
        response = _client().get_object(bucket, key, **which)
    except S3Error as error:
        raise _translated(error, key) from error
    try:
        content: bytes = response.read()
    finally:
        response.close()
        response.release_conn()
    return content


def put_locked(*, key: str, content: bytes, until: datetime) -> str:
    """The content stands in the seals' bucket; nobody can replace or delete it before `until`.

    Returns the version to ask for. A later version may be put beside it, which changes nothing.
    """
    result = _client().put_object(
        settings.S3_SEALS_BUCKET,
        key,
        io.BytesIO(content),
        len(content),
        content_type="application/json",
        retention=Retention(COMPLIANCE, until),
    )
    return result.version_id or ""


def get_locked(key: str, *, version_id: str | None = None) -> bytes:
    """That version of an object of the seals' bucket, else the newest; ObjectMissing."""
    return _read(settings.S3_SEALS_BUCKET, key, version_id=version_id)


def locked_keys(prefix: str, *, after: str) -> list[str]:
    """The keys of the seals' bucket that begin with the prefix and come after that one."""
    try:
        found = _client().list_objects(
            settings.S3_SEALS_BUCKET, prefix, recursive=True, start_after=after
        )
        return [name for item in found if (name := item.object_name)]
    except S3Error as error:
        raise _translated(error, prefix) from error


def delete(key: str) -> None:
    """No object stands under the key any more."""
    _client().remove_object(settings.S3_BUCKET, key)


def presigned_get(key: str, *, filename: str, seconds: int = 60) -> str:
    """A link that downloads the object under the file name until it expires.

    Make it only after the policy has said yes: whoever holds the link may read.
    """
    disposition = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
    return _client().presigned_get_object(
        settings.S3_BUCKET,
        key,
        expires=timedelta(seconds=seconds),
        response_headers={"response-content-disposition": disposition},
    )


def is_ready() -> bool:
    """Whether the bucket answers."""
    return _client().bucket_exists(settings.S3_BUCKET)


@lru_cache(maxsize=1)
def _client() -> minio.Minio:
    endpoint = urlsplit(settings.S3_ENDPOINT)
    return minio.Minio(
        endpoint.netloc,
        access_key=settings.S3_ACCESS_KEY,
        secret_key=settings.S3_SECRET_KEY,
        region=settings.S3_REGION,
        secure=endpoint.scheme == "https",
        # The SDK's own default waits for five minutes.
        http_client=urllib3.PoolManager(
            maxsize=16,
            timeout=urllib3.Timeout(connect=2, read=15),
            retries=urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[502, 503]),
        ),
    )


def _sm3_hex(content: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def _translated(error: S3Error, key: str) -> errors.DomainError:
    if error.code in _ABSENT:
        return ObjectMissing(key=key)
    return errors.Unavailable(part="object store")
