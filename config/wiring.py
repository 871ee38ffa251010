"""Who hears what: every subscription and every schedule of the installation."""

from collections.abc import Sequence
from typing import Final

from approvals import events as approvals_events
from approvals import handlers as approvals_handlers
from core.events import Schedule, Subscriptions

SUBSCRIPTIONS: Final[Subscriptions] = {
    approvals_events.TaskOpened: (approvals_handlers.on_task_opened,),
    approvals_events.CaseCopied: (approvals_handlers.on_case_copied,),
    approvals_events.CaseEnded: (approvals_handlers.on_case_ended,),
}

SCHEDULES: Final[Sequence[Schedule]] = ()
