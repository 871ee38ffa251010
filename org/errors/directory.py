"""What a search refuses."""

from typing import ClassVar

from core import errors


class SearchTooWide(errors.Invalid):
    """One character over a whole province or city names nobody in particular."""

    code: ClassVar[str] = "ORG_SEARCH_TOO_WIDE"
    message: ClassVar[str] = "请至少输入两个字，或先选择到区县"
