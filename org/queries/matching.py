"""What somebody typed into a search, and the conditions that it makes."""

from dataclasses import dataclass
from typing import Any, Final

from org import names
from org.kinds import MaskedField
from org.queries.visibility import Sight

TERMS_AT_MOST: Final = 4
_SHORTEST_PHONE: Final = 7
_NAMED_UNIT = (
    "(lower({unit}.name) LIKE %({infix})s OR lower({unit}.short_name) LIKE %({infix})s"
    " OR EXISTS (SELECT 1 FROM unnest({unit}.other_names) other"
    " WHERE lower(other) LIKE %({infix})s))"
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a search. `place` tells its parameters from the other terms'."""

    text: str
    place: int

    @property
    def is_latin(self) -> bool:
        """It can only be meant as pinyin or initials."""
        return names.is_latin(self.text)

    @property
    def is_single(self) -> bool:
        """It is one Chinese character, which too many names have."""
        return len(self.text) == 1 and not self.text.isascii()

    @property
    def may_abbreviate(self) -> bool:
        """It is long enough to be a short form of some unit's name."""
        return len(self.text) > 2 and not self.text.isascii()

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of every condition below."""
        literal = _literal(self.text)
        return {
            self._key("grams"): names.probe(self.text),
            self._key("singles"): list(dict.fromkeys(self.text)),
            self._key("infix"): f"%{literal}%",
            self._key("prefix"): f"{literal}%",
            self._key("upper"): f"{literal.upper()}%",
            self._key("exact"): self.text,
            self._key("spread"): "%" + "%".join(_literal(one) for one in self.text) + "%",
        }

    def names_person(self, row: str = "s") -> str:
        """A search row whose person the term names."""
        if self.is_latin:
            return self.reads_as_person(row)
        grams = self._key("grams")
        return f"({row}.grams @> %({grams})s::varchar[] AND {self.reads_as_person(row)})"

    def reads_as_person(self, row: str = "s") -> str:
        """`names_person` for rows that are few already: what they say is read, not an index."""
        if self.is_latin:
            prefix = self._key("prefix")
            return f"({row}.pinyin LIKE %({prefix})s OR {row}.initials LIKE %({prefix})s)"
        return f"({row}.name LIKE %({self._key('infix')})s)"

    def is_name(self, row: str = "s") -> str:
        """A search row whose person's name is the term, written or read."""
        exact = self._key("exact")
        return f"(%({exact})s IN ({row}.name, {row}.pinyin, {row}.initials))"

    def is_written_name(self, row: str = "s") -> str:
        """A search row whose person's name is the term letter by letter."""
        return f"({row}.name = %({self._key('exact')})s)"

    def is_in_title(self, post: str = "t") -> str:
        """A post whose title has the term."""
        return f"lower({post}.title) LIKE %({self._key('infix')})s"

    def names_post(self, sight: Sight) -> str:
        """A post `t` whose title has the term, unless the holder's title is masked."""
        masked = sight.masks(MaskedField.TITLE, person="a.person_id")
        return f"({self.is_in_title()} AND NOT {masked})"

    def names_unit(self, unit: str = "u") -> str:
        """A unit with the term in one of its names, or a code or initials like the term."""
        grams = self._key("grams")
        if not self.text.isascii():
            named = _NAMED_UNIT.format(unit=unit, infix=self._key("infix"))
            return f"({unit}.name_grams @> %({grams})s::varchar[] AND {named})"
        by_code = f"{unit}.code LIKE %({self._key('upper')})s"
        if not self.is_latin or len(self.text) < 2:
            return f"({by_code})"
        infix = self._key("infix")
        return (
            f"({by_code} OR ({unit}.name_grams @> %({grams})s::varchar[]"
            f" AND {unit}.initials LIKE %({infix})s))"
        )

    def abbreviates_unit(self, unit: str = "u") -> str:
        """A unit whose name has the term's characters in that order: 卫健局, 卫生健康局."""
        return (
            f"({unit}.name_grams @> %({self._key('singles')})s::varchar[]"
            f" AND lower({unit}.name) LIKE %({self._key('spread')})s)"
        )

    def _key(self, name: str) -> str:
        return f"{name}_{self.place}"


@dataclass(frozen=True, slots=True)
class Query:
    """A search as it was typed: its words, and all of them as one."""

    terms: tuple[Term, ...]
    whole: Term

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of all conditions of all terms."""
        return {
            key: value for term in (self.whole, *self.terms) for key, value in term.values.items()
        }

    @property
    def phone(self) -> str:
        """The number, where a number was typed; empty otherwise."""
        digits = self.whole.text.replace("-", "")
        return digits if digits.isdecimal() and len(digits) >= _SHORTEST_PHONE else ""

    def others(self, term: Term) -> tuple[Term, ...]:
        """The terms besides this one."""
        return tuple(one for one in self.terms if one is not term)


def read(text: str) -> Query | None:
    """The words of the text, lowered and free of NUL; None where there is none.

    >>> [term.text for term in read("张  民政局").terms]
    ['张', '民政局']
    """
    words = text.replace("\x00", "").lower().split()
    if not words:
        return None
    # Beyond so many words the rest is one: nobody types more, and each costs.
    last = "".join(words[TERMS_AT_MOST - 1 :])
    words = [*words[: TERMS_AT_MOST - 1], *([last] if last else [])]
    terms = tuple(Term(word, place) for place, word in enumerate(words, start=1))
    return Query(terms, Term("".join(term.text for term in terms), 0))


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
