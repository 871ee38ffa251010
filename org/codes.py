"""Codes of units and their check digits (GB 32100-2015, GB/T 2260 and the statistics codes)."""

import uuid

# GB 32100-2015, table 2: no I, O, S, V, Z; the position is the value of the character.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(CREDIT_ALPHABET)}
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGAN_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# GB 32100-2015: registering office 1 (机构编制), kind 1 (机关).
ORGAN_PREFIX = "11"
_CREDIT_LENGTH = 18
_STATISTICS_LENGTH = 12
DIVISION_LENGTH = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12, 6: 15}
_TEMPORARY = "T"
_TEMPORARY_LENGTH = 16


def organisation_check(body: str) -> str:
    """The ninth character of an organisation code (GB 11714): 0-9 or X."""
    total = sum(_VALUE[c] * w for c, w in zip(body, _ORGAN_WEIGHTS, strict=True))
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def credit_check(body: str) -> str:
    """The eighteenth character of a unified social credit code."""
    total = sum(_VALUE[c] * w for c, w in zip(body, _CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[-total % 31]


def credit_code(region: str, serial: int) -> str:
    """A synthetic unified social credit code of an organ: right check digits, no real holder.

    `region` is the six-digit code of the county, city or province; serial counts upward from 0.
    """
    digits = []
    rest = serial
    for _ in range(8):
        rest, value = divmod(rest, 31)
        digits.append(CREDIT_ALPHABET[value])
    body = "".join(reversed(digits))
    first = ORGAN_PREFIX + region + body + organisation_check(body)
    return first + credit_check(first)


def credit_fault(code: str) -> str:
    """What is wrong with a unified social credit code, in a few words; empty where nothing is."""
    if len(code) != _CREDIT_LENGTH:
        return f"统一社会信用代码应为 {_CREDIT_LENGTH} 位，现为 {len(code)} 位"
    strangers = "".join(dict.fromkeys(c for c in code if c not in _VALUE))
    if strangers:
        return f"统一社会信用代码中没有“{strangers}”"
    if credit_check(code[:17]) != code[17]:
        return "校验位不符，请核对各位数字和字母"
    return ""


def division_code(code: str) -> str:
    """The digits of a division that say something: a full statistics code loses its zeros.

    Divisions carry the first 2, 4, 6, 9 or 12 digits of their 12-digit statistics code.
    """
    if len(code) != _STATISTICS_LENGTH:
        return code
    for length in (9, 6, 4, 2):
        if code[length:].strip("0"):
            break
        code = code[:length]
    return code


def division_fault(code: str, *, level: int, parent_code: str) -> str:
    """What is wrong with the code of a division or group, in a few words; empty where nothing is.

    Groups are ours: the 12 digits of their village and 3 more.
    """
    length = DIVISION_LENGTH[level]
    if not code.isascii() or not code.isdecimal() or len(code) != length:
        return f"第 {level} 级应为 {length} 位数字"
    if not code.startswith(parent_code):
        return f"应以上级编码 {parent_code} 开头"
    return ""


def temporary_code() -> str:
    """A code of ours for an organ whose credit code is not given yet: T and fifteen characters.

    No credit code is that short, so the two are never mistaken; `org.services.units.set_code`
    replaces it once.
    """
    return f"{_TEMPORARY}{uuid.uuid4().hex[:15].upper()}"


def is_temporary(code: str) -> bool:
    """True for a code that stands in for one that is still to be given."""
    return len(code) == _TEMPORARY_LENGTH and code.startswith(_TEMPORARY)


def is_credit_code(code: str) -> bool:
    """True for eighteen characters of the alphabet with a right check digit."""
    return not credit_fault(code)
