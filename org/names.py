"""Readings and grams of Chinese names: what search tables are made of."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pypinyin import lazy_pinyin

SURNAME_READINGS = {
    "万俟": "moqi", "尉迟": "yuchi", "单于": "chanyu", "长孙": "zhangsun", "令狐": "linghu",
    "澹台": "tantai", "欧阳": "ouyang", "司马": "sima", "上官": "shangguan", "诸葛": "zhuge",
    "皇甫": "huangfu", "夏侯": "xiahou", "东方": "dongfang", "公孙": "gongsun", "慕容": "murong",
    "曾": "zeng", "单": "shan", "仇": "qiu", "区": "ou", "查": "zha", "解": "xie", "任": "ren",
    "朴": "piao", "盖": "ge", "乐": "yue", "冼": "xian", "华": "hua", "翟": "zhai", "缪": "miao",
    "员": "yun", "覃": "qin", "瞿": "qu", "葛": "ge", "纪": "ji", "那": "na", "佘": "she",
    "黑": "he", "种": "chong", "秘": "bi", "郗": "xi", "繁": "po", "折": "she", "能": "nai",
    "召": "shao", "宿": "su", "车": "che", "都": "du", "句": "gou", "尹": "yin", "教": "jiao",
    "牟": "mu", "邸": "di", "隗": "wei", "祭": "zhai", "洗": "xian", "大": "da", "沈": "shen",
    "石": "shi", "柏": "bai", "臧": "zang", "车正": "chezheng", "吕": "lv", "卜": "bu",
}  # fmt: skip

SHORT_NAME_AT_MOST = 60
PINYIN_AT_MOST = 200
INITIALS_AT_MOST = 30
UNIT_INITIALS_AT_MOST = 200
_INITIALS_IN_PLACES = {
    "重": "c", "长": "c", "厦": "x", "行": "x", "会": "h", "调": "d", "朝": "c", "都": "d",
    "乐": "l", "六": "l", "藏": "z", "盛": "s", "石": "s", "省": "s", "种": "z", "解": "j",
    "区": "q", "单": "d", "曾": "z", "车": "c", "强": "q", "卡": "k", "宿": "s", "番": "p",
    "洞": "d", "校": "x", "系": "x", "传": "c", "弹": "d", "提": "t", "广": "g", "仇": "q",
}  # fmt: skip
_LATIN = re.compile(r"[a-z]+$")


def surname_length(name: str) -> int:
    """The number of characters of the surname: two for a known compound surname, else one."""
    return 2 if len(name) > 2 and name[:2] in SURNAME_READINGS else 1


def reading(name: str) -> tuple[str, str]:
    """Full pinyin and initials of a person's name, the surname read as a surname (曾 is zeng).

    Both are cut to what is stored of them: nobody types more than that.

    >>> reading("曾国强")
    ('zengguoqiang', 'zgq')
    """
    cut = surname_length(name)
    surname, given = name[:cut], name[cut:]
    known = SURNAME_READINGS.get(surname)
    # A compound surname gives one initial per character, as people type it (欧阳修: oyx).
    plain = lazy_pinyin(surname, errors="ignore")
    initials = (known[0] + "".join(s[:1] for s in plain[1:])) if known else ""
    syllables = lazy_pinyin(given, errors="ignore")
    if known is None:
        known, initials = "".join(plain), "".join(s[:1] for s in plain)
    pinyin = known + "".join(syllables)
    return pinyin[:PINYIN_AT_MOST], (initials + "".join(s[:1] for s in syllables))[
        :INITIALS_AT_MOST
    ]


def grams(text: str) -> list[str]:
    """Each single character and each neighbouring pair of `text`, without repeats, in order.

    A search for two characters or more needs only the pairs, a search for one the singles.
    """
    clean = "".join(text.split()).lower()
    singles = list(clean)
    pairs = [clean[i : i + 2] for i in range(len(clean) - 1)]
    return list(dict.fromkeys(singles + pairs))


def unit_initials(name: str) -> str:
    """The first letter of each syllable, read as in names of places and offices.

    A dictionary of phrases would read a quarter of a million names for minutes; of the characters
    that occur in such names few have two readings with different first letters.

    >>> unit_initials("重庆市行政审批局")
    'cqsxzspj'
    """
    return "".join(_initial(character) for character in name)


def unit_search(name: str, short_name: str = "", other_names: Sequence[str] = ()) -> dict[str, Any]:
    """The columns by which a unit is found: the initials and grams of all its names."""
    known = list(dict.fromkeys(one for one in (name, short_name, *other_names) if one))
    initials = " ".join(unit_initials(one) for one in known)[:UNIT_INITIALS_AT_MOST]
    pairs = [gram for word in initials.split() for gram in grams(word) if len(gram) == 2]
    found = [gram for one in known for gram in grams(one)] + pairs
    return {"initials": initials, "name_grams": list(dict.fromkeys(found))}


@cache
def _initial(character: str) -> str:
    if character in _INITIALS_IN_PLACES:
        return _INITIALS_IN_PLACES[character]
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    syllables = lazy_pinyin(character, errors="ignore")
    return syllables[0][:1] if syllables else ""


def probe(text: str) -> list[str]:
    """The grams that every name containing `text` has."""
    clean = "".join(text.split()).lower()
    if len(clean) < 2:
        return [clean] if clean else []
    return list(dict.fromkeys(clean[i : i + 2] for i in range(len(clean) - 1)))


def is_latin(text: str) -> bool:
    """True where `text` can only be meant as pinyin or initials."""
    return bool(_LATIN.match(text.strip().lower().replace(" ", "")))
