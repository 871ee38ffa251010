"""Under which source and keys documents sends its work notices and cards, and finds them again."""

from typing import Final

from messaging.services import cards

SOURCE: Final = "documents"
SOURCE_NAME: Final = "公文"


def card_of(document_id: int) -> cards.Subject:
    """The card that shows the document in conversations."""
    return cards.Subject(SOURCE, SOURCE_NAME, f"document:{document_id}")


def dispatch_key(document_id: int, unit_id: int) -> str:
    """The notice that asks the organ's clerks to acknowledge the document."""
    return f"dispatch-{document_id}-{unit_id}"


def number_key(document_id: int) -> str:
    """The notice that asks the issuer's clerks to number the document."""
    return f"number-{document_id}"
