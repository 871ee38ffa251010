"""A sign-in service for tests that says what it is told to, also what no honest one would."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from jwcrypto import jwk, jws

KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="one", use="sig", alg="RS256")
FOREIGN = jwk.JWK.generate(kty="RSA", size=2048, kid="one", use="sig", alg="RS256")


@dataclass
class Service:
    """What it answers, and what it was asked."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: jwk.JWK = KEY
    token: str | None = None
    """Given out instead of a signed one."""
    described: dict[str, Any] = field(default_factory=dict)
    exchanged: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def id_token(self) -> str:
        """The claims, signed."""
        if self.token is not None:
            return self.token
        signed = jws.JWS(json.dumps(self.claims))
        header = json.dumps({"alg": "RS256", "kid": "one"})
        signed.add_signature(self.key, alg="RS256", protected=header)
        return str(signed.serialize(compact=True))

    def discovery(self) -> dict[str, Any]:
        """The document of OpenID Connect Discovery."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.described,
        }


@contextmanager
def running() -> Iterator[Service]:
    """The service on loopback, until the block ends."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(self.path)
            if self.path == "/keys":
                self._say({"keys": [KEY.export_public(as_dict=True)]})
            else:
                self._say(service.discovery())

        def do_POST(self) -> None:
            service.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            form["authorization"] = self.headers.get("Authorization", "")
            service.exchanged.append(form)
            self._say({"access_token": "a", "token_type": "Bearer", "id_token": service.id_token()})

        def _say(self, content: dict[str, Any]) -> None:
            text = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def challenge_of(verifier: str) -> str:
    """What PKCE's S256 makes of the verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says that it needs no signature."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_secret(claims: dict[str, Any], secret: str) -> str:
    """A token signed with the client's own secret, as HS256 would have it."""
    key = jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode())
    signed = jws.JWS(json.dumps(claims))
    signed.add_signature(key, alg="HS256", protected=json.dumps({"alg": "HS256", "kid": "one"}))
    return str(signed.serialize(compact=True))
