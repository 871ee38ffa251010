"""What every request shares: ids, headers, refusals, who the client is."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings

from core import audit
from core.audit import denials
from core.models import AuditEntry
from tests import factories

DIRECT = "/api/v1/messaging/conversations/direct"
STRICT = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'")


@pytest.fixture
def province(db: Any) -> factories.Province:
    return factories.small_province()


def test_every_answer_has_an_id_and_the_strict_policy(db: Any) -> None:
    answer = Client().get("/accounts/login/")
    policy = answer["Content-Security-Policy"]
    assert all(part in policy for part in STRICT)
    assert "unsafe" not in policy
    assert len(answer["X-Request-ID"]) == 32
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_a_given_request_id_is_kept_and_a_wild_one_is_not(db: Any) -> None:
    kept = Client().get("/healthz", headers={"X-Request-ID": "from-the-proxy-1"})
    assert kept["X-Request-ID"] == "from-the-proxy-1"
    wild = Client().get("/healthz", headers={"X-Request-ID": "x" * 500})
    assert len(wild["X-Request-ID"]) == 32


def test_a_stranger_is_sent_to_sign_in_and_comes_back(db: Any) -> None:
    answer = Client().get("/directory/?unit=1")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=%2Fdirectory%2F%3Funit%3D1"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(
    province: factories.Province, target: str
) -> None:
    client = Client()
    answer = client.post(
        "/accounts/login/",
        {
            "login": "wangweimin",
            "password": factories.PASSWORD,
            "next": target,
        },
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_an_absent_page_is_chinese_and_says_its_request(province: factories.Province) -> None:
    answer = province.client("王伟民").get("/nowhere/")
    assert answer.status_code == 404
    assert "不存在" in answer.content.decode()


def test_a_refused_route_answers_with_a_problem_and_is_audited(
    province: factories.Province, sound_audit: None
) -> None:
    answer = province.client("王伟民").get("/api/v1/org/people/987654321")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "ORG_PERSON_NOT_FOUND"
    assert body["instance"] == answer["X-Request-ID"]
    described = Client().get(urlsplit(body["type"]).path)
    assert described.json()["code"] == "ORG_PERSON_NOT_FOUND"
    denied = AuditEntry.objects.get(action="core.access.denied")
    assert denied.object_id == "/api/v1/org/people/987654321"
    assert denied.request_id == body["instance"]


def test_whoever_keeps_asking_for_what_is_not_his_is_told_no_more(
    province: factories.Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "PATIENCE", 3)
    client = province.client("王伟民")
    absent = "/api/v1/org/people/987654321"
    assert [client.get(absent).status_code for _ in range(3)] == [404] * 3
    answer = client.get(absent)
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert answer.json()["code"] == "REFUSED_TOO_OFTEN"
    page = client.get("/directory/people/987654321/")
    assert page.status_code == 429
    assert "稍后再试" in page.content.decode()
    assert client.get("/api/v1/org/grants/mine").status_code == 200
    assert province.client("马科员").get(absent).status_code == 404
    assert AuditEntry.objects.filter(action="core.access.denied").count() == 6


def test_a_schema_fault_says_where_and_not_what(province: factories.Province) -> None:
    answer = province.client("王伟民").post(
        DIRECT,
        json.dumps({"person_id": "<script>", "stray": 1}),
        content_type="application/json",
    )
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "SCHEMA_VIOLATED"
    assert {fault["at"].rsplit("/", 1)[-1] for fault in body["faults"]} == {"person_id", "stray"}
    assert "<script>" not in answer.content.decode()


def test_json_under_another_name_is_refused(province: factories.Province) -> None:
    answer = province.client("王伟民").post(DIRECT, '{"person_id": 1}', content_type="text/plain")
    assert answer.status_code == 415
    assert answer.json()["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_broken_json_is_refused(province: factories.Province) -> None:
    answer = province.client("王伟民").post(
        DIRECT, '{"person_id": ', content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "MALFORMED_BODY"


def test_a_write_without_the_csrf_token_is_refused(province: factories.Province) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = province.client("王伟民").cookies
    answer = client.post(
        DIRECT,
        '{"person_id": 1}',
        content_type="application/json",
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "CSRF_FAILED"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
    ],
)
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    province: factories.Province, peer: str, forwarded: str, address: str
) -> None:
    with override_settings(TRUSTED_PROXIES=["10.0.0.0/8"]):
        province.client("王伟民").get(
            "/api/v1/org/people/987654321", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded
        )
    assert AuditEntry.objects.get(action="core.access.denied").address == address


def test_health_says_ok_and_readiness_names_every_part(db: Any) -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
    answer = Client().get("/readyz")
    assert answer.json()["checks"] == {
        "database": True,
        "migrations": True,
        "valkey": True,
        "storage": True,
        "worker": False,
    }
    assert answer.status_code == 503
    assert audit.verify().sound
