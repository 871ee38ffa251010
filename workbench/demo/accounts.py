"""Who signs in to the demonstration: one account per role, with a password of its own."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core.actor import Actor
from org import policies
from org.credentials import passwords as one_time_passwords
from org.credentials import totp
from org.kinds import AdminRole
from org.queries import accounts as account_queries
from org.queries import appointments, authority, people, units, visibility
from org.queries import second_factors as second_factor_queries
from org.services import accounts as account_services
from org.services import authority as authority_services
from org.services import second_factors
from workbench.demo import places

_PASSED_ON = 3
"""How often the demonstration's rights may be passed on."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One line of the table, and of the file."""

    role: str
    name: str
    unit: str
    username: str
    password: str
    totp_secret: str = ""
    """An administrator's second factor, for an authenticator app; empty for everybody else."""


@dataclass(frozen=True, slots=True)
class Part:
    """A role, the person who plays it, and what the person administers."""

    role: str
    person_id: int
    grants: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who plays, and where."""

    parts: list[Part]
    home: units.UnitBranch
    issuer: units.UnitName
    builder: units.UnitName
    recipients: tuple[units.UnitName, units.UnitName]

    def person(self, role: str) -> int:
        """The id of the person in the role."""
        return next(part.person_id for part in self.parts if part.role == role)


def cast(*, at: datetime) -> Cast:
    """The roles given to people who hold such posts."""
    place = places.find(at=at)
    home, taken = places.organs(place.home.id, at=at), set[int]()
    issuer = places.named(home, "民政局", taken=taken)
    office = places.named(home, "人民政府办公室", taken=taken)
    first = places.named(home, "教育局", taken=taken)
    second = places.named(home, "财政局", taken=taken)
    builder = places.named(home, "科学技术局", taken=taken)
    neighbours, theirs = places.organs(place.next.id, at=at), set[int]()
    their_bureau = places.named(neighbours, "民政局", taken=theirs)
    their_office = places.named(neighbours, "人民政府办公室", taken=theirs)

    def holder(organ: units.UnitName, function: str, position: int = 0) -> int:
        return appointments.function_holders(organ.id, function, at=at)[position]

    county, next_county = place.home.id, place.next.id
    parts = [
        Part("县管理员", holder(office, "staff"), _over(county, "org", "people", "apps")),
        Part("县复核员", holder(office, "deputy"), _over(county, "org", "people")),
        Part(
            "邻县管理员", holder(their_office, "staff"), _over(next_county, "org", "people", "apps")
        ),
        Part("拟稿人", holder(issuer, "staff", -1)),
        Part("核稿人", holder(issuer, "staff")),
        Part("签发人", holder(issuer, "head")),
        Part("分管领导", holder(issuer, "deputy")),
        Part("本局收发员", holder(issuer, "clerk")),
        Part("收发员一", holder(first, "clerk")),
        Part("收发员二", holder(second, "clerk")),
        Part("应用开发者", holder(builder, "staff")),
        Part("应用审核员", holder(builder, "deputy"), _over(county, "apps")),
        *_officers(place.top.id, holder, at),
        Part("邻县人员", holder(their_bureau, "staff")),
    ]
    return Cast(parts, place.home, issuer, builder, (first, second))


def make(
    *, cast: Cast, actor: Actor, kept: Iterable[DemoAccount], now: datetime
) -> list[DemoAccount]:
    """Everybody can sign in and has the rights of the role. Known passwords stay."""
    kept = list(kept)
    passwords = {account.username: account.password for account in kept}
    secrets = {account.username: account.totp_secret for account in kept}
    made = []
    for part in cast.parts:
        username = _account_of(part.person_id, actor, passwords, now)
        _grant(part, actor, now)
        person = people.names([part.person_id], at=now)[part.person_id]
        made.append(
            DemoAccount(
                role=part.role,
                name=person.name,
                unit=_organ_name(person),
                username=username,
                password=passwords[username],
                totp_secret=_second_factor(part, actor, secrets.get(username, ""), now),
            )
        )
    return made


def read(file: Path) -> list[DemoAccount]:
    """The accounts of an earlier run; none where there is no such file."""
    if not file.exists():
        return []
    rows = json.loads(file.read_text(encoding="utf-8"))["accounts"]
    return [DemoAccount(**row) for row in rows]


def write(file: Path, accounts: Iterable[DemoAccount]) -> None:
    """The file holds the accounts and only its owner may read it, from its first byte on."""
    text = json.dumps(
        {"accounts": [asdict(account) for account in accounts]}, ensure_ascii=False, indent=2
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        output.write(text + "\n")
    fresh.replace(file)


def _officers(top_id: int, holder: Callable[..., int], at: datetime) -> list[Part]:
    """Three different people of the whole tree's own organs."""
    staffed, taken = places.organs(top_id, at=at), set[int]()
    roles = (
        ("系统管理员", "system", "数据局"),
        ("安全管理员", "security", "公安厅"),
        ("审计管理员", "audit", "审计厅"),
    )
    return [
        Part(name, holder(places.named(staffed, ending, taken=taken), "staff"), _over(top_id, role))
        for name, role, ending in roles
    ]


def _over(root_id: int, *roles: str) -> tuple[tuple[str, int], ...]:
    return tuple((role, root_id) for role in roles)


def _account_of(person_id: int, actor: Actor, passwords: dict[str, str], now: datetime) -> str:
    """The person's username; an account whose password nobody knows gets a new one."""
    held = account_queries.of_person(person_id)
    if held is not None and held.username in passwords:
        return held.username
    password = one_time_passwords.fresh()
    if held is not None:
        account_services.set_password(actor=actor, account_id=held.id, password=password, now=now)
        passwords[held.username] = password
        return held.username
    username = _free_username(people.card(person_id, at=now, viewer=visibility.EVERYTHING).pinyin)
    password = passwords.get(username, password)
    account_services.open_account(
        actor=actor, person_id=person_id, username=username, password=password, now=now
    )
    passwords[username] = password
    return username


def _second_factor(part: Part, actor: Actor, secret: str, now: datetime) -> str:
    """An administrator's secret, set up for the account; one that nobody knows is replaced."""
    if not part.grants:
        return ""
    held = account_queries.of_person(part.person_id)
    if held is None or (secret and second_factor_queries.of(held.id).totp_since):
        return secret
    secret = secret or totp.fresh_secret()
    second_factors.enrol(actor=actor, account_id=held.id, secret=secret, now=now)
    return secret


def _free_username(pinyin: str) -> str:
    username, number = pinyin, 1
    while account_queries.by_username(username) is not None:
        number += 1
        username = f"{pinyin}{number}"
    return username


def _grant(part: Part, actor: Actor, now: datetime) -> None:
    held = {(grant.role, grant.root_id) for grant in authority.of_person(part.person_id, at=now)}
    for role, root_id in part.grants:
        if (role, root_id) not in held:
            authority_services.grant(
                actor=actor,
                person_id=part.person_id,
                wanted=policies.Wanted(AdminRole(role), root_id, depth=_PASSED_ON),
                now=now,
            )


def _organ_name(person: people.PersonName) -> str:
    if person.unit_id is None:
        return ""
    organ = units.organ_of(person.unit_id)
    return organ.name if organ.id == person.unit_id else f"{organ.name} {person.unit_name}"
