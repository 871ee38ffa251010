"""A draft as its drafter hands it in, and what is refused before anything looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass

from documents import errors, markings


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a drafter hands in. `classification` is plain text here: it may ask for too much."""

    title: str
    body: str
    main_unit_ids: Sequence[int]
    cc_unit_ids: Sequence[int] = ()
    classification: str = "internal"
    urgency: str = ""
    note: str = ""


def refuse_classified(draft: Draft) -> None:
    """ClassifiedRefused if the draft is marked 秘密 or above, by its field or in its text."""
    named = draft.classification.strip().lower()
    if named in markings.REFUSED or markings.is_marked(draft.title, draft.body, draft.note):
        raise errors.ClassifiedRefused
