"""Submitting for sign-off, and numbering what was signed, over HTTP."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from documents.api.routes import router
from documents.services import issuing, sign_off

People = Annotated[list[Id], Field(max_length=50)]


class RouteIn(Schema):
    """Whom to ask: reviewers (any one of them), countersigners (all), one signatory."""

    reviewer_ids: People
    countersigner_ids: People = []
    signatory_id: Id


class SubmittedOut(Schema):
    """The document with its reviewers, and the case that decides about it."""

    id: int
    case_id: int
    revision: int


class NumberedOut(Schema):
    """The document's number; its final PDF follows within seconds."""

    id: int
    number: str


@router.post("/{int:document_id}/submission", response=SubmittedOut, summary="提交核稿")
def submit_document(request: HttpRequest, document_id: Id, body: RouteIn) -> sign_off.Submitted:
    """提交核稿、会签、签发；退回的公文修改后沿原审批单继续。"""
    route = sign_off.Route(
        reviewer_ids=tuple(dict.fromkeys(body.reviewer_ids)),
        countersigner_ids=tuple(dict.fromkeys(body.countersigner_ids)),
        signatory_id=body.signatory_id,
    )
    return sign_off.submit(
        actor=actor_of(request), document_id=document_id, route=route, now=timezone.now()
    )


@router.post("/{int:document_id}/issue", response=NumberedOut, summary="编号并印发")
def issue_document(request: HttpRequest, document_id: Id) -> issuing.Numbered:
    """已签发的公文取得发文字号，随后生成正式文件。"""
    return issuing.issue(actor=actor_of(request), document_id=document_id, now=timezone.now())
