"""Under which source and keys approvals sends its work notices and cards, and finds them again."""

from typing import Final

SOURCE: Final = "approvals"
SOURCE_NAME: Final = "审批"


def card_key(case_id: int) -> str:
    """The card that shows the case in conversations."""
    return f"case:{case_id}"


def task_key(task_id: int, person_id: int) -> str:
    """The notice that asks this person to do the task; a task may pass to somebody else."""
    return f"task:{task_id}:{person_id}"
