"""The posts of a unit are set up, changed and given up."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from core import audit, db
from core.actor import Actor
from org import errors, policies
from org.kinds import PostFunction
from org.models import Appointment, Post
from org.writing import search_rows, tenures


@db.service
def add(
    *,
    actor: Actor,
    unit_id: int,
    title: str,
    function: PostFunction,
    now: datetime,
    rank: int | None = None,
    establishment: int | None = None,
) -> int:
    """The unit has the post; returns its id. PostTitleTaken."""
    _permit(actor, unit_id, at=now)
    tenures.lock_units([unit_id])
    post = Post(
        unit_id=unit_id,
        title=title,
        function=function,
        rank=tenures.RANKS[function] if rank is None else rank,
        establishment=establishment,
    )
    _save(post)
    _record(actor, "org.post.added", post, {"title": title, "function": post.function}, now=now)
    return post.pk


@db.service
def update(
    *,
    actor: Actor,
    post_id: int,
    title: str,
    function: PostFunction,
    rank: int,
    establishment: int | None,
    now: datetime,
) -> None:
    """The post is as given, for all who hold it or held it: a correction, not a new post."""
    post = _locked(post_id)
    _permit(actor, post.unit_id, at=now)
    given = {"title": title, "function": function, "rank": rank, "establishment": establishment}
    before = {field: getattr(post, field) for field in given}
    changed = {field: value for field, value in given.items() if value != before[field]}
    if not changed:
        return
    for field, value in changed.items():
        setattr(post, field, value)
    _save(post)
    if "rank" in changed:
        # Searches rank whom they find by it.
        held = Appointment.objects.filter(post_id=post_id).order_by("pk")
        search_rows.write(list(held.values_list("pk", flat=True)))
    detail = {"before": {field: before[field] for field in changed}, "after": changed}
    _record(actor, "org.post.updated", post, detail, now=now)


@db.service
def remove(*, actor: Actor, post_id: int, now: datetime) -> None:
    """The post is gone. PostInUse where anybody ever held it."""
    post = _locked(post_id)
    _permit(actor, post.unit_id, at=now)
    if Appointment.objects.filter(post_id=post_id).exists():
        raise errors.PostInUse
    Post.objects.filter(pk=post_id).delete()
    _record(actor, "org.post.removed", post, {"title": post.title}, now=now)


def _permit(actor: Actor, unit_id: int, *, at: datetime) -> None:
    if not policies.may_manage_people(actor, unit_id, at=at):
        raise errors.OutOfScope


def _locked(post_id: int) -> Post:
    # Not FOR NO KEY UPDATE: whoever is just being appointed to the post holds its key.
    post = Post.objects.select_for_update().filter(pk=post_id).first()
    if post is None:
        raise errors.PostNotFound
    return post


def _save(post: Post) -> None:
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError as clash:
        if "org_post_title" not in str(clash):
            raise
        raise errors.PostTitleTaken(title=post.title) from clash


def _record(
    actor: Actor,
    action: str,
    post: Post,
    detail: dict[str, Any],
    *,
    now: datetime,
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.post",
        object_id=post.pk,
        unit_id=post.unit_id,
        now=now,
        detail=detail,
    )
