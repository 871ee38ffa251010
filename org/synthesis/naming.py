"""Likely names of people: surnames with their shares, given names of one and two characters."""

import random
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from org import names

# Surnames with their share among a thousand, rare ones with uncommon readings included.
SURNAMES: Final = (
    "王71 李70 张65 刘50 陈54 杨29 黄22 赵20 吴25 周24 徐23 孙14 马10 朱17 胡16 郭10 何12 林15 高9"
    " 罗9 郑12 梁7 谢8 宋7 唐7 许9 韩6 冯8 邓6 曹6 彭6 曾6 肖6 田5 董6 潘8 袁6 蔡7 蒋8 余7 于5"
    " 杜5 叶9 程6 魏5 苏5 吕6 丁7 任5 沈13 姚7 卢6 姜5 钟5 谭4 陆7 汪7 范6 金10 石4 廖4 贾4 夏5"
    " 韦3 付4 方7 白3 邹4 孟4 熊4 秦4 邱5 江5 尹3 薛3 阎2 段3 雷3 侯3 龙3 史3 陶5 黎2 贺3 顾5 毛6"
    " 郝3 龚4 邵6 万3 钱8 严5 覃2 武2 戴6 莫2 孔3 向2 汤4 俞9 骆4 楼5 章6 祝3 应4 屠3 诸2 单3 仇2"
    " 区1 解2 查2 乐1 缪2 翟2 葛3 欧阳2 诸葛1 上官1 尉迟1"
)
_RARE: Final = (
    " 朴1 盖1 冼1 华2 瞿1 纪2 那1 佘1 臧1 隗1 牟1 柏1 车1 都1 卜1 宿1 郗1 种1 祭1 员1 司马1 皇甫1"
    " 夏侯1 令狐1 慕容1 长孙1 公孙1 东方1 澹台1 单于1 万俟1 虞2 项2 裘1 竺1 鲍3 柴1 阮2 傅4 倪3 施4"
    " 盛2 费1 厉1 麻1 滕1 池1 凌2 娄2 边1 宣1 寿1 斯1 戚1 芮1 郦1 来1 茅1 柳1 温2 康1 常1 曲1"
)
GIVEN_ONE: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚辉鹏华红健斌琳宁波峰燕玲欣颖晨浩宇轩琪蕾凯琴"
)
GIVEN_FIRST: Final = (
    "建国志文晓小海春玉秀永德庆世光家俊思雨子嘉佳梦雅美天振泽明国立卫学宏新金一亦若书诗"
)
GIVEN_SECOND: Final = (
    "华军平明辉强伟峰林杰芳英梅兰萍燕玲琴娟云龙飞波涛浩宇轩然怡涵琪雯瑶婷敏洁悦宁安庆荣生"
)
_MORE_FIRST: Final = (
    "婉静淑慧丽红爱兴荣富根水土阿仁义礼智信东西南北中正方圆成功利民泰祥瑞彦奕梓沐宸"
)
_MORE_SECOND: Final = "斌彬超磊鑫淼森根法良祥珍珠凤仙英菊香莲花女男儿豪杰栋梁材贤达昌盛兴旺泽恩佑"
_ONE_OF_TWO_CHARACTERS: Final = 0.22


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name as people write it, as its search row holds it and as it is read."""

    name: str
    pinyin: str
    initials: str


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    pinyin: str
    initials: str


class Naming:
    """Draws names in large numbers: readings are worked out once for each part of a name."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        listed, weights = surnames(SURNAMES + _RARE)
        self._surnames = [_surname(surname) for surname in listed]
        self._surname_shares = list(accumulate(weights))
        first, second = GIVEN_FIRST + _MORE_FIRST, GIVEN_SECOND + _MORE_SECOND
        pairs = list(dict.fromkeys(a + b for a in first for b in second))
        singles = list(dict.fromkeys(GIVEN_ONE))
        single_share = _ONE_OF_TWO_CHARACTERS / len(singles)
        pair_share = (1 - _ONE_OF_TWO_CHARACTERS) / len(pairs)
        self._given = [_given(text) for text in singles + pairs]
        self._given_shares = list(
            accumulate([single_share] * len(singles) + [pair_share] * len(pairs))
        )

    def draw(self, count: int) -> list[PersonName]:
        """That many names, the same after the same dice."""
        above = self._dice.choices(self._surnames, cum_weights=self._surname_shares, k=count)
        given = self._dice.choices(self._given, cum_weights=self._given_shares, k=count)
        return [
            PersonName(s.text + g.text, s.pinyin + g.pinyin, s.initials + g.initials)
            for s, g in zip(above, given, strict=True)
        ]


def surnames(listed: str = SURNAMES) -> tuple[list[str], list[int]]:
    """The surnames and their shares."""
    pairs = [(entry.rstrip("0123456789"), entry) for entry in listed.split()]
    return [name for name, _ in pairs], [int(entry[len(name) :]) for name, entry in pairs]


def given(dice: random.Random) -> str:
    """One given name."""
    if dice.random() < _ONE_OF_TWO_CHARACTERS:
        return dice.choice(GIVEN_ONE)
    return dice.choice(GIVEN_FIRST) + dice.choice(GIVEN_SECOND)


# The reading of a name is the reading of its surname and that of the given name, one after the
# other, so each is taken from a name whose other part is known.
def _surname(text: str) -> _Part:
    pinyin, initials = names.reading(text + "一")
    return _Part(text, pinyin.removesuffix("yi"), initials.removesuffix("y"))


def _given(text: str) -> _Part:
    pinyin, initials = names.reading("王" + text)
    return _Part(text, pinyin.removeprefix("wang"), initials.removeprefix("w"))
