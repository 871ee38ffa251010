"""Just enough of an S3 client to make a bucket and prove that writes work.

It signs requests by AWS Signature Version 4 with the standard library alone, because the stack
starts before the product and its object-store module do.
"""

import hashlib
import hmac
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An S3 service and the identity to use on it."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service said."""

    status: int
    body: bytes


def request(
    access: Access,
    method: str,
    path: str,
    *,
    query: str = "",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one signed request; connection failures rise as OSError or HTTPException.

    Further headers are signed too; their names are lower-case.
    """
    address = urlsplit(access.endpoint)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    signed = {
        **(headers or {}),
        "host": address.netloc,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": moment,
    }
    target = quote(path)
    canonical_query = query if not query or "=" in query else f"{query}="
    signed["authorization"] = _authorization(access, method, target, canonical_query, signed)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=5)
    try:
        connection.request(method, f"{target}?{query}" if query else target, body, signed)
        response = connection.getresponse()
        return Answer(status=response.status, body=response.read())
    finally:
        connection.close()


def _authorization(
    access: Access, method: str, target: str, query: str, headers: dict[str, str]
) -> str:
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            method,
            target,
            query,
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            headers["x-amz-content-sha256"],
        ]
    )
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{access.region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    key = f"AWS4{access.secret_key}".encode()
    for part in (moment[:8], access.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return (
        f"AWS4-HMAC-SHA256 Credential={access.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
