"""Readings, grams and check digits."""

import pytest

from org import codes, names


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("曾国强", "zengguoqiang", "zgq"),
        ("单小芳", "shanxiaofang", "sxf"),
        ("仇海生", "qiuhaisheng", "qhs"),
        ("区副局", "oufuju", "ofj"),
        ("解明", "xieming", "xm"),
        ("查文", "zhawen", "zw"),
        ("欧阳思雨", "ouyangsiyu", "oysy"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("王伟民", "wangweimin", "wwm"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, pinyin: str, initials: str) -> None:
    assert names.reading(name) == (pinyin, initials)


def test_grams_hold_every_character_and_pair_once() -> None:
    assert names.grams("王小小") == ["王", "小", "王小", "小小"]
    assert names.probe("小小") == ["小小"]
    assert names.probe("小") == ["小"]
    assert names.probe(" ") == []
    assert set(names.probe("王小小")) <= set(names.grams("王小小"))


def test_the_example_of_the_standard_has_a_right_check_digit() -> None:
    # GB 32100-2015, appendix: 91350100M000100Y43.
    assert codes.is_credit_code("91350100M000100Y43")
    assert not codes.is_credit_code("91350100M000100Y44")
    assert codes.organisation_check("M000100Y") == "4"


def test_synthetic_codes_are_right_and_differ() -> None:
    made = [codes.credit_code("330106", serial) for serial in range(3_000)]
    assert len(set(made)) == 3_000
    assert all(codes.is_credit_code(code) for code in made)
    assert all(code.startswith("11330106") for code in made)
    assert all(code[16] == codes.organisation_check(code[8:16]) for code in made)
    assert not codes.is_credit_code(made[0][:17])
    assert not codes.is_credit_code(made[0].replace("1", "I"))
