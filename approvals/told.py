"""Under which source and keys approvals sends its work notices, and finds them again."""

from typing import Final

SOURCE: Final = "approvals"
SOURCE_NAME: Final = "审批"


def task_key(task_id: int) -> str:
    """The notice that asks somebody to do the task."""
    return f"task:{task_id}"
