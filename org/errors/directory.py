"""What a search refuses."""

from typing import ClassVar

from core import errors


class SearchTooWide(errors.Invalid):
    """One character over a whole province or city names nobody in particular."""

    code: ClassVar[str] = "ORG_SEARCH_TOO_WIDE"
    message: ClassVar[str] = "请至少输入两个字，或先选择到区县"


class PastTooLarge(errors.Invalid):
    """The tree of another day is read unit by unit: not a whole province at once."""

    code: ClassVar[str] = "ORG_PAST_TOO_LARGE"
    message: ClassVar[str] = "当日该组织的下级超过 {most} 个，请选择其下的组织查看"
