"""Picking people out of a list by name, as SQL that other apps join with.

Whoever stands in such a list is known to its reader: nothing is hidden from him here.
"""

from typing import Any

from org import names


def is_named(person_id: str) -> str:
    """A condition: the person's name has what `values` was given, written, as pinyin or initials.

    `person_id` is an SQL expression.
    """
    return f"""EXISTS (
        SELECT 1 FROM org_person named WHERE named.id = {person_id}
           AND (lower(named.name) LIKE %(name_infix)s OR named.pinyin LIKE %(name_read)s
                OR named.initials LIKE %(name_read)s))"""


def values(text: str) -> dict[str, Any]:
    """The parameters of `is_named`; blanks and NULs are passed over."""
    typed = "".join(text.replace("\x00", "").lower().split())
    literal = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # What cannot be read aloud is looked for in the written name alone.
    read = f"{literal}%" if names.is_latin(typed) else ""
    return {"name_infix": f"%{literal}%", "name_read": read}
