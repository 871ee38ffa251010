"""The environment, typed. A missing or wrong variable stops the start and is named."""

import base64
import binascii
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """Every variable the product reads; docs/operations/running.md explains them."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    deployment: Literal["local", "production"] = "production"
    secret_key: str = Field(min_length=50)
    field_key: str
    """32 random bytes in base64: encrypts phone numbers and the like."""
    oidc_signing_key_file: Path
    """A PEM file with the private RSA key that signs ID tokens."""

    site_origin: str = Field(pattern=r"^https?://[^/\s]+$")
    allowed_hosts: str = ""
    """Further host names, separated by commas; the origin's own is always allowed."""
    trusted_proxies: str = ""
    """Networks (CIDR, separated by commas) whose X-Forwarded-For is believed."""

    database_url: str = Field(pattern=r"^postgres(ql)?://")
    database_pool_size: int = Field(default=8, ge=0, le=200)
    """Connections each process keeps at most; 0 turns the pool off."""
    redis_url: str = Field(pattern=r"^(rediss?|valkeys?|unix)://")
    s3_endpoint: str = Field(pattern=r"^https?://[^/\s]+/?$")
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str = "tongwen"
    s3_region: str = "us-east-1"
    audit_seals_kept_days: int = Field(default=180, ge=1, le=3650)
    """How long the object store refuses to delete a seal of the audit log."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"

    @field_validator("field_key")
    @classmethod
    def _field_key_has_32_bytes(cls, value: str) -> str:
        try:
            decoded = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("is not base64") from error
        if len(decoded) != 32:
            raise ValueError("does not hold 32 bytes")
        return value

    @field_validator("oidc_signing_key_file")
    @classmethod
    def _signing_key_is_readable(cls, value: Path) -> Path:
        if not value.is_file():
            raise ValueError("names no readable file")
        return value

    @property
    def is_local(self) -> bool:
        """Whether this is a laptop's stack, where plain HTTP on loopback is in order."""
        return self.deployment == "local"


def read() -> Environment:
    """The environment; ends the process with one line per bad variable."""
    try:
        return Environment()
    except ValidationError as error:
        for fault in error.errors():
            name = str(fault["loc"][0]).upper() if fault["loc"] else "environment"
            reason = "is not set" if fault["type"] == "missing" else fault["msg"]
            sys.stderr.write(f"tongwen: the environment variable {name} {reason}\n")
        raise SystemExit(78) from None
