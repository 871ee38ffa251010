"""系统管理, the posts of a unit: titles, ranks and establishments."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import http
from org import errors as org_errors
from org.kinds import PostFunction
from org.queries import posts, units
from org.services import posts as post_services
from workbench import dialogs, offices, personnel
from workbench.forms import posts as forms


@http.page
@require_GET
def index(request: HttpRequest, unit_id: int) -> HttpResponse:
    """The unit's posts by rank, and how far they are filled."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = personnel.unit_in_charge(actor, unit_id, at=now)
    listed = posts.of_unit(unit_id, at=now)
    settled = [post.establishment for post in listed if post.establishment is not None]
    context = {
        "screen": "administration",
        "office": offices.of(actor, at=now),
        "tab": "units",
        "unit": unit,
        "path": units.path(unit_id)[:-1],
        "posts": listed,
        "holders": sum(post.holders for post in listed),
        "establishment": sum(settled) if settled else None,
    }
    return render(request, "workbench/administration/posts.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: a new post of the unit."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = personnel.unit_in_charge(actor, unit_id, at=now)
    form = forms.Post(request.POST or None, functions=personnel.functions())

    def act(given: dict[str, Any]) -> None:
        given["function"] = PostFunction(given["function"])
        post_services.add(actor=actor, unit_id=unit_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(unit_id), notice="岗位已新增")
    return dialogs.show(request, form, title=f"在“{unit.name}”新增岗位", verb="新增")


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, post_id: int) -> HttpResponse:
    """Dialog: the post as it is to be."""
    now = timezone.now()
    actor = http.actor_of(request)
    post = posts.by_id(post_id, at=now)
    if post is None:
        raise org_errors.PostNotFound
    personnel.unit_in_charge(actor, post.unit_id, at=now)
    initial = {
        "title": post.title,
        "function": post.function,
        "rank": post.rank,
        "establishment": post.establishment,
    }
    form = forms.Post(request.POST or None, functions=personnel.functions(), initial=initial)

    def act(given: dict[str, Any]) -> None:
        given["function"] = PostFunction(given["function"])
        post_services.update(actor=actor, post_id=post_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(post.unit_id), notice="岗位已修改")
    return dialogs.show(request, form, title=f"修改岗位“{post.title}”", verb="保存")


@http.page
@require_POST
def remove(request: HttpRequest, post_id: int) -> HttpResponse:
    """The post is gone; only one that nobody ever held."""
    now = timezone.now()
    actor = http.actor_of(request)
    post = posts.by_id(post_id, at=now)
    if post is None:
        raise org_errors.PostNotFound
    personnel.unit_in_charge(actor, post.unit_id, at=now)
    post_services.remove(actor=actor, post_id=post_id, now=now)
    return dialogs.done(request, to=_page_of(post.unit_id), notice="岗位已删除")


def _page_of(unit_id: int) -> str:
    return reverse("administration-posts", args=[unit_id])


urlpatterns = [
    path("units/<int:unit_id>/posts/", index, name="administration-posts"),
    path("units/<int:unit_id>/posts/add/", add, name="administration-post-add"),
    path("posts/<int:post_id>/", edit, name="administration-post-edit"),
    path("posts/<int:post_id>/remove/", remove, name="administration-post-remove"),
]
