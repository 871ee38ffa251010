"""Codes of units and their check digits (GB 32100-2015, GB/T 2260 and the statistics codes)."""

# GB 32100-2015, table 2: no I, O, S, V, Z; the position is the value of the character.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(CREDIT_ALPHABET)}
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGAN_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# GB 32100-2015: registering office 1 (机构编制), kind 1 (机关).
ORGAN_PREFIX = "11"


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


def is_credit_code(code: str) -> bool:
    """True for eighteen characters of the alphabet with a right check digit."""
    return (
        len(code) == 18 and all(c in _VALUE for c in code) and credit_check(code[:17]) == code[17]
    )
