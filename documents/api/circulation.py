"""Dispatch, acknowledgement and readers over HTTP."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from documents.api.routes import router
from documents.queries import circulation as queries
from documents.services import circulation


class DispatchIn(Schema):
    """The organs to send the document to."""

    unit_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class DispatchedOut(Schema):
    """The organs it was sent to just now; those that had it are left out."""

    id: int
    unit_ids: list[int]


class AcknowledgedOut(Schema):
    """When the organ acknowledged, the first time."""

    id: int
    acknowledged_at: datetime


class DispatchOut(Schema):
    """One organ the document was sent to."""

    unit_id: int
    unit_name: str
    role: str
    role_name: str
    sent_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str


class DocumentReaderOut(Schema):
    """One person who opened or downloaded the document."""

    person_id: int
    name: str
    title: str
    organ_id: int
    organ_name: str
    kind: str
    kind_name: str
    first_at: datetime
    last_at: datetime
    count: int


@router.post("/{int:document_id}/dispatches", response=DispatchedOut, summary="分发")
def dispatch_document(
    request: HttpRequest, document_id: Id, body: DispatchIn
) -> circulation.Dispatched:
    """把已印发的公文发给收文单位；已发过的单位不重复发送。"""
    return circulation.dispatch(
        actor=actor_of(request),
        document_id=document_id,
        unit_ids=body.unit_ids,
        now=timezone.now(),
    )


@router.get("/{int:document_id}/dispatches", response=list[DispatchOut], summary="分发和签收情况")
def list_dispatches(request: HttpRequest, document_id: Id) -> list[queries.DispatchView]:
    """发文单位看到全部收文单位，收文单位只看到本单位。"""
    return queries.dispatches(actor=actor_of(request), document_id=document_id, at=timezone.now())


@router.post("/{int:document_id}/acknowledgement", response=AcknowledgedOut, summary="签收")
def acknowledge_document(request: HttpRequest, document_id: Id) -> circulation.Acknowledged:
    """本单位收发员签收；重复签收返回首次签收的时间。"""
    return circulation.acknowledge(
        actor=actor_of(request), document_id=document_id, now=timezone.now()
    )


@router.get("/{int:document_id}/readers", response=list[DocumentReaderOut], summary="阅读情况")
def list_readers(request: HttpRequest, document_id: Id) -> list[queries.Reader]:
    """谁在何时首次、最近一次查看或下载，共几次。"""
    return queries.readers(actor=actor_of(request), document_id=document_id, at=timezone.now())
