"""Under which source and keys approvals sends its work notices, and finds them again."""

from typing import Final

SOURCE: Final = "approvals"
SOURCE_NAME: Final = "审批"


def task_key(task_id: int, person_id: int) -> str:
    """The notice that asks this person to do the task; a task may pass to somebody else."""
    return f"task:{task_id}:{person_id}"
