"""The decision engine's tables: what may be decided, each case, who was asked, what was said.

Template versions, form revisions and case events are only ever added; triggers refuse the rest.
"""

from django.db import models
from django.db.models import Q


class CaseState(models.TextChoices):
    """How a case stands; all but running are final."""

    RUNNING = "running", "审批中"
    APPROVED = "approved", "已同意"
    REJECTED = "rejected", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"
    TERMINATED = "terminated", "已终止"


class StepState(models.TextChoices):
    """How a step stands in its round."""

    ACTIVE = "active", "办理中"
    DONE = "done", "已完成"
    REJECTED = "rejected", "未同意"
    SENT_BACK = "sent_back", "已退回"
    CANCELLED = "cancelled", "已取消"
    SKIPPED = "skipped", "已跳过"


class TaskKind(models.TextChoices):
    """What a person is asked for."""

    APPROVE = "approve", "审批"
    RESUBMIT = "resubmit", "修改后重新提交"


class TaskState(models.TextChoices):
    """Whether the person can, must or may not act; waiting means that others go first."""

    WAITING = "waiting", "待轮到"
    OPEN = "open", "待办"
    DONE = "done", "已办"
    CANCELLED = "cancelled", "已取消"


class TaskAction(models.TextChoices):
    """What the person did."""

    APPROVED = "approved", "同意"
    REJECTED = "rejected", "不同意"
    SENT_BACK = "sent_back", "退回"
    RESUBMITTED = "resubmitted", "重新提交"


class Template(models.Model):
    """Something people may ask a decision about; its versions say how it is decided."""

    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    # Empty for what people start themselves; otherwise only the app that owns the subject starts.
    subject_kind = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class TemplateVersion(models.Model):
    """A published definition with its form; running cases stay with the one they began under."""

    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    definition = models.JSONField()
    form_schema = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="approvals_version_number"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"


class Case(models.Model):
    """One request for a decision. Every act locks this row, so it is kept narrow.

    `revision` counts the acts, `round` the times it was sent back, `event_seq` is the number of its
    last event. The form is kept apart: copying
    it at each transition would bloat the table.
    """

    serial_number = models.CharField(max_length=24, unique=True)
    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    initiator = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    appointment = models.ForeignKey(
        "org.Appointment", on_delete=models.PROTECT, null=True, related_name="+"
    )
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.RUNNING)
    revision = models.PositiveIntegerField(default=1)
    form_revision = models.PositiveIntegerField(default=1)
    round = models.PositiveIntegerField(default=1)
    event_seq = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["initiator", "-id"], name="approvals_case_initiator"),
            models.Index(
                fields=["subject_kind", "subject_id"],
                name="approvals_case_subject",
                condition=Q(subject_id__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CaseState.values), name="approvals_case_state"
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.RUNNING, ended_at__isnull=True)
                | (~Q(state=CaseState.RUNNING) & Q(ended_at__isnull=False)),
                name="approvals_case_ended",
            ),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject_id__isnull=True)
                | (~Q(subject_kind="") & Q(subject_id__isnull=False)),
                name="approvals_case_subject_whole",
            ),
            # Two running decisions about one thing could contradict each other.
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=Q(state=CaseState.RUNNING, subject_id__isnull=False),
                name="approvals_case_one_per_subject",
            ),
        ]

    def __str__(self) -> str:
        return self.serial_number


class FormRevision(models.Model):
    """What the initiator asked for, each time it was submitted."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    form = models.JSONField()
    # Node id → ids of the people the initiator chose for it.
    chosen = models.JSONField()
    subject_digest = models.CharField(max_length=128, blank=True)
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="approvals_form_number"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} form {self.number}"


class Step(models.Model):
    """A node the case arrived at, once in each round."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    node_id = models.CharField(max_length=40)
    round = models.PositiveIntegerField()
    mode = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=StepState.choices)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "node_id", "round"], name="approvals_step_once_a_round"
            ),
            models.CheckConstraint(
                condition=Q(state__in=StepState.values), name="approvals_step_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.node_id}"


class Task(models.Model):
    """One person asked to act at a step.

    Title, initiator and unit repeat the case's, so that a list of millions is one index scan.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=TaskKind.choices)
    state = models.CharField(max_length=10, choices=TaskState.choices)
    action = models.CharField(max_length=12, choices=TaskAction.choices, blank=True)
    remark = models.TextField(blank=True)
    form_revision = models.PositiveIntegerField(null=True)
    appointment = models.ForeignKey(
        "org.Appointment", on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(null=True)
    acted_at = models.DateTimeField(null=True)

    node_name = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    template_name = models.CharField(max_length=60)
    initiator = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["assignee", "-opened_at", "-id"],
                name="approvals_task_open",
                condition=Q(state=TaskState.OPEN),
            ),
            models.Index(
                fields=["assignee", "-acted_at", "-id"],
                name="approvals_task_done",
                condition=Q(state=TaskState.DONE),
            ),
            models.Index(fields=["case", "assignee"], name="approvals_task_case"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["step", "assignee"], name="approvals_task_one_seat"),
            models.CheckConstraint(
                condition=Q(state__in=TaskState.values), name="approvals_task_state"
            ),
            models.CheckConstraint(
                condition=Q(state=TaskState.WAITING)
                | Q(state=TaskState.CANCELLED)
                | Q(opened_at__isnull=False),
                name="approvals_task_opened",
            ),
            models.CheckConstraint(
                condition=Q(state=TaskState.DONE, acted_at__isnull=False)
                | (~Q(state=TaskState.DONE) & Q(acted_at__isnull=True, action="")),
                name="approvals_task_acted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.node_name} {self.assignee_id}"


class Copy(models.Model):
    """A person the case is shown to without being asked."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    node_id = models.CharField(max_length=40)
    copied_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="approvals_copy_person")]
        constraints = [
            models.UniqueConstraint(fields=["case", "person"], name="approvals_copy_once"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} cc {self.person_id}"


class CaseEventKind(models.TextChoices):
    """What can happen in a case."""

    STARTED = "started", "发起"
    APPROVED = "approved", "同意"
    REJECTED = "rejected", "不同意"
    SENT_BACK = "sent_back", "退回"
    RESUBMITTED = "resubmitted", "修改后重新提交"
    WITHDRAWN = "withdrawn", "撤回"
    SKIPPED = "skipped", "自动跳过"
    BRANCHED = "branched", "条件分支"
    COPIED = "copied", "抄送"
    HANDED_OVER = "handed_over", "离职交接"
    ENDED = "ended", "办结"


class CaseEvent(models.Model):
    """What happened in a case, numbered without gaps in each."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=CaseEventKind.choices)
    at = models.DateTimeField()
    # Null where the engine itself moved on.
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    appointment = models.ForeignKey(
        "org.Appointment", on_delete=models.PROTECT, null=True, related_name="+"
    )
    node_id = models.CharField(max_length=40, blank=True)
    round = models.PositiveIntegerField()
    remark = models.TextField(blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="approvals_event_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}:{self.seq} {self.kind}"


class CommandKey(models.Model):
    """An answer given to a person's request, given again when the request is repeated."""

    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="approvals_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.key}"
