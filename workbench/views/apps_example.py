"""A manifest to begin with: the viewer's own organ owns it, so it is taken as it stands."""

import json

from org.queries import units


def text(organ: units.UnitName, contact: str) -> str:
    """The example as a developer of the organ edits it."""
    # The id holds the organ's code, or the second developer to try it would find it taken.
    document = {
        "app_id": f"cn.gov.example.app-{organ.code.lower()}",
        "name": "示例应用",
        "description": "一句话说明应用做什么",
        "icons": [{"src": "/icon.svg", "sizes": "any"}],
        "pages": ["/"],
        "platform_version": {"min_code": 1},
        "version": {"code": 1, "name": "1.0.0"},
        "x_gov": {
            "kind": "web",
            "owner_unit": organ.code,
            "category": "office",
            "entry": {"base_url": "https://app.example.gov.cn/"},
            "oauth": {
                "redirect_uris": ["https://app.example.gov.cn/callback"],
                "initiate_login_uri": "https://app.example.gov.cn/login",
            },
            "scopes": [
                {"name": "openid", "reason": "识别登录人"},
                {"name": "profile.read", "reason": "显示登录人的姓名"},
                {"name": "notice.send", "reason": "提醒办理时限", "range": "audience"},
            ],
            "contacts": [{"name": contact[:40]}],
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
