"""The catalogue of scopes: what an app may ask for, in words its approver reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ScopeKind(StrEnum):
    """On whose behalf a scope is used."""

    DELEGATED = "delegated"
    """For the person who is signed in (authorization code)."""
    APPLICATION = "application"
    """For the app itself (client credentials)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission an app can be granted."""

    name: str
    kind: ScopeKind
    level: int
    """1 is granted with any review, 2 shows the reviewer a warning, 3 is not offered yet."""
    meaning: str
    """Completes the sentence 应用可以……"""


CATALOGUE: Final = {
    scope.name: scope
    for scope in (
        Scope("openid", ScopeKind.DELEGATED, 1, "识别登录人（应用内专用标识）"),
        Scope("profile.read", ScopeKind.DELEGATED, 1, "读取登录人的姓名、单位和职务"),
        Scope("org.member.read", ScopeKind.APPLICATION, 2, "读取范围内人员的姓名、单位和职务"),
        Scope("notice.send", ScopeKind.APPLICATION, 2, "向范围内人员发送工作通知"),
        Scope("card.put", ScopeKind.APPLICATION, 2, "在成员都在范围内的会话中发送和更新卡片"),
    )
}


def of_kind(kind: ScopeKind) -> frozenset[str]:
    """The names of all scopes of one kind."""
    return frozenset(scope.name for scope in CATALOGUE.values() if scope.kind is kind)
