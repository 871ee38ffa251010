"""The issued PDF, streamed to whoever may see the document."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core import storage
from core.http import actor_of
from core.schemas import Id
from documents.api.routes import router
from documents.queries import details
from documents.services import circulation


@router.get(
    "/{int:document_id}/pdf",
    summary="正式文件",
    openapi_extra={
        "responses": {200: {"content": {"application/pdf": {}}, "description": "The issued PDF/A"}}
    },
)
def download_pdf(request: HttpRequest, document_id: Id) -> HttpResponse:
    """下载正式印发的 PDF；内容与登记的摘要核对后才提供，下载会留痕。"""
    actor, now = actor_of(request), timezone.now()
    file = details.final_file(actor=actor, document_id=document_id, at=now)
    content = storage.get(file.key, sha256=file.sha256)
    circulation.record_download(actor=actor, document_id=document_id, now=now)
    response = HttpResponse(content, content_type="application/pdf")
    name = quote(file.filename, safe="")
    response["Content-Disposition"] = (
        f"attachment; filename=\"document.pdf\"; filename*=UTF-8''{name}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
