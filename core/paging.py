"""Cursor pages: the position is a signed tuple of the last row's sort values."""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from django.core import signing
from pydantic import Field, TypeAdapter

from core import errors

T = TypeVar("T")

Limit = Annotated[int, Field(ge=1, le=100, description="Rows per page")]
Cursor = Annotated[str, Field(max_length=512, pattern=r"^[A-Za-z0-9_:=\-]*$")]


class BadCursor(errors.DomainError):
    """The cursor was not made by this installation."""

    code = "BAD_CURSOR"
    status = 400
    message = "分页位置无效，请从第一页开始"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order, and where the next page begins (None after the last)."""

    items: list[T]
    next_cursor: str | None


class Cursors(Generic[T]):
    """The cursors of one list: they can be read, but neither forged nor taken to another list.

    `shape` is the tuple of what the list is ordered by, such as tuple[datetime, int].
    """

    def __init__(self, of: str, shape: type[T]) -> None:
        self._position: TypeAdapter[T] = TypeAdapter(shape)
        self._salt = f"core.paging:{of}"

    def encode(self, position: T) -> str:
        """The cursor after the row that stands at the position."""
        return signing.dumps(self._position.dump_python(position, mode="json"), salt=self._salt)

    def decode(self, cursor: str | None) -> T | None:
        """The position of a cursor, None for no cursor; BadCursor for one of another list."""
        if not cursor:
            return None
        try:
            return self._position.validate_python(signing.loads(cursor, salt=self._salt))
        except (signing.BadSignature, ValueError) as error:
            raise BadCursor from error
