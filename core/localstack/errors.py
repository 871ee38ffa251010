"""Failures of the local stack, each told to the user in one sentence."""


class StackError(Exception):
    """The stack cannot go on; the text says why and what helps, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(f"{english} / {chinese}")
