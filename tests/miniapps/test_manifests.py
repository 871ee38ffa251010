"""What a manifest may say, and how each fault is named."""

import json
from typing import Any

import pytest

from miniapps import errors, manifests
from tests.miniapps.apps import BASE, government, manifest


def faults(document: Any, loopback: manifests.Loopback = manifests.Loopback.ALLOWED) -> set[str]:
    """`pointer message` of every fault."""
    with pytest.raises(errors.ManifestInvalid) as refusal:
        manifests.check(document, loopback=loopback)
    listed: Any = refusal.value.details["faults"]
    return {f"{fault['pointer']} {fault['message']}" for fault in listed}


def oauth(**changes: Any) -> dict[str, Any]:
    """x_gov with another oauth member."""
    return government(oauth=government()["oauth"] | changes)


def test_a_good_manifest_is_understood() -> None:
    meaning = manifests.check(manifest(), loopback=manifests.Loopback.ALLOWED)
    assert meaning.app_id == "cn.gov.xihu.duty"
    assert meaning.redirect_uris == (f"{BASE}/callback",)
    assert [(asked.name, asked.org_range) for asked in meaning.scope_requests] == [
        ("openid", "self"),
        ("profile.read", "self"),
        ("org.member.read", "owner_subtree"),
        ("notice.send", "audience"),
    ]


def test_members_of_w3c_that_nobody_reads_are_kept() -> None:
    document = manifest(window={"fullscreen": True}, req_permissions=[{"name": "system.x"}])
    manifests.check(document, loopback=manifests.Loopback.ALLOWED)
    assert document["window"] == {"fullscreen": True}


def test_unknown_members_of_x_gov_are_refused_by_name() -> None:
    assert faults(manifest(x_gov=government(colour="red", **{"a/b": 1}))) == {
        "/x_gov/colour 不支持的成员",
        "/x_gov/a~1b 不支持的成员",
    }


def test_every_missing_member_is_named_at_once() -> None:
    document = manifest()
    del document["icons"], document["version"], document["x_gov"]["scopes"]
    assert faults(document) == {
        "/icons 缺少必填项",
        "/version 缺少必填项",
        "/x_gov/scopes 缺少必填项",
    }


def test_each_missing_member_is_named_once() -> None:
    with pytest.raises(errors.ManifestInvalid) as refusal:
        manifests.check({"app_id": "x"}, loopback=manifests.Loopback.ALLOWED)
    missing = ("name", "icons", "pages", "platform_version", "version", "x_gov")
    assert refusal.value.details == {
        "count": 7,
        "faults": [{"pointer": f"/{name}", "message": "缺少必填项"} for name in missing]
        + [{"pointer": "/app_id", "message": "应为小写反向域名，如 cn.gov.xihu.duty"}],
    }
    assert refusal.value.text == "应用清单不符合规范：7 处需要修改"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"app_id": "Duty"}, "/app_id 应为小写反向域名，如 cn.gov.xihu.duty"),
        ({"app_id": 7}, "/app_id 应为文字"),
        ({"name": "\u202e班值"}, "/name 应为 1–30 个字，首尾不能是空白或控制字符"),
        ({"pages": []}, "/pages 至少要有 1 项"),
        ({"version": {"code": 0, "name": "0"}}, "/version/code 不能小于 1"),
        (
            {"icons": [{"src": "data:text/html;base64,PGI+"}]},
            "/icons/0/src 内嵌图标须为 base64 的 PNG、SVG 或 WebP",
        ),
        ({"x_gov": government(kind="package")}, "/x_gov/kind 目前只支持 web"),
        (
            {"x_gov": government(scopes=[{"name": "openid", "reason": "登"}])},
            "/x_gov/scopes/0/reason 请用 4–200 个字说明用途",
        ),
        (
            {"x_gov": government(scopes=[{"name": "notice.send", "reason": "提醒办理"}])},
            "/x_gov/scopes 须申请 openid，用于免登",
        ),
        (
            {"x_gov": government(scopes=[{"name": "openid", "reason": "识别登录人"}] * 2)},
            "/x_gov/scopes/1 权限 openid 重复申请",
        ),
        (
            {
                "x_gov": government(
                    scopes=[{"name": "openid", "reason": "识别登录人", "range": "audience"}]
                )
            },
            "/x_gov/scopes/0/range 登录人权限的范围只能是 self，应用权限不能是 self",
        ),
    ],
)
def test_each_fault_is_said_in_chinese(changes: dict[str, Any], fault: str) -> None:
    assert fault in faults(manifest(**changes))


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://duty.example.gov.cn/callback", "须使用 https"),
        ("http://10.0.0.8/callback", "须使用 https"),
        ("http://127.0.0.1.evil.example/callback", "须使用 https"),
        ("https://duty.example.gov.cn/callback#x", "不能带 # 片段"),
        ("https://duty.example.gov.cn/callback#", "不能带 # 片段"),
        ("https://me:secret@duty.example.gov.cn/", "不能包含用户名或密码"),
        ("https://*.example.gov.cn/", "须写明主机名，不能使用通配符"),
        ("https://duty.example.gov.cn:port/", "不是有效的地址"),
        ("https:///callback", "须写明主机名，不能使用通配符"),
        ("javascript:alert(1)", "应为完整的 http(s) 地址，不含空白"),
        ("https://a.example.gov.cn/ https://b.example", "应为完整的 http(s) 地址，不含空白"),
        ("https://a.example.gov.cn\\@evil.example", "应为完整的 http(s) 地址，不含空白"),
    ],
)
def test_a_redirect_address_that_could_lead_astray_is_refused(uri: str, reason: str) -> None:
    found = faults(manifest(x_gov=oauth(redirect_uris=[uri])))
    assert f"/x_gov/oauth/redirect_uris/0 {reason}" in found


def test_plain_http_to_loopback_is_for_local_deployments_only() -> None:
    assert faults(manifest(), manifests.Loopback.REFUSED) == {
        "/x_gov/oauth/initiate_login_uri 须使用 https",
        "/x_gov/entry/base_url 须使用 https",
        "/x_gov/oauth/redirect_uris/0 须使用 https",
    }


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, '"' + "x" * 300_000 + '"'],
)
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(errors.ManifestInvalid):
        manifests.read(text)


def test_the_digest_does_not_depend_on_the_order_of_members() -> None:
    document = manifest()
    turned = json.loads(json.dumps(dict(reversed(document.items()))))
    assert manifests.digest_of(document) == manifests.digest_of(turned)
    assert manifests.digest_of(document) != manifests.digest_of(manifest(name="别的"))


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil", "https://evil", "a", "", "/a\nb"])
def test_only_a_path_stays_inside_the_app(path: str) -> None:
    assert not manifests.is_inner_path(path)
    assert manifests.is_inner_path("/week/2026?day=3#top")
