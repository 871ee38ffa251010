"""The posts of a unit: titles, what they are for, how many may hold them."""

from typing import Any

import pytest
from django.test import Client

from core.models import AuditEntry
from org.models import AppointmentSearch, Post
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def call(client: Client, method: str, path: str, body: object | None = None) -> Any:
    send = getattr(client, method)
    return send(f"/api/v1/org/{path}", body or {}, content_type="application/json")


DEPUTY = {"title": "二级调研员", "function": "staff", "rank": 30, "establishment": 2}


def test_a_post_is_set_up_changed_and_given_up(province: factories.Province) -> None:
    client = province.client("何管理")
    unit = province.unit("西湖区民政局")
    made = call(client, "post", f"units/{unit}/posts", DEPUTY)
    assert made.status_code == 201, made.content
    post_id = made.json()["id"]
    listed = client.get(f"/api/v1/org/units/{unit}/posts").json()
    assert [(p["title"], p["rank"], p["establishment"], p["holders"]) for p in listed] == [
        ("局长", 10, None, 1),
        ("副局长", 20, None, 1),
        ("二级调研员", 30, 2, 0),
    ]
    changed = DEPUTY | {"title": "一级调研员", "establishment": None}
    assert call(client, "put", f"posts/{post_id}", changed).status_code == 204
    post = Post.objects.get(pk=post_id)
    assert (post.title, post.establishment) == ("一级调研员", None)
    assert call(client, "delete", f"posts/{post_id}").status_code == 204
    assert not Post.objects.filter(pk=post_id).exists()
    said = AuditEntry.objects.filter(object_kind="org.post").order_by("id")
    assert list(said.values_list("action", flat=True)) == [
        "org.post.added",
        "org.post.updated",
        "org.post.removed",
    ]
    assert said[1].detail == {
        "before": {"title": "二级调研员", "establishment": 2},
        "after": {"title": "一级调研员", "establishment": None},
    }


def test_a_post_with_more_holders_than_its_establishment_is_said_to_be_over(
    province: factories.Province,
) -> None:
    client = province.client("何管理")
    unit = province.unit("西湖区民政局")
    post = Post.objects.get(unit_id=unit, title="局长")
    body = {"title": "局长", "function": "head", "rank": 10, "establishment": 0}
    assert call(client, "put", f"posts/{post.pk}", body).status_code == 204
    listed = client.get(f"/api/v1/org/units/{unit}/posts").json()
    assert [(p["title"], p["is_over"]) for p in listed] == [("局长", True), ("副局长", False)]


def test_a_post_that_somebody_held_stays(province: factories.Province) -> None:
    unit = province.unit("西湖区民政局")
    post = Post.objects.get(unit_id=unit, title="局长")
    refused = call(province.client("何管理"), "delete", f"posts/{post.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_POST_IN_USE")
    assert Post.objects.filter(pk=post.pk).exists()


def test_another_rank_ranks_its_holders_anew_and_another_title_finds_them(
    province: factories.Province,
) -> None:
    client = province.client("何管理")
    post = Post.objects.get(unit_id=province.unit("西湖区民政局"), title="副局长")
    held = AppointmentSearch.objects.filter(appointment__post=post)
    assert [row.rank for row in held] == [20]
    body = {"title": "总工程师", "function": "deputy", "rank": 35, "establishment": None}
    assert call(client, "put", f"posts/{post.pk}", body).status_code == 204
    assert [row.rank for row in held.all()] == [35]
    found = client.get("/api/v1/org/people/search", {"text": "总工程师"}).json()
    assert [(one["name"], one["title"]) for one in found] == [("李建国", "总工程师")]


def test_a_title_stands_once_in_a_unit(province: factories.Province) -> None:
    client = province.client("何管理")
    unit = province.unit("西湖区民政局")
    refused = call(client, "post", f"units/{unit}/posts", DEPUTY | {"title": "局长"})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORG_POST_TITLE_TAKEN")
    assert Post.objects.filter(unit_id=unit).count() == 2


def test_the_next_county_neither_sees_nor_changes_posts(province: factories.Province) -> None:
    client = province.client("马科员")
    unit = province.unit("西湖区民政局")
    post = Post.objects.get(unit_id=unit, title="局长")
    for method, path in (
        ("get", f"units/{unit}/posts"),
        ("post", f"units/{unit}/posts"),
        ("put", f"posts/{post.pk}"),
        ("delete", f"posts/{post.pk}"),
    ):
        refused = call(client, method, path, DEPUTY)
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE"), method
    assert set(Post.objects.filter(unit_id=unit).values_list("title", flat=True)) == {
        "局长",
        "副局长",
    }
