"""Passwords and keys of one stack: random, kept in a file of mode 0600, the same at every start."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.localstack import folders
from core.localstack.errors import StackError


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Everything secret that a stack and the product on it need."""

    postgres_superuser: str
    postgres_role: str
    valkey: str
    s3_access: str
    s3_secret: str
    s3_at_rest: str
    s3_tokens: str
    django: str
    field: str


def load(data: Path) -> Keys:
    """Return the keys of this data folder, made at the first call."""
    path = data / "keys.json"
    if not path.exists():
        if (data / "postgres").exists() or (data / "s3").exists():
            raise StackError(
                f"{path} is missing, so the data beside it cannot be opened; reset the stack.",
                f"缺少 {path}，无法打开已有数据，请重置（make reset）。",
            )
        folders.write_private(path, json.dumps(asdict(_random()), indent=1))
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Keys(**{field.name: str(kept[field.name]) for field in fields(Keys)})
    except (ValueError, KeyError, TypeError) as error:
        raise StackError(
            f"{path} cannot be read; restore it or reset the stack.",
            f"{path} 已损坏，请恢复该文件或重置（make reset）。",
        ) from error


def signing_key_file(data: Path) -> Path:
    """Return the file with the private key that signs identity tokens, made at the first call."""
    path = data / "oidc-signing-key.pem"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65_537, key_size=3072)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        folders.write_private(path, pem.decode("ascii"))
    return path


def _random() -> Keys:
    return Keys(
        postgres_superuser=secrets.token_urlsafe(24),
        postgres_role=secrets.token_urlsafe(24),
        valkey=secrets.token_urlsafe(24),
        s3_access=secrets.token_hex(10).upper(),
        s3_secret=secrets.token_urlsafe(30),
        s3_at_rest=secrets.token_hex(32),
        s3_tokens=secrets.token_urlsafe(32),
        django=secrets.token_urlsafe(50),
        field=base64.b64encode(secrets.token_bytes(32)).decode("ascii"),
    )
