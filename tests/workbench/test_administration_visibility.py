"""系统管理 › 可见范围: rules are listed, previewed, made, changed and ended on the page."""

import pytest
from django.test import Client

from core.models import AuditEntry
from org.models import VisibilityException, VisibilityRule
from tests.factories import Province

HIDDEN = "西湖区卫生健康局"
PAGE = "/administration/visibility/"
EVERYWHERE = ["tree", "search", "profile", "apps"]


def _page(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def _hide(client: Client, province: Province, **more: object) -> None:
    form = {
        "subject": province.unit(HIDDEN),
        "effect": "hide",
        "scenes": EVERYWHERE,
        "reason": "执法办案",
        **more,
    }
    answer = client.post(f"{PAGE}add/unit/", form)
    assert answer.status_code == 204, answer.content.decode()


def test_a_unit_is_hidden_from_the_page_and_gone_for_others(province: Province) -> None:
    admin, stranger = province.client("何管理"), province.client("林上城")
    assert "没有可见范围规则" in _page(admin)
    _hide(admin, province, except_unit=[province.unit("杭州市民政局")], except_levels=["1"])
    page = _page(admin)
    for words in (HIDDEN, "隐藏", "执法办案", "杭州市民政局", "省级", "长期"):
        assert words in page
    search = stranger.get("/directory/search/", {"q": "卫生健康"}).content.decode()
    assert HIDDEN not in search
    assert HIDDEN in province.client("蒋市长").get("/picker/units/?q=卫生健康").content.decode()
    assert AuditEntry.objects.filter(action="org.visibility.made").count() == 1


def test_the_preview_says_who_would_not_see_whom(province: Province) -> None:
    form = {"subject": province.unit(HIDDEN), "effect": "hide"}
    client = province.client("何管理")
    shown = client.post(f"{PAGE}preview/unit/", form).content.decode()
    assert "30 人将看不到" in shown
    assert "3 个组织、5 人" in shown
    assert "选择对象后" in client.post(f"{PAGE}preview/unit/", {}).content.decode()
    outside = {"subject": province.unit("上城区民政局")}
    assert client.post(f"{PAGE}preview/unit/", outside).status_code == 403
    assert not VisibilityRule.objects.exists()


def test_a_rule_is_changed_and_ended(province: Province) -> None:
    client = province.client("卫二")
    _hide(client, province, except_person=[province.person("林上城")])
    rule = VisibilityRule.objects.get()
    dialog = _page(client, f"{PAGE}{rule.pk}/")
    assert "林上城" in dialog
    form = {"effect": "mask", "masked": ["phone"], "scenes": ["profile"], "until": "2100-01-01"}
    assert client.post(f"{PAGE}{rule.pk}/", form).status_code == 204
    rule.refresh_from_db()
    assert (rule.effect, rule.masked, rule.scenes) == ("mask", ["phone"], ["profile"])
    assert not VisibilityException.objects.exists()
    assert client.post(f"{PAGE}{rule.pk}/end/").status_code == 204
    assert "没有可见范围规则" in _page(client)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"subject": "", "effect": "hide", "scenes": ["tree"]}, "请指定一个组织或一名人员"),
        ({"effect": "hide"}, "请至少选择一个适用场景"),
        ({"effect": "mask", "scenes": ["tree"]}, "请至少选择一个要遮盖的字段"),
        ({"effect": "hide", "scenes": ["tree"], "until": "2020-01-01"}, "结束时间须晚于"),
    ],
)
def test_what_is_wrong_is_said_in_the_dialog(
    form: dict[str, object], words: str, province: Province
) -> None:
    sent = {"subject": province.unit(HIDDEN)} | form
    answer = province.client("何管理").post(f"{PAGE}add/unit/", sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not VisibilityRule.objects.exists()


@pytest.mark.parametrize("stranger", ["陈省收", "冯副厅", "林上城"])
def test_the_page_is_for_administrators_of_organisation_and_security(
    stranger: str, province: Province
) -> None:
    _hide(province.client("卫二"), province)
    rule = VisibilityRule.objects.get()
    client = province.client(stranger)
    assert client.get(PAGE).status_code == 404
    assert client.get(f"{PAGE}{rule.pk}/").status_code == 404
    assert client.post(f"{PAGE}{rule.pk}/end/").status_code == 404
    form = {"subject": province.unit(HIDDEN), "effect": "hide", "scenes": ["tree"]}
    assert client.post(f"{PAGE}add/unit/", form).status_code == 404
    assert VisibilityRule.objects.get().valid_to is None


def test_reasons_are_shown_as_text(province: Province) -> None:
    _hide(province.client("卫二"), province, reason="<script>alert(1)</script>")
    page = _page(province.client("卫二"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
