"""Who hears what: every subscription and every schedule of the installation."""

from collections.abc import Sequence
from typing import Final

from approvals import events as approvals_events
from approvals import handlers as approvals_handlers
from core import audit, upkeep
from core import handlers as core_handlers
from core.audit import events as audit_events
from core.events import Schedule, Subscriptions
from documents import events as documents_events
from documents import handlers as documents_handlers
from messaging import events as messaging_events
from messaging import handlers as messaging_handlers
from miniapps import events as miniapps_events
from miniapps import handlers as miniapps_handlers
from org import events as org_events
from org import handlers as org_handlers

SUBSCRIPTIONS: Final[Subscriptions] = {
    org_events.RequestOpened: (messaging_handlers.on_request_opened,),
    org_events.RequestDecided: (
        org_handlers.on_request_ended,
        messaging_handlers.on_request_decided,
        messaging_handlers.open_approved_ding,
    ),
    org_events.RequestDue: (
        org_handlers.on_request_ended,
        messaging_handlers.on_request_due,
    ),
    org_events.ReorganisationDue: (org_handlers.on_reorganisation_due,),
    org_events.ReorganisationMoved: (messaging_handlers.on_reorganisation_moved,),
    org_events.AppointmentEnded: (
        messaging_handlers.on_appointment_ended,
        messaging_handlers.follow_ended_appointment,
    ),
    org_events.AppointmentsBegan: (messaging_handlers.on_appointments_began,),
    org_events.UnitMoved: (messaging_handlers.on_unit_moved,),
    org_events.UnitRenamed: (messaging_handlers.on_unit_renamed,),
    messaging_events.NoticeSpread: (messaging_handlers.on_notice_spread,),
    messaging_events.DingDue: (messaging_handlers.on_ding_due,),
    messaging_events.DingSpread: (messaging_handlers.on_ding_spread,),
    messaging_events.DingEnding: (messaging_handlers.on_ding_ending,),
    messaging_events.DingMoved: (messaging_handlers.on_ding_moved,),
    messaging_events.SearchBlockFilled: (messaging_handlers.on_search_block_filled,),
    messaging_events.UnitConversationFounded: (messaging_handlers.on_unit_conversation_founded,),
    org_events.PersonLeft: (
        messaging_handlers.on_person_left,
        approvals_handlers.on_person_left,
        documents_handlers.on_person_left,
        miniapps_handlers.on_person_left,
    ),
    org_events.AccountDisabled: (messaging_handlers.on_account_disabled,),
    org_events.HandoverSettled: (
        messaging_handlers.on_handover_settled,
        approvals_handlers.on_handover_settled,
        documents_handlers.on_handover_settled,
        miniapps_handlers.on_handover_settled,
    ),
    org_events.ImportMapped: (org_handlers.on_import_mapped,),
    org_events.ExportAsked: (org_handlers.on_export_asked,),
    org_events.ImportConfirmed: (org_handlers.on_import_confirmed,),
    audit_events.CheckAsked: (core_handlers.on_check_asked,),
    approvals_events.TaskOpened: (
        approvals_handlers.on_task_opened,
        approvals_handlers.renew_card_of_task,
        documents_handlers.on_task_opened,
    ),
    approvals_events.CaseCopied: (approvals_handlers.on_case_copied,),
    approvals_events.CaseEnded: (
        approvals_handlers.on_case_ended,
        approvals_handlers.renew_card_of_ended,
        documents_handlers.on_case_ended,
    ),
    documents_events.DocumentSubmitted: (documents_handlers.on_document_submitted,),
    documents_events.DocumentNumbered: (documents_handlers.on_document_numbered,),
    documents_events.DocumentDispatched: (documents_handlers.on_document_dispatched,),
    miniapps_events.ReleaseSubmitted: (miniapps_handlers.on_release_submitted,),
    miniapps_events.ReleaseDecided: (miniapps_handlers.on_release_decided,),
}

SCHEDULES: Final[Sequence[Schedule]] = (
    Schedule(
        "messaging.close_overdue_dings", "*/5 * * * *", messaging_handlers.close_overdue_dings
    ),
    Schedule(
        "messaging.warn_of_ending_rights", "0 1 * * *", messaging_handlers.warn_of_ending_rights
    ),
    Schedule(
        "messaging.look_through_unit_conversations",
        "15 19 * * *",
        messaging_handlers.look_through_unit_conversations,
    ),
    Schedule(
        "messaging.forget_left_over_files", "35 18 * * *", messaging_handlers.forget_left_over_files
    ),
    Schedule("messaging.fill_search_blocks", "25 18 * * *", messaging_handlers.fill_search_blocks),
    Schedule("core.retry_stalled_jobs", "* * * * *", upkeep.retry_stalled_jobs),
    Schedule("core.seal_audit", "5 * * * *", audit.seal),
    Schedule("core.forget_finished_jobs", "10 18 * * *", upkeep.forget_finished_jobs),
    Schedule("core.forget_ended_sessions", "20 18 * * *", upkeep.forget_ended_sessions),
    Schedule("org.fold_headcounts", "* * * * *", org_handlers.fold_headcounts),
    Schedule("org.tidy_tree", "0 19 * * *", org_handlers.tidy_tree),
    Schedule("org.forget_sign_ins", "30 18 * * *", org_handlers.forget_sign_ins),
    Schedule("org.forget_files", "50 18 * * *", org_handlers.forget_files),
    Schedule("miniapps.forget_ended_tokens", "40 18 * * *", miniapps_handlers.forget_ended_tokens),
)
