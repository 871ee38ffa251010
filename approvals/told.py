"""Under which source and keys approvals sends its work notices and cards, and finds them again."""

from typing import Final

from messaging.services import cards

SOURCE: Final = "approvals"
SOURCE_NAME: Final = "审批"


def card_of(case_id: int) -> cards.Subject:
    """The card that shows the case in conversations."""
    return cards.Subject(SOURCE, SOURCE_NAME, f"case:{case_id}")


def task_key(task_id: int, person_id: int) -> str:
    """The notice that asks this person to do the task; a task may pass to somebody else."""
    return f"task:{task_id}:{person_id}"
