"""The acts of the audit log and what they touched, in the words of the people who read it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils import timezone

from core import audit
from workbench import audit_details

ACTIONS: Final = {
    "core.access.denied": "访问被拒绝",
    "core.audit.check_asked": "校验审计日志",
    "core.audit.exported": "导出审计日志",
    "org.sign_in.succeeded": "登录",
    "org.sign_in.failed": "登录失败",
    "org.account.opened": "开通账号",
    "org.account.disabled": "停用账号",
    "org.account.enabled": "启用账号",
    "org.account.renamed": "修改账号名",
    "org.account.password_set": "重置密码",
    "org.account.password_changed": "修改密码",
    "org.account.second_factor_added": "启用双因素认证",
    "org.account.second_factor_removed": "停用双因素认证",
    "org.account.recovery_codes_renewed": "重新生成恢复码",
    "org.account.second_factor_reset": "清除双因素认证",
    "org.account.key_added": "添加通行密钥",
    "org.account.key_removed": "移除通行密钥",
    "org.account.unlocked": "解除登录锁定",
    "org.account.upstream_linked": "关联统一身份认证",
    "org.sign_in.signed_out": "退出登录",
    "org.sign_in.ended": "结束登录",
    "org.sign_in.post_changed": "切换任职身份",
    "org.appointment.made": "任命",
    "org.appointment.ended": "结束任职",
    "org.appointment.changed": "变更任职",
    "org.appointment.reordered": "调整人员排序",
    "org.person.admitted": "新增人员",
    "org.person.updated": "修改人员信息",
    "org.person.transferred": "调动人员",
    "org.person.left": "办理离职",
    "org.person.returned": "办理复职",
    "org.handover.settled": "办结交接事项",
    "org.handover.reopened": "重开交接事项",
    "org.handover.moved": "转交交接事项",
    "org.token.made": "建立同步令牌",
    "org.token.revoked": "收回同步令牌",
    "org.post.added": "新增岗位",
    "org.post.updated": "修改岗位",
    "org.post.removed": "删除岗位",
    "org.phone.revealed": "查看完整手机号码",
    "org.grant.given": "授予管理权限",
    "org.grant.revoked": "收回管理权限",
    "org.import.uploaded": "上传导入文件",
    "org.import.confirmed": "确认导入",
    "org.import.applied": "完成导入",
    "org.import.cancelled": "取消导入",
    "org.import.refused": "导入未成",
    "org.export.asked": "申请导出",
    "org.export.written": "生成导出文件",
    "org.export.fetched": "下载导出文件",
    "org.request.opened": "提交复核",
    "org.request.approved": "复核同意",
    "org.request.rejected": "复核不同意",
    "org.request.withdrawn": "撤回复核申请",
    "org.request.lapsed": "复核申请失效",
    "org.import.returned": "导入未获复核",
    "org.export.refused": "导出未获复核",
    "org.unit.added": "新增组织",
    "org.unit.renamed": "组织更名",
    "org.unit.code_set": "补录组织编码",
    "org.unit.moved": "移动组织",
    "org.unit.abolished": "撤销组织",
    "org.people.seeded": "生成合成人员",
    "org.unit.enlarged": "并入组织",
    "org.unit.merged": "合并组织",
    "org.unit.reordered": "调整组织排序",
    "org.unit.split": "拆分组织",
    "org.unit.updated": "修改组织信息",
    "org.visibility.made": "新增可见范围规则",
    "org.visibility.changed": "修改可见范围规则",
    "org.visibility.ended": "结束可见范围规则",
    "org.line.defined": "设立条线",
    "org.line.updated": "修改条线",
    "org.line.ended": "撤销条线",
    "org.line.units_added": "组织加入条线",
    "org.line.role_set": "调整条线角色",
    "org.line.unit_removed": "组织退出条线",
    "org.line.related": "建立条线关系",
    "org.line.unrelated": "解除条线关系",
    "org.reorganisation.drafted": "起草机构改革方案",
    "org.reorganisation.discarded": "删除机构改革草案",
    "org.reorganisation.submitted": "提交机构改革方案",
    "org.reorganisation.approved": "批准机构改革方案",
    "org.reorganisation.rejected": "退回机构改革方案",
    "org.reorganisation.withdrawn": "撤回机构改革方案",
    "org.reorganisation.effective": "机构改革方案生效",
    "org.reorganisation.failed": "机构改革方案执行失败",
    "org.divisions.loaded": "导入行政区划",
    "org.tree.renumbered": "组织树重新编号",
    "org.headcounts.rebuilt": "重新统计人数",
    "messaging.group.created": "创建群聊",
    "messaging.group.people_invited": "邀请入群",
    "messaging.group.person_removed": "移出群聊",
    "messaging.group.person_left": "退出群聊",
    "messaging.group.handed_over": "离职转交群主",
    "messaging.group.renamed": "群聊更名",
    "messaging.group.person_left_organisation": "离职退出群聊",
    "messaging.group.transferred": "转让群主",
    "messaging.group.admin_appointed": "设置群管理员",
    "messaging.group.admin_dismissed": "取消群管理员",
    "messaging.group.policy_changed": "修改群设置",
    "messaging.group.notice_published": "发布群公告",
    "messaging.group.notice_withdrawn": "撤下群公告",
    "messaging.group.dissolved": "解散群聊",
    "messaging.unit.founded": "建立单位群",
    "messaging.unit.people_joined": "单位群成员随任职加入",
    "messaging.unit.people_left": "单位群成员随任职退出",
    "messaging.card.put": "更新卡片",
    "messaging.card.shared": "发送卡片到会话",
    "messaging.favourite.kept": "收藏消息",
    "messaging.favourite.let_go": "取消收藏",
    "messaging.favourite.forwarded": "转发收藏",
    "messaging.file.uploaded": "上传文件",
    "messaging.file.downloaded": "下载文件",
    "messaging.ding.opened": "发出 DING",
    "messaging.ding.recalled": "撤回 DING",
    "messaging.ding.refused": "获准的 DING 未能发出",
    "messaging.ding.exported": "导出 DING 确认情况",
    "messaging.duty.set": "安排值班",
    "messaging.duty.dropped": "取消值班",
    "messaging.message.edited": "编辑消息",
    "messaging.message.forwarded": "转发消息",
    "messaging.message.history_read": "查看消息历史版本",
    "messaging.message.recalled": "撤回消息",
    "messaging.message.withdrawn": "撤下他人消息",
    "approvals.template.published": "发布审批模板",
    "approvals.case.started": "发起审批",
    "approvals.case.resubmitted": "重新提交审批",
    "approvals.case.withdrawn": "撤回审批",
    "approvals.task.approved": "审批同意",
    "approvals.task.rejected": "审批不同意",
    "approvals.task.handed_over": "离职转交审批",
    "approvals.task.sent_back": "审批退回",
    "documents.issuing_unit.registered": "登记发文机关",
    "documents.document.handed_over": "离职转交公文",
    "documents.document.drafted": "拟稿",
    "documents.document.revised": "修改公文",
    "documents.document.submitted": "提交核签",
    "documents.document.returned": "公文退回修改",
    "documents.document.signed": "签发公文",
    "documents.document.not_signed": "公文未获签发",
    "documents.document.numbered": "公文编号",
    "documents.document.issued": "印发公文",
    "documents.document.dispatched": "分发公文",
    "documents.document.acknowledged": "签收公文",
    "documents.document.viewed": "查看公文",
    "documents.document.downloaded": "下载公文",
    "miniapps.app.handed_over": "离职转交应用",
    "miniapps.app.registered": "登记应用",
    "miniapps.app.secret_renewed": "更换应用密钥",
    "miniapps.app.signed_in": "登录应用",
    "miniapps.code.used_again": "应用授权码被重复使用",
    "miniapps.grant.withdrawn": "收回应用权限",
    "miniapps.notice.recalled": "撤回工作通知",
    "miniapps.notice.sent": "应用发送工作通知",
    "miniapps.release.drafted": "新建应用版本",
    "miniapps.release.submitted": "提交应用审核",
    "miniapps.release.published": "上架应用",
    "miniapps.release.suspended": "暂停应用",
    "miniapps.release.resumed": "恢复应用",
    "miniapps.release.withdrawn": "下架应用",
    "miniapps.review.begun": "开始审核应用",
    "miniapps.review.approved": "应用审核通过",
    "miniapps.review.rejected": "应用审核不通过",
}
OBJECTS: Final = {
    "path": "地址",
    "core.audit": "审计日志",
    "core.audit_check": "审计校验",
    "conversation": "会话",
    "card": "卡片",
    "ding": "DING",
    "duty_shift": "值班安排",
    "message": "消息",
    "file": "文件",
    "org.tree": "组织树",
    "org.headcounts": "人数统计",
    "miniapps.oauth_client": "应用接入",
    "org.unit": "组织",
    "org.person": "人员",
    "org.account": "账号",
    "org.appointment": "任职",
    "org.post": "岗位",
    "org.scim_token": "同步令牌",
    "org.grant": "管理权限",
    "org.import": "导入",
    "org.export": "导出",
    "org.request": "复核申请",
    "org.visibility_rule": "可见范围规则",
    "org.division_load": "区划导入",
    "org.line": "条线",
    "org.reorganisation": "机构改革方案",
    "approvals.template": "审批模板",
    "approvals.case": "审批单",
    "approvals.task": "审批任务",
    "documents.document": "公文",
    "documents.issuing_unit": "发文机关",
    "miniapps.app": "应用",
    "miniapps.release": "应用版本",
    "miniapps.grant": "应用权限",
    "miniapps.notice": "工作通知",
}
FAULTS: Final = {
    "the chain's head is missing": "链首记录缺失",
    "the row is missing": "记录缺失",
    "the row does not follow the one before it": "与上一条不衔接，顺序被改动",
    "the row was altered": "记录被篡改",
    "the row, or one before it, differs from what was sealed": "与封存不符，此条或此前被改写",
    "the rows from here on were cut off": "从此条起的记录被截去",
    "the row differs from the chain's head": "末条记录与链首登记不符",
    "a seal in the object store is missing from the database": "数据库缺少对象存储中已有的封存记录",
    "the seal is missing from the object store": "对象存储中缺少该封存记录",
    "the seal differs from the object store's": "数据库中的封存记录与对象存储不一致",
    "the seal is missing or does not follow": "封存记录缺失或不衔接",
    "the seal was not made by this installation": "封存记录的校验码不符，可能是伪造的",
}
_DIGEST_SHOWN: Final = 12
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the people and units that a page of entries speaks of, by id."""

    people: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[int, str] = field(default_factory=dict)

    def person(self, identifier: int) -> str:
        """The name; the number of somebody who is not there any more."""
        return self.people.get(identifier, str(identifier))

    def unit(self, identifier: int) -> str:
        """The name; the number of a unit that was never there."""
        return self.units.get(identifier, str(identifier))


@dataclass(frozen=True, slots=True)
class Spoken:
    """The ids in a page of entries that names are wanted for."""

    person_ids: set[int]
    unit_ids: set[int]


def spoken_of(entries: Iterable[audit.Entry]) -> Spoken:
    """Every person and unit that the entries name by id."""
    found = Spoken(set(), set())
    for entry in entries:
        if entry.object_id.isdigit():
            if entry.object_kind == "org.person":
                found.person_ids.add(int(entry.object_id))
            if entry.object_kind == "org.unit":
                found.unit_ids.add(int(entry.object_id))
        for name, value in _flat(entry.detail):
            if name in audit_details.PEOPLE:
                found.person_ids.update(_ids(value))
            if name in _units_in(entry.action):
                found.unit_ids.update(_ids(value))
    return found


def action(code: str) -> str:
    """The act in words; its code where it has none yet."""
    return ACTIONS.get(code, code)


def subject(kind: str, identifier: str, names: Names) -> str:
    """What was touched: its kind in words, and its name, else its number."""
    shown = identifier
    if identifier.isdigit() and kind == "org.person":
        shown = names.person(int(identifier))
    if identifier.isdigit() and kind == "org.unit":
        shown = names.unit(int(identifier))
    return f"{OBJECTS.get(kind, kind)} {shown}"


def details(act: str, values: Mapping[str, object], names: Names) -> str:
    """What the entry says further; empty values are left out."""
    return "，".join(
        f"{audit_details.LABELS.get(name, name)}{_told(act, name, value, names)}"
        for name, value in values.items()
        if value not in _NOTHING
    )


def actor(name: str) -> str:
    """Who acted; the system's own parts by what they do."""
    part = audit_details.SYSTEM_PARTS.get(name)
    return f"系统（{part}）" if part else name


def raw(values: Mapping[str, object]) -> str:
    """The same as it is stored, for those who check the log against a machine's."""
    return json.dumps(values, ensure_ascii=False) if values else ""


def fault(found: audit.Fault) -> str:
    """Where a check found the log broken, and how, for people."""
    how = FAULTS.get(found.reason, found.reason)
    if found.chain is None:
        return f"第 {found.seq} 次封存：{how}"
    return f"第 {found.chain} 链第 {found.seq} 条：{how}"


def codes_of(words: str) -> list[str]:
    """The codes whose words hold the text, and the text itself as the beginning of a code."""
    return [code for code, name in ACTIONS.items() if words in name or code.startswith(words)]


def _flat(values: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    """Every detail, those told of before and after among them."""
    for name, value in values.items():
        yield name, value
        if isinstance(value, dict):
            yield from value.items()


def _units_in(act: str) -> frozenset[str]:
    """The details that hold units: a move tells the upper units before and after."""
    held = audit_details.UNITS
    return held | {"before", "after"} if act == "org.unit.moved" else held


def _ids(value: object) -> list[int]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if type(member) is int]


def _told(act: str, name: str, value: object, names: Names) -> str:
    """What follows a label: a value, or all that stood there before or after."""
    if isinstance(value, dict):
        return f"（{details(act, value, names)}）"
    return f"：{_value(act, name, value, names)}"


def _value(act: str, name: str, value: object, names: Names) -> str:
    if isinstance(value, list):
        return "、".join(_value(act, name, member, names) for member in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int) and name in audit_details.PEOPLE:
        return names.person(value)
    if isinstance(value, int) and name in _units_in(act):
        return names.unit(value)
    if name in audit_details.DIGESTS:
        return f"{str(value)[:_DIGEST_SHOWN]}…"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    return audit_details.VALUES.get(name, {}).get(str(value), str(value))
