"""The flow's picture: a definition and how far a case has come, drawn as SVG from top to bottom.

Colours stand in presentation attributes, since the policy of the pages forbids inline styles; the
state is always said in words as well. Widths are chosen so that three steps side by side stay
legible on a screen of 390 px.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Final

from approvals.definitions import (
    AnyNode,
    Approve,
    Cc,
    Choice,
    Definition,
    Leaf,
    Mode,
    Parallel,
    PostFunction,
    Start,
    branch_names,
    sequences,
)

WIDTH: Final = 328
_LEAF: Final = 104
_WIDEST_LEAF: Final = 208
_HEIGHT: Final = 62
_GAP: Final = 12
_STEP: Final = 24
_FORK: Final = 44
_JOIN: Final = 16
_MARGIN: Final = 4
_END: Final = 28


class Progress(StrEnum):
    """How far a node has come; the words are what the picture says."""

    PENDING = "pending"
    ACTIVE = "active"
    DONE = "done"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNUSED = "unused"


_WORDS: Final[Mapping[Progress, str]] = {
    Progress.PENDING: "未开始",
    Progress.ACTIVE: "办理中",
    Progress.DONE: "已同意",
    Progress.REJECTED: "不同意",
    Progress.SENT_BACK: "已退回",
    Progress.SKIPPED: "已跳过",
    Progress.CANCELLED: "已取消",
    Progress.UNUSED: "不经过",
}


@dataclass(frozen=True, slots=True)
class _Look:
    fill: str
    stroke: str
    ink: str
    dash: str = ""


_PLAIN: Final = _Look("#ffffff", "#b9c2cf", "#56606f")
_LOOKS: Final[Mapping[Progress, _Look]] = {
    Progress.PENDING: _PLAIN,
    Progress.ACTIVE: _Look("#e8effa", "#1d4f9c", "#163d7a"),
    Progress.DONE: _Look("#e6f3eb", "#17693c", "#17693c"),
    Progress.REJECTED: _Look("#fbeaea", "#c00d15", "#c00d15"),
    Progress.SENT_BACK: _Look("#fcf2dc", "#7a4f00", "#7a4f00"),
    Progress.SKIPPED: _Look("#ffffff", "#b9c2cf", "#56606f", "4 3"),
    Progress.CANCELLED: _Look("#ffffff", "#b9c2cf", "#56606f", "4 3"),
    Progress.UNUSED: _Look("#ffffff", "#dfe3ea", "#69727f", "4 3"),
}
_FUNCTIONS: Final[Mapping[str, str]] = {
    "head": "主要负责人",
    "deputy": "分管领导",
    "clerk": "收发员",
    "staff": "工作人员",
}
_INK: Final = "#1f2329"
_LINE: Final = "#8a93a1"
_FONT: Final = (
    "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
)


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the picture shows at one step; `people` are names, `words` replaces the usual state."""

    progress: Progress
    people: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """How far a case has come: steps by node id, the branch taken by choice id, and the end."""

    nodes: Mapping[str, NodeState] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    end: str = "结束"
    is_ended: bool = False


def draw(definition: Definition, state: State) -> str:
    """The picture as one SVG element, at least WIDTH wide."""
    width = max(WIDTH, _width_of(definition.nodes) + 2 * _MARGIN)
    canvas = _Canvas(state)
    bottom = canvas.sequence(definition.nodes, _MARGIN, _MARGIN, width - 2 * _MARGIN, used=True)
    height = canvas.end(width / 2, bottom)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" width="{width:g}" '
        f'height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="流程图" font-family="{_FONT}">{"".join(canvas.parts)}</svg>'
    )


def _width_of(nodes: Sequence[AnyNode]) -> float:
    return max((_node_width(node) for node in nodes), default=_LEAF)


def _node_width(node: AnyNode) -> float:
    inner = sequences(node)
    if not inner:
        return _LEAF
    return sum(_width_of(sequence) for sequence in inner) + _GAP * (len(inner) - 1)


@dataclass(slots=True)
class _Canvas:
    """Draws downwards; every method takes where it begins and answers where it ends."""

    state: State
    parts: list[str] = field(default_factory=list)

    def sequence(
        self, nodes: Sequence[AnyNode], x: float, y: float, width: float, *, used: bool
    ) -> float:
        for index, node in enumerate(nodes):
            if index:
                self._line(x + width / 2, y, y + _STEP, arrow=not sequences(node))
                y += _STEP
            y = self._node(node, x, y, width, used=used)
        return y

    def end(self, middle: float, y: float) -> float:
        self._line(middle, y, y + _STEP, arrow=True)
        top = y + _STEP
        look = _LOOKS[Progress.ACTIVE] if self.state.is_ended else _PLAIN
        self.parts.append(
            f'<rect x="{middle - 52:g}" y="{top:g}" width="104" height="{_END}" rx="14" '
            f'fill="{look.fill}" stroke="{look.stroke}"/>'
        )
        self._text(middle, top + 19, self.state.end, 12, look.ink, anchor="middle")
        return top + _END + _MARGIN

    def _node(self, node: AnyNode, x: float, y: float, width: float, *, used: bool) -> float:
        if isinstance(node, Parallel | Choice):
            return self._block(node, x, y, width, used=used)
        self._leaf(node, x, y, width, used=used)
        return y + _HEIGHT

    def _block(
        self, node: Parallel | Choice, x: float, y: float, width: float, *, used: bool
    ) -> float:
        branches = sequences(node)
        names = branch_names(node)
        least = [_width_of(branch) for branch in branches]
        spare = (width - _GAP * (len(branches) - 1)) / sum(least)
        taken = self.state.taken.get(node.id) if isinstance(node, Choice) else None
        bottoms: list[tuple[float, float]] = []
        left = x
        for index, branch in enumerate(branches):
            wide = least[index] * spare
            on = used and (taken is None or taken == index)
            middle = left + wide / 2
            self._branch_name(names[index], middle, y + 14, wide)
            self._line(middle, y + 24, y + _FORK, arrow=bool(branch))
            bottom = self.sequence(branch, left, y + _FORK, wide, used=on)
            bottoms.append((middle, bottom))
            left += wide + _GAP
        first, last = bottoms[0][0], bottoms[-1][0]
        join = max(bottom for _, bottom in bottoms) + _JOIN
        self._across(first, last, y)
        for middle, bottom in bottoms:
            self._line(middle, y, y + 6)
            self._line(middle, bottom, join)
        self._across(first, last, join)
        return join

    def _branch_name(self, name: str, middle: float, y: float, width: float) -> None:
        self._text(
            middle, y + 4, _fit(name, width - 8, 11), 11, "#56606f", anchor="middle", full=name
        )

    def _leaf(self, leaf: Leaf, x: float, y: float, width: float, *, used: bool) -> None:
        wide = min(width, _WIDEST_LEAF)
        left = x + (width - wide) / 2
        known = self.state.nodes.get(leaf.id)
        if known is None:
            known = NodeState(Progress.PENDING if used else Progress.UNUSED)
        look = _LOOKS[known.progress]
        dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
        who = "、".join(known.people) or _who(leaf)
        words = known.words or _words(leaf, known.progress, is_ended=self.state.is_ended)
        self.parts.append(f"<g><title>{escape(f'{leaf.name}：{who}，{words}')}</title>")
        self.parts.append(
            f'<rect x="{left:g}" y="{y:g}" width="{wide:g}" height="{_HEIGHT}" rx="4" '
            f'fill="{look.fill}" stroke="{look.stroke}"{dash}/>'
        )
        middle, room = left + wide / 2, wide - 12
        faded = known.progress is Progress.UNUSED
        name_ink = look.ink if faded else _INK
        self._text(
            middle, y + 19, _fit(leaf.name, room, 13), 13, name_ink, anchor="middle", bold=True
        )
        self._text(middle, y + 37, _fit(who, room, 12), 12, "#56606f", anchor="middle")
        self._text(middle, y + 54, _fit(words, room, 11), 11, look.ink, anchor="middle")
        self.parts.append("</g>")

    def _line(self, x: float, top: float, bottom: float, *, arrow: bool = False) -> None:
        if bottom <= top:
            return
        self.parts.append(f'<path d="M{x:g} {top:g}V{bottom:g}" fill="none" stroke="{_LINE}"/>')
        if arrow:
            self.parts.append(
                f'<path d="M{x - 4:g} {bottom - 6:g}L{x:g} {bottom - 1:g}L{x + 4:g} '
                f'{bottom - 6:g}" fill="none" stroke="{_LINE}"/>'
            )

    def _across(self, left: float, right: float, y: float) -> None:
        self.parts.append(f'<path d="M{left:g} {y:g}H{right:g}" fill="none" stroke="{_LINE}"/>')

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: int,
        ink: str,
        *,
        anchor: str,
        bold: bool = False,
        full: str = "",
    ) -> None:
        weight = ' font-weight="600"' if bold else ""
        title = f"<title>{escape(full)}</title>" if full and full != text else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{ink}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}{title}</text>'
        )


def _who(leaf: Leaf) -> str:
    """Who will be asked, as long as no names are known."""
    if isinstance(leaf, Start):
        return "发起人"
    resolvers = leaf.who
    words = {
        "person": "指定人员",
        "unit_head": "本单位负责人",
        "leader_in_charge": "分管领导",
        "superior": "上级负责人",
        "chosen": "发起人自选",
    }
    asked = [
        _FUNCTIONS[resolver.function]
        if isinstance(resolver, PostFunction)
        else words[resolver.kind]
        for resolver in resolvers
    ]
    return "、".join(dict.fromkeys(asked))


def _words(leaf: Leaf, progress: Progress, *, is_ended: bool) -> str:
    if is_ended and progress is Progress.PENDING:
        return "未进行"
    if isinstance(leaf, Cc) and progress is Progress.DONE:
        return "已抄送"
    if isinstance(leaf, Start):
        return {Progress.DONE: "已提交", Progress.ACTIVE: "待修改"}.get(progress, "待提交")
    if isinstance(leaf, Approve) and progress is Progress.PENDING:
        mode = {Mode.IN_ORDER: "依次审批", Mode.ALL_OF: "会签", Mode.ANY_OF: "或签"}[leaf.mode]
        return f"{_WORDS[progress]} · {mode}"
    return _WORDS[progress]


def _fit(text: str, room: float, size: int) -> str:
    """The text, cut with an ellipsis where it would not fit; CJK is one em wide."""
    used = 0.0
    for index, character in enumerate(text):
        used += size if ord(character) > 0x2E7F or character in "·、…" else size * 0.58
        if used > room:
            return text[: max(1, index - 1)] + "…"
    return text
