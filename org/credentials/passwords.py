"""What a password must be, and passwords that are given once and read aloud or copied by hand."""

import re
import secrets
from collections.abc import Iterator
from typing import Any, Final

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# No letter or digit that is mistaken for another one.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

# What people of such an installation begin with; the list of common passwords knows no pinyin.
_LOCAL_WORDS: Final = frozenset({
    "tongwen", "zhejiang", "zhengwu", "zhengfu", "hangzhou", "gongwen", "bangong", "xitong",
    "guanliyuan", "zhongguo", "woaini", "admin", "administrator", "password", "passwd", "welcome",
    "qwerty", "qwertyuiop", "asdfgh", "asdfghjkl", "zxcvbn", "iloveyou", "letmein", "root", "test",
    "user", "guest", "login", "abc", "abcd", "abcdef",
})  # fmt: skip
_LEET: Final = str.maketrans("@4310$5!7", "aaeiossit")
LENGTH: Final = 12
_SHORTEST_WORD: Final = 4
_CLASSES: Final = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")


def fresh() -> str:
    """Tw42-xxxx-xxxx-xxxx: some 65 bits of chance that pass the rules of the installation."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)]
    return f"Tw{secrets.randbelow(90) + 10}-" + "-".join(groups)


class LongEnough:
    """Twelve characters at least, of whatever kind."""

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError where there are fewer."""
        if len(password) < LENGTH:
            raise ValidationError(f"密码至少 {LENGTH} 个字符")

    def get_help_text(self) -> str:
        """For forms."""
        return f"至少 {LENGTH} 个字符"


class ThreeOfFourClasses:
    """Three of capitals, small letters, digits and signs (GB/T 22239, level 3: 复杂度)."""

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError where fewer are used."""
        if sum(1 for one in _CLASSES if re.search(one, password)) < 3:
            raise ValidationError("密码须包含大写字母、小写字母、数字、符号中的至少三类")

    def get_help_text(self) -> str:
        """For forms."""
        return "大写字母、小写字母、数字、符号至少三类"


class NotTheOwnersWords:
    """Neither the username nor the owner's name in pinyin is in the password."""

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError where one of them is, in whatever case."""
        folded = password.casefold()
        if any(word in folded for word in _words_of(user)):
            raise ValidationError("密码不能包含您的账号或姓名拼音")

    def get_help_text(self) -> str:
        """For forms."""
        return "不含账号和姓名拼音"


class NotWidelyKnown:
    """Neither a password of the lists that guessers use, nor such a word with figures around it."""

    def __init__(self) -> None:
        self._listed = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError for Password@2026 as for password."""
        if _is_monotonous(password) or any(self._is_known(core) for core in _cores(password)):
            raise ValidationError("密码过于常见，容易被猜到")

    def get_help_text(self) -> str:
        """For forms."""
        return "不用常见密码，或常见单词加数字"

    def _is_known(self, core: str) -> bool:
        return core in _LOCAL_WORDS or core in self._listed


def _words_of(user: Any) -> Iterator[str]:
    owner = getattr(user, "person", None)
    for word in (getattr(user, "username", ""), getattr(owner, "pinyin", "")):
        if word and len(word) >= _SHORTEST_WORD:
            yield word.casefold()


def _cores(password: str) -> Iterator[str]:
    """The password itself, and the one word that is left without figures and signs around it."""
    folded = password.casefold().strip()
    yield folded
    for text in (folded, folded.translate(_LEET)):
        yield re.sub(r"^[^a-z]+|[^a-z]+$", "", text)
    stripped = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", folded)
    yield stripped.translate(_LEET)


def _is_monotonous(password: str) -> bool:
    """Four different characters or fewer: 111111111111, abababababab."""
    return len(set(password.casefold())) <= 4
