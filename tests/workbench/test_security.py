"""账号与安全: what one sees of the own account, and changes there."""

from typing import Any

import pytest
from django.test import Client

from org.kinds import AppointmentKind
from org.models import AccountSession, Appointment, Post
from tests import factories
from tests.factories import Province

PAGE = "/security/"


def _text(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def _second_post(province: Province) -> int:
    post = Post.objects.create(
        unit_id=province.unit("西湖区卫生健康局"), title="联络员", function="staff", rank=80
    )
    return Appointment.objects.create(
        person_id=province.person("曾国强"),
        post=post,
        unit_id=post.unit_id,
        kind=AppointmentKind.CONCURRENT,
        valid_from=factories.FOUNDED,
    ).pk


def test_the_page_shows_the_account_and_its_sign_ins(province: Province) -> None:
    page = _text(province.client("曾国强"))
    assert "账号 cengguoqiang" in page or "账号 zengguoqiang" in page
    assert "每 90 天须更换一次" in page
    assert page.count('<span class="tag blue">本机</span>') == 1
    assert "30 分钟不操作，或登录满 12 小时，自动退出" in page
    assert "任职身份" not in page  # there is but one


def test_a_stranger_is_sent_to_sign_in(db: None) -> None:
    assert Client().get(PAGE)["Location"] == "/accounts/login/?next=%2Fsecurity%2F"


def test_an_administrator_without_a_second_factor_is_told_why(province: Province) -> None:
    client = province.client("何管理")
    AccountSession.objects.update(second_factor="")
    assert "您有管理权限，使用管理功能前须设置双因素认证" in _text(client)
    assert "您有管理权限" not in _text(province.client("曾国强"))


def test_the_posts_are_offered_where_there_are_several(province: Province) -> None:
    client = province.client("曾国强")
    assert _text(client, "/security/posts/").strip() == ""
    other = _second_post(province)
    menu = _text(client, "/security/posts/")
    assert "联络员" in menu
    assert f'value="{other}"' in menu


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/approvals/", "/approvals/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_switching_the_post_changes_the_frame_and_stays_on_the_site(
    province: Province, target: str, leads_to: str
) -> None:
    client = province.client("曾国强")
    answer = client.post("/security/post/", {"appointment": _second_post(province), "next": target})
    assert (answer.status_code, answer["Location"]) == (302, leads_to)
    assert "<strong>西湖区卫生健康局</strong><span>联络员</span>" in _text(client, "/")
    # Another browser of the same person acts from the main post as before.
    assert "<strong>西湖区卫生健康局</strong>" not in _text(province.client("曾国强"), "/")


@pytest.mark.parametrize("wanted", ["", "0", "-1", "x", "9223372036854775808", "999999"])
def test_a_post_that_is_not_ones_own_is_not_found(province: Province, wanted: str) -> None:
    client = province.client("曾国强")
    assert client.post("/security/post/", {"appointment": wanted}).status_code == 404
    assert AccountSession.objects.get().appointment_id is None


@pytest.mark.parametrize("path", ["/security/post/", "/security/sessions/end-others/"])
def test_changes_need_the_forms_token(province: Province, path: str) -> None:
    client: Any = Client(enforce_csrf_checks=True)
    client.cookies = province.client("曾国强").cookies
    assert client.post(path).status_code == 403


def test_a_device_that_calls_itself_markup_is_shown_as_text(province: Province) -> None:
    client = province.client("曾国强")
    AccountSession.objects.update(device="<b>Chrome/1</b><script>", address="10.0.0.1")
    assert "<script>" not in _text(client).split("<body")[1].split("登录设备")[1].split("<p")[0]
