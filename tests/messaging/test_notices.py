"""Work notices: once for each key, unread until opened, safe links."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core import actor as actors
from messaging import errors
from messaging.models import NoticeTarget, WorkNotice
from messaging.queries import notices as queries
from messaging.services import notices
from messaging.services.notices import NoticeSent
from org.kinds import AdminRole
from org.models import AdminGrant
from org.queries import appointments
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone


def _notify(
    *phones: Phone,
    key: str = "case:1",
    link: str = "/approvals/1/",
    title: str = "您有一项待办",
    body: str = "请在今日内处理",
) -> NoticeSent:
    return notices.send(
        actor=actors.system("test"),
        source="approvals",
        source_name="审批",
        key=key,
        person_ids=[phone.person_id for phone in phones],
        title=title,
        body=body,
        link=link,
        now=timezone.now(),
    )


def test_a_notice_reaches_each_person_and_counts_as_unread(wang: Phone, li: Phone) -> None:
    sent = _notify(wang, li)
    assert (sent.targets, sent.repeated) == (2, False)
    notice = wang.get("/notices").json()["items"][0]
    assert (notice["id"], notice["title"], notice["link"], notice["read_at"]) == (
        sent.id, "您有一项待办", "/approvals/1/", None,
    )  # fmt: skip
    assert wang.get("/unread").json() == {"messages": 0, "notices": 1}
    assert queries.unread_count(li.person_id) == 1


def test_the_same_key_sends_once(wang: Phone, li: Phone) -> None:
    first = _notify(wang)
    again = _notify(wang, li)
    assert again == NoticeSent(id=first.id, targets=1, repeated=True)
    assert (WorkNotice.objects.count(), NoticeTarget.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("length", "limit"), [(notices.TITLE_LIMIT, 120), (notices.TITLE_LIMIT + 1, 120), (210, 120)]
)
def test_a_long_title_is_shortened_to_what_a_notice_holds(
    wang: Phone, length: int, limit: int
) -> None:
    _notify(wang, title="防" * length)
    title = wang.get("/notices").json()["items"][0]["title"]
    assert title == ("防" * 120 if length == limit else "防" * 119 + "…")


@pytest.mark.parametrize(
    ("length", "limit"),
    [(notices.BODY_LIMIT, 2000), (notices.BODY_LIMIT + 1, 2000), (10_000, 2000)],
)
def test_a_long_body_is_shortened_to_what_a_notice_holds(
    wang: Phone, length: int, limit: int
) -> None:
    _notify(wang, body="汛" * length)
    body = wang.get("/notices").json()["items"][0]["body"]
    assert body == ("汛" * 2000 if length == limit else "汛" * 1999 + "…")


def test_opening_a_notice_makes_it_read_for_its_reader_alone(wang: Phone, li: Phone) -> None:
    sent = _notify(wang, li)
    answer = wang.call("put", f"/notices/{sent.id}/read")
    assert answer.json() == {"messages": 0, "notices": 0}
    assert (queries.unread_count(wang.person_id), queries.unread_count(li.person_id)) == (0, 1)


def test_a_notice_of_what_is_done_is_read_for_all_it_went_to(wang: Phone, li: Phone) -> None:
    _notify(wang, li, key="a")
    _notify(wang, key="b")
    actor, now = actors.system("tests"), timezone.now()
    notices.settle(actor=actor, source="approvals", key="a", now=now)
    notices.settle(actor=actor, source="approvals", key="never sent", now=now)
    notices.settle(actor=actor, source="documents", key="b", now=now)
    assert (queries.unread_count(wang.person_id), queries.unread_count(li.person_id)) == (1, 0)


def test_all_notices_can_be_opened_at_once(wang: Phone) -> None:
    _notify(wang, key="a")
    _notify(wang, key="b")
    assert wang.call("put", "/notices/read", {}).json() == {"messages": 0, "notices": 0}
    assert queries.unread_count(wang.person_id) == 0


def test_anothers_notice_looks_absent(wang: Phone, li: Phone) -> None:
    sent = _notify(wang)
    answer = li.call("put", f"/notices/{sent.id}/read")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOTICE_NOT_FOUND")
    assert li.get("/notices").json()["items"] == []
    assert queries.unread_count(wang.person_id) == 1


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "//evil.example",
        "/\\evil.example",
        "http://evil.example",
        "data:text/html,x",
        "https:///x",
        "/a\nb",
    ],
)
def test_an_unsafe_link_is_refused(wang: Phone, link: str) -> None:
    with pytest.raises(errors.UnsafeLink):
        _notify(wang, link=link)
    assert WorkNotice.objects.count() == 0


@pytest.mark.parametrize("link", ["", "/documents/3/", "https://roster.example.gov.cn/week"])
def test_pages_of_ours_and_https_are_taken(wang: Phone, link: str) -> None:
    _notify(wang, link=link)
    assert wang.get("/notices").json()["items"][0]["link"] == link


def test_a_notice_for_nobody_is_refused(wang: Phone) -> None:
    with pytest.raises(errors.NobodyToNotify):
        _notify()
    assert WorkNotice.objects.count() == 0


def test_pages_of_notices_go_back_in_time(wang: Phone) -> None:
    ids = [_notify(wang, key=f"{number}").id for number in range(3)]
    first = wang.get("/notices", limit=2).json()
    second = wang.get("/notices", limit=2, cursor=first["next_cursor"]).json()
    assert [notice["id"] for notice in first["items"]] == [ids[2], ids[1]]
    assert [notice["id"] for notice in second["items"]] == [ids[0]]
    assert [notice.id for notice in queries.latest(wang.person_id, 2)] == [ids[2], ids[1]]


def test_the_queries_of_notices_are_budgeted(wang: Phone, li: Phone, budget: Budget) -> None:
    with budget("messaging.notices.send"):
        _notify(wang, li)
    with budget("messaging.notices.list"):
        wang.get("/notices")
    with budget("messaging.notices.read"):
        wang.call("put", "/notices/read", {})


def _to_units(
    province: Province,
    *units: str,
    key: str = "wide",
    functions: tuple[str, ...] = (),
    roles: tuple[AdminRole, ...] = (),
    within: int | None = None,
) -> NoticeSent:
    return notices.send_to_units(
        actor=actors.system("test"),
        source="approvals",
        source_name="审批",
        key=key,
        wide=notices.Wide(tuple(province.unit(unit) for unit in units), functions, roles, within),
        title="防汛演练",
        body="明日九点",
        link="",
        now=timezone.now(),
        asks=True,
    )


def test_a_notice_to_units_reaches_all_who_serve_below_them_once(
    province: Province, wang: Phone, lin: Phone
) -> None:
    bureau = _to_units(province, "西湖区民政局")
    assert (bureau.targets, bureau.repeated) == (5, False)
    assert _to_units(province, "西湖区民政局").repeated is True
    both = _to_units(province, "西湖区", "西湖区民政局", key="both")
    expected = len(appointments.person_ids_in_subtree(province.unit("西湖区"), at=timezone.now()))
    assert both.targets == expected > 5
    assert queries.unread_count(wang.person_id) == 2
    assert queries.unread_count(lin.person_id) == 0


def test_a_notice_to_a_role_reaches_its_holders_alone(province: Province, wang: Phone) -> None:
    sent = _to_units(province, "西湖区", functions=("head", "deputy"))
    reached = set(NoticeTarget.objects.filter(notice=sent.id).values_list("person_id", flat=True))
    assert wang.person_id in reached
    assert province.person("张晓梅") not in reached
    with pytest.raises(errors.NobodyToNotify):
        _to_units(province, "西湖区民政局/一科", key="none", functions=("head",))
    assert WorkNotice.objects.count() == 1


def _reached(province: Province, *units: str, **wide: Any) -> set[int]:
    sent = _to_units(province, *units, **wide)
    rows = NoticeTarget.objects.filter(notice=sent.id)
    return set(rows.values_list("person_id", flat=True))


def test_a_notice_to_administrators_reaches_those_over_the_unit_and_below_it(
    province: Province, lin: Phone
) -> None:
    bureau, keeper = "西湖区民政局", province.person("何管理")
    people, helpdesk = (AdminRole.PEOPLE,), (AdminRole.HELPDESK,)
    # Whoever administers the district administers the bureau, and he serves elsewhere.
    assert _reached(province, bureau, key="a", roles=people) == {keeper}
    grant = AdminGrant.objects.create(
        person_id=lin.person_id, role=AdminRole.PEOPLE, root_id=province.unit(bureau),
        subtree=True, valid_from=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    assert _reached(province, "西湖区", key="b", roles=people) == {keeper, lin.person_id}
    assert _reached(province, "西湖区卫生健康局", key="c", roles=people) == {keeper}
    # Both roles of one person are one notice; a post's function and a role go together.
    both = _reached(
        province, bureau, key="d", functions=("head",), roles=(AdminRole.ORG, AdminRole.PEOPLE)
    )
    assert both == {keeper, lin.person_id, province.person("王伟民")}
    AdminGrant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
    assert _reached(province, "西湖区", key="e", roles=people) == {keeper}
    with pytest.raises(errors.NobodyToNotify):
        _to_units(province, bureau, key="f", roles=helpdesk)


def test_a_right_that_its_limits_keep_from_the_unit_is_none_over_it(
    province: Province, lin: Phone
) -> None:
    AdminGrant.objects.create(
        person_id=lin.person_id, role=AdminRole.HELPDESK, root_id=province.unit("西湖区"),
        subtree=False, valid_from=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    assert _reached(province, "西湖区", key="a", roles=(AdminRole.HELPDESK,)) == {lin.person_id}
    with pytest.raises(errors.NobodyToNotify):
        _to_units(province, "西湖区民政局", key="b", roles=(AdminRole.HELPDESK,))


def test_administrators_are_reached_within_a_unit_alone_where_it_is_named(
    province: Province,
) -> None:
    bureau, roles = province.unit("西湖区民政局"), (AdminRole.PEOPLE,)
    with pytest.raises(errors.NobodyToNotify):
        _to_units(province, "西湖区民政局", roles=roles, within=bureau)
    office = province.unit("西湖区人民政府办公室")
    reached = _reached(province, "西湖区民政局", key="b", roles=roles, within=office)
    assert reached == {province.person("何管理")}


def test_the_sockets_of_many_are_woken_part_by_part(
    province: Province, monkeypatch: pytest.MonkeyPatch, run_jobs: Callable[[], int]
) -> None:
    monkeypatch.setattr(notices, "WOKEN_AT_ONCE", 2)
    _to_units(province, "西湖区民政局")
    assert run_jobs() == 3  # two, two and the last one


def test_a_confirmation_is_kept_and_counts_as_reading(
    province: Province, wang: Phone, li: Phone
) -> None:
    sent = _to_units(province, "西湖区民政局")
    for _ in range(2):
        assert wang.call("put", f"/notices/{sent.id}/confirmation").json()["notices"] == 0
    li.call("put", f"/notices/{sent.id}/read")
    result = queries.result("approvals", "wide")
    assert (result.targets, result.read, result.confirmed) == (5, 2, 1)
    (notice,) = wang.get("/notices").json()["items"]
    assert (notice["asks"], notice["confirmed_at"] is not None) == (True, True)


def test_what_asks_nothing_and_anothers_notice_are_not_confirmed(wang: Phone, li: Phone) -> None:
    sent = _notify(wang)
    answer = wang.call("put", f"/notices/{sent.id}/confirmation")
    assert (answer.status_code, answer.json()["code"]) == (409, "NOTICE_NOT_ASKING")
    answer = li.call("put", f"/notices/{sent.id}/confirmation")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOTICE_NOT_FOUND")
    assert NoticeTarget.objects.get().confirmed_at is None


def test_a_recalled_notice_says_nothing_and_waits_for_nobody(wang: Phone, li: Phone) -> None:
    _notify(wang, li)
    wang.call("put", "/notices/read", {})
    actor, now = actors.system("tests"), timezone.now()
    assert notices.recall(actor=actor, source="approvals", key="case:1", now=now) is True
    assert notices.recall(actor=actor, source="approvals", key="case:1", now=now) is False
    with pytest.raises(errors.NoticeNotFound):
        notices.recall(actor=actor, source="documents", key="case:1", now=now)
    (notice,) = li.get("/notices").json()["items"]
    assert (notice["title"], notice["body"], notice["link"]) == ("该通知已撤回", "", "")
    assert (queries.unread_count(li.person_id), notice["read_at"]) == (0, None)
    assert queries.result("approvals", "case:1").read == 1  # who had read it stays known


def test_receivers_are_listed_by_state_and_range(
    province: Province, wang: Phone, li: Phone, zhang: Phone
) -> None:
    sent = _to_units(province, "西湖区民政局")
    wang.call("put", f"/notices/{sent.id}/confirmation")
    li.call("put", f"/notices/{sent.id}/read")

    def ids(state: str, among: list[int] | None = None) -> list[int]:
        page = queries.receivers(
            "approvals",
            "wide",
            state=queries.ReceiverState(state),
            among=among,
            cursor="",
            limit=50,
        )
        return [one.person_id for one in page.items]

    assert ids("confirmed") == [wang.person_id]
    assert ids("read") == sorted([wang.person_id, li.person_id])
    assert len(ids("unread")) == 3
    among = [li.person_id, zhang.person_id]
    assert ids("unconfirmed", among) == sorted(among)
