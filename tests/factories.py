"""A small province that every test may stand on."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from core import crypto
from core.actor import Actor
from org import layout, names
from org.kinds import AdminRole, AppointmentKind, PostFunction, UnitKind
from org.models import Account, AccountSession, AdminGrant, Appointment, Person, Post, Unit
from org.queries import accounts
from org.writing import headcounts, search_rows

PASSWORD = "Tongwen-Test-2026"
FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)

REGIONS = (
    ("浙江省", "33", 1, None),
    ("杭州市", "3301", 2, "浙江省"),
    ("宁波市", "3302", 2, "浙江省"),
    ("西湖区", "330106", 3, "杭州市"),
    ("上城区", "330102", 3, "杭州市"),
    ("海曙区", "330203", 3, "宁波市"),
)
# organ, region, code, and its people: head, deputy, clerk (办公室), two of staff (一科)
ORGANS = (
    ("浙江省民政厅", "浙江省", ("郑省长", "冯副厅", "陈省收", "褚一", "卫二")),
    ("杭州市民政局", "杭州市", ("蒋市长", "沈副市", "韩市收", "杨一", "朱二")),
    ("西湖区人民政府办公室", "西湖区", ("秦主任", "尤副主", "许收发", "何管理", "吕安全")),
    ("西湖区民政局", "西湖区", ("王伟民", "李建国", "张晓梅", "曾国强", "单小芳")),
    ("西湖区卫生健康局", "西湖区", ("赵卫东", "钱医", "孙收文", "周防疫", "吴健")),
    ("上城区民政局", "上城区", ("林上城", "徐副局", "高收文", "马科员", "罗科员")),
    ("海曙区民政局", "海曙区", ("仇海生", "区副局", "宋收文", "唐科员", "董科员")),
)
_POSTS = (
    (PostFunction.HEAD, "局长", 10, None),
    (PostFunction.DEPUTY, "副局长", 20, None),
    (PostFunction.CLERK, "收发员", 60, "办公室"),
    (PostFunction.STAFF, "科长", 70, "一科"),
    (PostFunction.STAFF, "科员", 80, "一科"),
)
# person, role, root
GRANTS = (
    ("何管理", AdminRole.ORG, "西湖区"),
    ("何管理", AdminRole.PEOPLE, "西湖区"),
    ("何管理", AdminRole.APPS, "西湖区"),
    ("马科员", AdminRole.ORG, "上城区"),
    ("马科员", AdminRole.PEOPLE, "上城区"),
    ("褚一", AdminRole.SYSTEM, "浙江省"),
    ("卫二", AdminRole.SECURITY, "浙江省"),
    ("陈省收", AdminRole.AUDIT, "浙江省"),
    ("冯副厅", AdminRole.APPS, "浙江省"),
)


@dataclass(frozen=True)
class Province:
    """Ids by name; units are called "西湖区民政局" and "西湖区民政局/办公室"."""

    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    appointments: dict[str, int] = field(default_factory=dict)

    def unit(self, name: str) -> int:
        """The unit's id."""
        return self.units[name]

    def person(self, name: str) -> int:
        """The person's id."""
        return self.people[name]

    def actor(self, person_name: str) -> Actor:
        """The person acting from the main appointment."""
        found = accounts.actor(self.accounts[person_name], at=timezone.now())
        assert found is not None
        return found

    def client(self, person_name: str) -> Client:
        """A browser in which the person is signed in by two factors; CSRF is not enforced."""
        client = Client()
        client.force_login(
            Account.objects.get(pk=self.accounts[person_name]),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        session = client.session
        session["account_session_id"] = sign_in_row(self.accounts[person_name])
        session.save()
        return client


@transaction.atomic
def small_province() -> Province:
    """Zhejiang with two cities, three districts, seven organs and 35 people.

    浙江省 → 杭州市 (西湖区, 上城区), 宁波市 (海曙区); each organ has 办公室 and 一科 (which
    others than 西湖区民政局 call 业务科), a head and a deputy in the organ itself, a clerk in
    办公室, two of staff in 一科. Everyone has an account:
    the username is the pinyin of the name, the password PASSWORD. See GRANTS for administrators.
    """
    province = Province()
    _add_units(province)
    _add_people(province)
    AdminGrant.objects.bulk_create(
        AdminGrant(
            person_id=province.people[person],
            role=role,
            root_id=province.units[root],
            delegation_depth=3,
            valid_from=FOUNDED,
        )
        for person, role, root in GRANTS
    )
    return province


def _add_units(province: Province) -> None:
    """All units in two statements: every test pays for them."""
    rows = _unit_rows()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('org_unit', 'id')) FROM generate_series(1, %s)",
            [len(rows)],
        )
        province.units.update(
            (row[0], unit_id) for row, (unit_id,) in zip(rows, cursor.fetchall(), strict=True)
        )
    children: dict[int, list[int]] = {}
    for key, _name, _code, _kind, _level, above in rows:
        if above is not None:
            children.setdefault(province.units[above], []).append(province.units[key])
    places = layout.plan(province.units[rows[0][0]], children).places
    # The model's own manager refuses bulk writes.
    QuerySet[Unit](Unit).bulk_create(
        Unit(
            id=province.units[key],
            parent_id=province.units[above] if above else None,
            tree_id=1,
            lft=1 + places[province.units[key]].lft,
            rght=1 + places[province.units[key]].rght,
            depth=places[province.units[key]].depth,
            code=code,
            name=name,
            short_name=name,
            **names.unit_search(name),
            kind=kind,
            level=level,
            sort=sort,
            valid_from=FOUNDED,
        )
        for sort, (key, name, code, kind, level, above) in enumerate(rows)
    )


def _unit_rows() -> list[tuple[str, str, str, UnitKind, int, str | None]]:
    """Key, name, code, kind, level and the key of the unit above, parents first."""
    rows: list[tuple[str, str, str, UnitKind, int, str | None]] = [
        (name, name, code, UnitKind.REGION, level, above) for name, code, level, above in REGIONS
    ]
    levels = {name: level for name, _code, level, _above in REGIONS}
    for number, (organ, region, _people) in enumerate(ORGANS, start=1):
        level, code = levels[region], f"11TEST{number:012d}"
        rows.append((organ, organ, code, UnitKind.ORGAN, level, region))
        for part, inner in enumerate(("办公室", "一科"), start=1):
            key, inner_code = f"{organ}/{inner}", f"{code}-{part}"
            # 一科 of 西湖区民政局 moves into other organs: they have none of that name.
            name = "业务科" if inner == "一科" and organ != "西湖区民政局" else inner
            rows.append((key, name, inner_code, UnitKind.DEPARTMENT, level, organ))
    return rows


def _add_people(province: Province) -> None:
    rows = [
        (person, f"{organ}/{inner}" if inner else organ, function, title, rank)
        for organ, _region, people in ORGANS
        for person, (function, title, rank, inner) in zip(people, _POSTS, strict=True)
    ]
    made = Person.objects.bulk_create(
        _person(name, f"1380000{number:04d}") for number, (name, *_) in enumerate(rows)
    )
    posts = Post.objects.bulk_create(
        Post(unit_id=province.units[unit], title=title, function=function, rank=rank)
        for _name, unit, function, title, rank in rows
    )
    appointments = Appointment.objects.bulk_create(
        Appointment(
            person=person,
            post=post,
            unit_id=post.unit_id,
            kind=AppointmentKind.MAIN,
            valid_from=FOUNDED,
        )
        for person, post in zip(made, posts, strict=True)
    )
    sealed = make_password(PASSWORD)
    opened = Account.objects.bulk_create(
        Account(
            username=person.pinyin,
            password=sealed,
            person=person,
            opened_at=FOUNDED,
            password_set_at=timezone.now(),
        )
        for person in made
    )
    for person, appointment, account in zip(made, appointments, opened, strict=True):
        province.people[person.name] = person.pk
        province.appointments[person.name] = appointment.pk
        province.accounts[person.name] = account.pk
    search_rows.write([appointment.pk for appointment in appointments])
    headcounts.rebuild(now=FOUNDED)


def _person(name: str, phone: str) -> Person:
    pinyin, initials = names.reading(name)
    return Person(
        public_id=uuid.uuid4(),
        name=name,
        pinyin=pinyin,
        initials=initials,
        phone_cipher=crypto.encrypt_text(phone),
        phone_index=crypto.blind_index(phone),
        created_at=FOUNDED,
    )


def sign_in_row(account_id: int, *, second_factor: str = "totp") -> int:
    """A sign-in that began just now; its id."""
    now = timezone.now()
    return AccountSession.objects.create(
        account_id=account_id,
        started_at=now,
        seen_at=now,
        address="127.0.0.1",
        device="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36",
        second_factor=second_factor,
    ).pk


def force_unit(unit_id: int, assignment: str) -> None:
    """Writes the tree's table past every guard, as a hand-written UPDATE would."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE org_unit SET {assignment} WHERE id = %s", [unit_id])


def reset_org() -> int:
    """Empties every table of org; returns how many tables there were."""
    tables = [model._meta.db_table for model in apps.get_app_config("org").get_models()]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    return len(tables)
