"""The menu of 系统管理: every page of the screen, and the roles that open it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

ANY: Final[frozenset[str]] = frozenset()
"""Open to whoever administers anything."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One page. `key` marks it as the open one; `url_name` is where it stands."""

    key: str
    label: str
    url_name: str
    roles: frozenset[str] = ANY
    count: str = ""
    """The live counter that stands beside the label."""

    def is_open_to(self, roles: Collection[str]) -> bool:
        """Whether somebody with these roles finds the page in the menu."""
        return not self.roles or not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together."""

    label: str
    entries: tuple[Entry, ...]


AUDIT: Final = "audit-log"
"""Not a role but what `Office.sees_audit` says: an audit grant over the whole tree."""

GROUPS: Final = (
    Group(
        "组织",
        (
            Entry(
                "units",
                "组织与人员",
                "administration",
                frozenset({"org", "people", "helpdesk"}),
            ),
            Entry(
                "reorganisations",
                "机构改革",
                "administration-reorganisations",
                frozenset({"org"}),
                count="plans",
            ),
            Entry("lines", "条线", "administration-lines", frozenset({"org"})),
            Entry("exchange", "导入导出", "administration-exchange", frozenset({"org", "people"})),
            Entry("departures", "离职交接", "administration-departures", frozenset({"people"})),
            Entry("sync", "目录同步", "administration-sync", frozenset({"org", "system"})),
        ),
    ),
    Group(
        "权限",
        (
            Entry("grants", "管理权限", "administration-grants"),
            Entry("requests", "双人复核", "administration-requests", count="reviews"),
            Entry("officers", "三员分立", "administration-officers"),
        ),
    ),
    Group(
        "安全",
        (
            Entry(
                "accounts",
                "账号服务",
                "administration-accounts",
                frozenset({"people", "helpdesk", "security"}),
            ),
            Entry(
                "visibility",
                "可见范围",
                "administration-visibility",
                frozenset({"org", "security"}),
            ),
            Entry("audit", "审计日志", "administration-audit", frozenset({AUDIT})),
        ),
    ),
)


def open_to(roles: Collection[str]) -> list[Group]:
    """The groups with the pages that these roles open; empty groups are left out."""
    shown = (
        Group(group.label, tuple(entry for entry in group.entries if entry.is_open_to(roles)))
        for group in GROUPS
    )
    return [group for group in shown if group.entries]
