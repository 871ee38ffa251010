"""A person who has no part in an app decides about its releases; its developers hear of it."""

from datetime import datetime

from core import audit
from core import events as core_events
from core.actor import Actor
from core.db import service
from miniapps import errors, events, models, policies
from miniapps.services import _loading


@service
def begin(*, actor: Actor, release_id: int, now: datetime) -> None:
    """The release is under review by the actor; others see that it is taken."""
    release = _loading.release(release_id)
    policies.require_review(actor, release.app, at=now)
    if release.state != models.ReleaseState.SUBMITTED:
        raise errors.WrongState(state=release.get_state_display())
    release.state = models.ReleaseState.REVIEWING
    release.reviewer_id = actor.require_person()
    release.save(update_fields=["state", "reviewer"])
    _audit(actor, "miniapps.review.begun", release, now)


@service
def approve(*, actor: Actor, release_id: int, remark: str, now: datetime) -> None:
    """The release may be published; its scopes are granted when it is.

    A release that nobody took yet is taken and approved in one go. WrongState where it is
    not submitted, or another reviewer holds it.
    """
    release = _reviewable(actor, release_id, now)
    release.state = models.ReleaseState.APPROVED
    release.save(update_fields=["state", "reviewer"])
    _note(release, actor.require_person(), models.Verdict.APPROVED, remark, now)
    _audit(actor, "miniapps.review.approved", release, now, remark=remark)
    _tell(release, models.Verdict.APPROVED, remark)


@service
def reject(*, actor: Actor, release_id: int, remark: str, now: datetime) -> None:
    """The release has ended here, for the reason the remark gives."""
    release = _reviewable(actor, release_id, now)
    release.state = models.ReleaseState.REJECTED
    release.ended_at = now
    release.end_reason = remark[:200]
    release.save(update_fields=["state", "reviewer", "ended_at", "end_reason"])
    _note(release, actor.require_person(), models.Verdict.REJECTED, remark, now)
    _audit(actor, "miniapps.review.rejected", release, now, remark=remark)
    _tell(release, models.Verdict.REJECTED, remark)


def _reviewable(actor: Actor, release_id: int, now: datetime) -> models.Release:
    release = _loading.release(release_id)
    policies.require_review(actor, release.app, at=now)
    person_id = actor.require_person()
    held_by_other = release.reviewer_id not in (None, person_id)
    open_states = (models.ReleaseState.SUBMITTED, models.ReleaseState.REVIEWING)
    if release.state not in open_states or held_by_other:
        raise errors.WrongState(state=release.get_state_display())
    release.reviewer_id = person_id
    return release


def _note(
    release: models.Release, reviewer_id: int, verdict: models.Verdict, remark: str, now: datetime
) -> None:
    models.Review.objects.create(
        release=release,
        reviewer_id=reviewer_id,
        verdict=verdict,
        remark=remark,
        decided_at=now,
    )


def _tell(release: models.Release, verdict: models.Verdict, remark: str) -> None:
    core_events.publish(
        events.ReleaseDecided(
            release_id=release.pk,
            app_id=release.app.pk,
            app_name=release.app.name,
            version_name=release.version_name,
            verdict=verdict.value,
            remark=remark,
        )
    )


def _audit(
    actor: Actor, action: str, release: models.Release, now: datetime, **detail: object
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="miniapps.release",
        object_id=release.pk,
        unit_id=release.app.owner_unit_id,
        now=now,
        detail={"app_id": release.app.app_id, "version": release.version_code, **detail},
    )
