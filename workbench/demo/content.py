"""First work, so that no page is empty at the first look: talk, a case, a document on its way."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from approvals.queries import tasks
from approvals.services import cases, decisions
from core import errors
from core.actor import Actor
from documents import drafts
from documents.queries import listing
from documents.services import circulation, drafting, issuing, registration, sign_off
from messaging.queries import conversations
from messaging.services import conversations as conversation_services
from messaging.services import messages
from org.kinds import StepKind, UnitKind
from org.queries import accounts, reorganisations, units
from org.queries.visibility import EVERYTHING
from org.services import reorganisations as reorganisation_services
from workbench.demo.accounts import Cast

GROUP = "民政业务工作群"
TALK = (
    ("核稿人", "各位，今年困难群众走访的通知这周要发出去，请业务科先起草。"),
    ("拟稿人", "收到，今天下班前把初稿送核。"),
    ("核稿人", "主送教育局和财政局，别漏了附注里的联系人。"),
    ("本局收发员", "发文后我跟踪签收，两天内没签收的我来催。"),
    ("签发人", "好的，辛苦大家。走访名单请按街道分好。"),
    ("拟稿人", "明白，名单已按街道整理。"),
)
TITLE = "西湖区民政局关于开展今冬困难群众走访慰问工作的通知"
BODY = """为切实做好今冬困难群众生活保障，现将走访慰问工作有关事项通知如下：
一、走访对象
低保家庭、特困人员、低保边缘家庭、孤儿和事实无人抚养儿童，以及受灾困难群众。
二、时间安排
即日起至12月20日完成首轮走访，12月25日前报送情况汇总。
三、工作要求
（一）逐户登记，一户一表，做到情况清、需求明。
（二）发现急难情形的，先行救助，再补办手续。
（三）各单位明确一名联络员，加强信息共享。"""
MERGER = "部分乡镇（街道）行政区划调整"
_MOST_STEPS = 12
_MOST_TOWNSHIPS = 100
Play = Callable[[str], Actor]


def players(cast: Cast, *, now: datetime) -> Play:
    """Who acts in a role, from the person's main post."""

    def play(role: str) -> Actor:
        account = accounts.of_person(cast.person(role))
        acting = accounts.actor(account.id, at=now) if account else None
        if acting is None:
            raise errors.NotFound
        return acting

    return play


def register_issuers(cast: Cast, *, actor: Actor, now: datetime) -> None:
    """The home county's bureau of civil affairs may issue documents; again changes nothing."""
    name = cast.issuer.name
    county = cast.home.name
    bureau = name.removeprefix(county)
    code = f"{county[0]}{bureau[0]}发"
    try:
        registration.register(
            actor=actor, unit_id=cast.issuer.id, agency_code=code, mark=f"{name}文件", now=now
        )
    except errors.Conflict:
        return


def talk(cast: Cast, play: Play, *, now: datetime) -> None:
    """A group of the bureau with a short conversation; made once."""
    opener = play(TALK[0][0])
    mine = conversations.list_for(actor=opener, cursor=None, limit=100, at=now).items
    if any(card.title == GROUP for card in mine):
        return
    roles = ("拟稿人", "签发人", "本局收发员")
    group = conversation_services.create_group(
        actor=opener, title=GROUP, person_ids=[cast.person(role) for role in roles], now=now
    )
    for number, (role, text) in enumerate(TALK):
        messages.send(
            actor=play(role),
            conversation_id=group.conversation_id,
            client_message_id=uuid5(NAMESPACE_URL, f"tongwen-demo-{number}"),
            body=text,
            now=now,
        )


def ask_for_leave(play: Play, *, now: datetime) -> None:
    """One case of leave waits for the head of the bureau; started once."""
    drafter = play("拟稿人")
    waiting = tasks.to_do(actor=play("签发人"), at=now, limit=100).items
    if any(task.initiator_id == drafter.person_id for task in waiting):
        return
    first = (now + timedelta(days=7)).date()
    cases.start(
        actor=drafter,
        template_key="leave",
        title=f"{drafter.name}的请假申请",
        form={
            "kind": "年休假",
            "starts_on": first.isoformat(),
            "ends_on": (first + timedelta(days=1)).isoformat(),
            "reason": "回乡探望父母，工作已交接给同科室同事。",
        },
        subject=None,
        chosen={},
        idempotency_key=f"demo-leave-{first.isoformat()}",
        now=now,
    )


def draft_merger(cast: Cast, play: Play, *, now: datetime) -> None:
    """A merger of the home county's first two townships lies there as a draft; made once."""
    administrator = play("县管理员")
    below = units.children(cast.home.id, at=now, viewer=EVERYTHING, limit=_MOST_TOWNSHIPS).items
    townships = [unit for unit in below if unit.kind == UnitKind.REGION][:2]
    known = reorganisations.listing(administrator, at=now).items
    if len(townships) < 2 or any(one.title == MERGER for one in known):
        return
    kept, merged = townships
    drafted = reorganisation_services.draft(
        actor=administrator,
        title=MERGER,
        basis=f"{cast.home.name[0]}政发〔{now.year}〕8号（示例）",
        scope_id=cast.home.id,
        now=now,
    )
    reorganisation_services.add_step(
        actor=administrator,
        reorganisation_id=drafted,
        revision=1,
        kind=StepKind.MERGE,
        payload={"units": [{"unit_id": merged.id}], "into": {"unit_id": kept.id}},
        now=now,
    )


def circulate(cast: Cast, play: Play, *, settle: Callable[[], None]) -> None:
    """One notice has gone its whole way and waits to be acknowledged.

    Goes on from wherever an earlier run stopped. `settle` lets the worker's part happen.
    """
    drafter, clerk = play("拟稿人"), play("本局收发员")
    title = TITLE.replace("西湖区民政局", cast.issuer.name)
    recipients = [unit.id for unit in cast.recipients]
    row = _found(drafter, title)
    if row is None:
        _draft(drafter, cast, title, recipients)
    for _ in range(_MOST_STEPS):
        match row.state if row else "":
            case "draft" if row:
                _submit(drafter, cast, row.id)
            case "in_review":
                _approve(play("核稿人"), title, "格式、用语已核，请签发。")
                _approve(play("签发人"), title, "同意，印发。")
            case "signed" if row:
                issuing.issue(actor=clerk, document_id=row.id, now=timezone.now())
            case "issued" if row:
                _dispatch(clerk, row.id, recipients, settle)
                return
        settle()
        row = _found(drafter, title)


def _dispatch(
    clerk: Actor, document_id: int, unit_ids: Sequence[int], settle: Callable[[], None]
) -> None:
    sent = circulation.dispatch(
        actor=clerk, document_id=document_id, unit_ids=unit_ids, now=timezone.now()
    )
    if sent.unit_ids:
        settle()


def _draft(drafter: Actor, cast: Cast, title: str, recipients: Sequence[int]) -> None:
    contact = "、".join(unit.name for unit in cast.recipients)
    body = f"{BODY}\n请{contact}协同做好对象比对和资金保障工作。"
    draft = drafts.Draft(title=title, body=body, main_unit_ids=recipients)
    drafting.create(actor=drafter, draft=draft, now=timezone.now())


def _submit(drafter: Actor, cast: Cast, document_id: int) -> None:
    route = sign_off.Route(reviewer_ids=[cast.person("核稿人")], signatory_id=cast.person("签发人"))
    sign_off.submit(actor=drafter, document_id=document_id, route=route, now=timezone.now())


def _approve(actor: Actor, title: str, remark: str) -> None:
    """Approves where the actor is asked about the document; nothing where nobody asks."""
    for waiting in tasks.to_do(actor=actor, at=timezone.now(), limit=100).items:
        task = tasks.open_task_of(waiting.case_id, actor.require_person())
        if waiting.title != title or task is None:
            continue
        decisions.approve(
            actor=actor,
            task_id=task.task_id,
            remark=remark,
            form_revision=task.form_revision,
            idempotency_key=f"demo-{task.task_id}",
            now=timezone.now(),
        )


def _found(actor: Actor, title: str) -> listing.DocumentRow | None:
    for box in (listing.Box.DRAFTS, listing.Box.OUTGOING):
        rows = listing.box(actor=actor, box=box, at=timezone.now(), cursor=None, limit=100).items
        for row in rows:
            if row.title == title:
                return row
    return None
