"""Security markings: which texts carry one, wherever it stands, and which only use the words."""

import pytest

from core.models import AuditEntry
from documents import markings
from documents.models import Document
from tests.documents.office import Office, content

STARRED = [
    "关于★机密▲的通知",
    "关于做好有关工作的通知（机密★10年）",
    "机密★10年",
    "★机密",
    "☆秘密",
    "绝 密 ★",
    "绝　密　☆　长期",
    "通知 秘\u200b密\u200b★1年",
    "通知机\ufeff密⭐\ufe0f20年",
    "关于印发材料的通知【绝密】★长期",
    "附件名称★【秘密】",
    "本件为绝密级★，阅后退回。",
    "本件为機密★，阅后退回。",
    "本件为絕密☆，阅后退回。",
    "本件为祕密✪，阅后退回。",
    "通知 秘密＊5年",
    "通知 机密·6个月",
    "通知 绝密*长期",
]
WORDS = [
    "关于加强保密工作的通知",
    "关于保守国家秘密法宣传周的通知",
    "关于学习《中华人民共和国保守国家秘密法》的通知",
    "保密★",
    "★保密工作要求",
    "关于秘书★岗位设置的通知",
    "★秘书处",
    "信息安全坚持机密性原则、完整性原则",
    "★加强商业秘密保护",
    "国家秘密分为绝密、机密、秘密三级。★各单位要组织学习。",
    "机密级计算机管理",
    "绝密级文件不得在本平台处理。",
    "秘密投票★",
    "涉及机密*的内容见注释",
    "密★码",
    "机★密",
    "五★级酒店",
]


@pytest.mark.parametrize("marking", STARRED)
def test_a_word_with_its_star_is_a_marking_wherever_it_stands(marking: str) -> None:
    assert markings.is_marked(marking)
    assert markings.is_marked("关于有关事项的通知", "各单位：\n" * 30 + f"现将{marking}")


@pytest.mark.parametrize("words", WORDS)
def test_the_words_without_their_star_are_no_marking(words: str) -> None:
    assert not markings.is_marked(words)
    assert not markings.is_marked("关于有关事项的通知", f"各单位：\n现将{words}\n{words}")


@pytest.mark.parametrize(
    "fault",
    [
        {"title": "关于★机密▲的通知"},
        {"body": "各单位：\n" * 30 + "详见附件（绝 密 ★ 长期）。"},
        {"note": "联系人：王小明，机密★10年"},
    ],
)
def test_a_starred_word_is_refused_in_every_field(office: Office, fault: dict[str, str]) -> None:
    answer = office.send("曾国强", "", office.draft(**fault))
    assert (answer.status_code, content(answer)["code"]) == (403, "CLASSIFIED_REFUSED")
    assert not Document.objects.exists()
    assert AuditEntry.objects.get(action="core.access.denied").detail == {
        "code": "CLASSIFIED_REFUSED"
    }


def test_a_draft_that_speaks_of_secrets_is_taken(office: Office) -> None:
    draft = office.draft(title="关于保守国家秘密法宣传周的通知", body="\n".join(WORDS))
    answer = office.send("曾国强", "", draft)
    assert answer.status_code == 201
    assert Document.objects.count() == 1
