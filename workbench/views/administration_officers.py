"""系统管理, 三员分立: who holds the three offices that exclude one another."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http
from org.kinds import AdminRole
from org.queries import authority
from workbench import grant_lines, offices


@dataclass(frozen=True, slots=True)
class Duty:
    """One of the three offices: what it does and what it does not."""

    role: AdminRole
    name: str
    does: str
    never: str


@dataclass(frozen=True, slots=True)
class Bench:
    """An office with those who hold it."""

    duty: Duty
    held: list[grant_lines.GrantLine]


DUTIES: Final = (
    Duty(
        AdminRole.SYSTEM,
        "系统管理员",
        "运行与配置：参数、部署、备份与恢复。",
        "不管理组织、人员和应用，不能查看审计日志。",
    ),
    Duty(
        AdminRole.SECURITY,
        "安全管理员",
        "授权与复核：复核高层级授权、批量变更和导出。",
        "不能办理所复核的操作，不能查看审计日志。",
    ),
    Duty(
        AdminRole.AUDIT,
        "审计管理员",
        "监督：查看、校验和导出审计日志。",
        "不能管理系统，不能授权，也不能改动日志。",
    ),
)


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The three offices and who holds each."""
    now = timezone.now()
    actor = http.actor_of(request)
    found = authority.officers(at=now)
    context = {
        "screen": "administration",
        "tab": "officers",
        "office": offices.of(actor, at=now),
        "benches": [
            Bench(
                duty,
                grant_lines.lines(actor, [g for g in found if g.role == duty.role], at=now),
            )
            for duty in DUTIES
        ],
    }
    return render(request, "workbench/administration/officers.html", context)


urlpatterns = [path("officers/", index, name="administration-officers")]
