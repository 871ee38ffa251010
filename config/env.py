"""The environment, typed. A missing or wrong variable stops the start and is named."""

import base64
import binascii
import sys
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_RUNGS: Final = (
    r"^push=\d{1,5},sms=\d{1,5},voice=\d{1,5},duty=\d{1,5},leader=\d{1,5},end=[1-9]\d{0,5}$"
)
_STEPS: Final = r"(push|sms|voice|duty|leader)(,(push|sms|voice|duty|leader))*"
_LEVELS: Final = rf"^app=({_STEPS})?;sms=({_STEPS})?;phone=({_STEPS})?$"
_CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"
_HOURS: Final = rf"^{_CLOCK}-{_CLOCK}(,{_CLOCK}-{_CLOCK})*$"
_DAYS: Final = r"^(\d{4}-\d\d-\d\d(,\d{4}-\d\d-\d\d)*)?$"
_CHANNELS: Final = r"^((push|sms|voice)=[A-Za-z_][\w.]*(,(push|sms|voice)=[A-Za-z_][\w.]*)*)?$"


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
    database_pool_size: int = Field(default=16, ge=0, le=200)
    """Connections each process keeps at most, eight for its sockets; 0 turns the pool off."""
    redis_url: str = Field(pattern=r"^(rediss?|valkeys?|unix)://")
    s3_endpoint: str = Field(pattern=r"^https?://[^/\s]+/?$")
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str = "tongwen"
    s3_region: str = "us-east-1"
    audit_seals_kept_days: int = Field(default=180, ge=1, le=3650)
    """How long the object store refuses to delete a seal of the audit log."""

    clamd_address: str = Field(default="", pattern=r"^([^:\s]+:\d+)?$")
    """host:port of a scanner for malware that speaks clamd; empty for none (core/scanning.py)."""

    second_factor: Literal["administrators", "everyone", "nobody"] = "administrators"
    """Who has to show a second factor; see docs/adr/0016-sign-in.md."""
    password_profile: Literal["dengbao", "asvs"] = "dengbao"  # noqa: S105  # a name, no password
    """Whose rules passwords follow: GB/T 22239's or OWASP ASVS 5.0's."""
    session_idle_minutes: int = Field(default=30, ge=1, le=720)
    session_hours: int = Field(default=12, ge=1, le=24)
    upstream_oidc_issuer: str = Field(default="", pattern=r"^(https?://\S+[^/\s])?$")
    """The organisation's own OpenID Connect service; empty for none."""
    upstream_oidc_client_id: str = ""
    upstream_oidc_client_secret_file: Path | None = None
    upstream_oidc_claim: str = "preferred_username"
    """The claim of the ID token that names the account."""
    upstream_oidc_matches: Literal["username", "staff_number"] = "username"
    """What of the account the claim holds."""
    upstream_oidc_name: str = "统一身份认证"
    upstream_oidc_second_factor: str = ""
    """Values of acr or amr, separated by commas, that count as a second factor."""

    ding_ladder: str = Field(
        default="push=2,sms=5,voice=8,duty=12,leader=20,end=1440", pattern=_RUNGS
    )
    """Minutes after which an unconfirmed DING climbs each rung, and ends."""
    ding_ladder_off_hours: str = Field(
        default="push=1,sms=3,voice=5,duty=6,leader=15,end=1440", pattern=_RUNGS
    )
    """The same for a DING that is opened outside working hours."""
    ding_levels: str = Field(
        default="app=push;sms=push,sms;phone=push,sms,voice,duty,leader", pattern=_LEVELS
    )
    """Which rungs each level climbs."""
    ding_levels_off_hours: str = Field(
        default="app=push;sms=push,sms,duty;phone=push,sms,voice,duty,leader", pattern=_LEVELS
    )
    ding_working_hours: str = Field(default="08:30-12:00,14:00-17:30", pattern=_HOURS)
    ding_holidays: str = Field(default="", pattern=_DAYS)
    """Days off besides Saturday and Sunday, YYYY-MM-DD, separated by commas."""
    ding_workdays: str = Field(default="", pattern=_DAYS)
    """Saturdays and Sundays on which offices are open."""
    ding_channels: str = Field(default="", pattern=_CHANNELS)
    """Adapters of push, sms and voice by dotted path; a rung without one is passed over."""
    ding_per_person_daily: int = Field(default=50, ge=0, le=10_000)
    ding_per_unit_daily: int = Field(default=500, ge=0, le=100_000)
    ding_people: int = Field(default=5_000, ge=1, le=20_000)
    """How many people a DING calls without a second person's approval."""
    ding_people_approved: int = Field(default=100_000, ge=1, le=500_000)
    """How many it calls at most with one."""

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

    @model_validator(mode="after")
    def _upstream_is_whole(self) -> Self:
        if not self.upstream_oidc_issuer:
            return self
        if not self.upstream_oidc_client_id:
            raise ValueError("UPSTREAM_OIDC_CLIENT_ID is not set")
        secret = self.upstream_oidc_client_secret_file
        if secret is None or not secret.is_file():
            raise ValueError("UPSTREAM_OIDC_CLIENT_SECRET_FILE names no readable file")
        if not self.is_local and not self.upstream_oidc_issuer.startswith("https://"):
            raise ValueError("UPSTREAM_OIDC_ISSUER must be https")
        return self

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
            if not fault["loc"]:  # several variables that do not go together
                sys.stderr.write(f"tongwen: {fault['msg'].removeprefix('Value error, ')}\n")
                continue
            name = str(fault["loc"][0]).upper()
            reason = "is not set" if fault["type"] == "missing" else fault["msg"]
            sys.stderr.write(f"tongwen: the environment variable {name} {reason}\n")
        raise SystemExit(78) from None


def listed(text: str) -> frozenset[str]:
    """`a,b` as a set."""
    return frozenset(value for value in text.split(",") if value)


def pairs(text: str) -> dict[str, str]:
    """`a=x,b=y` as a mapping."""
    split = (pair.partition("=") for pair in text.split(",") if pair)
    return {name: value for name, _, value in split}


def minutes(text: str) -> dict[str, int]:
    """`a=2,b=5` as a mapping to numbers."""
    return {name: int(value) for name, value in pairs(text).items()}


def levels(text: str) -> dict[str, tuple[str, ...]]:
    """`a=x,y;b=z` as a mapping to the values of each."""
    split = (part.partition("=") for part in text.split(";"))
    return {name: tuple(filter(None, values.split(","))) for name, _, values in split}


def spans(text: str) -> tuple[tuple[str, str], ...]:
    """`08:30-12:00,14:00-17:30` as beginnings and ends."""
    split = (span.partition("-") for span in text.split(","))
    return tuple((begins, ends) for begins, _, ends in split)
