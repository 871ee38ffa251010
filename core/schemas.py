"""The base of every request and response schema: bounded, NUL-free, no stray fields."""

from typing import Annotated

import ninja
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from core import names


def without_nul(text: str) -> str:
    """The text; refused with a NUL in it, which the database cannot hold."""
    if "\x00" in text:
        raise ValueError("文本中不能含有空字符")
    return text


def seen_whole(text: str) -> str:
    """The text; refused with characters in it that no reader sees."""
    if names.has_unseen(text):
        raise PydanticCustomError("unseen_characters", names.REFUSAL)
    return text


Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
ShortText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(seen_whole),
]
LongText = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(without_nul)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.:\-]+$")]


class Schema(ninja.Schema):
    """A request or response body. Fields nobody declared are refused.

    Response bodies are read from frozen dataclasses of the queries by attribute.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Problem(ninja.Schema):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
