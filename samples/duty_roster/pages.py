"""The app's HTML. Everything that people wrote goes through `escape`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from .platform_api import Member
from .roster import Duty

WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the page, and the token that ties forms to the session."""

    sub: str
    name: str
    unit_name: str
    form_token: str
    workbench: str
    """The platform's address, to go back to."""


@dataclass(frozen=True, slots=True)
class Week:
    """What the page shows."""

    monday: date
    today: date
    duties: dict[date, Duty]
    on_duty: Duty | None
    chosen_day: date | None
    """The day somebody is being put on duty for."""
    members: Sequence[Member]
    """Who can be chosen: those the search found, bounded."""
    found: int
    """How many the search found."""
    sought: str
    """The words of the search."""
    notice_key: str
    flash: str


def page(title: str, body: str) -> str:
    """A whole document."""
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>{body}</body>
</html>"""


def refusal(text: str) -> str:
    """A page that says why something did not work, and the way back."""
    return page(
        "值班排班",
        f"""<main class="alone"><h1>未能完成</h1><p>{escape(text)}</p>
<p><a class="button primary" href="/login">重新登录</a></p></main>""",
    )


def roster(viewer: Viewer, week: Week) -> str:
    """The week, who is on duty today, and the button that reminds that person."""
    days = "".join(_day(viewer, week, week.monday + timedelta(days=offset)) for offset in range(7))
    before, after = (week.monday + timedelta(days=step) for step in (-7, 7))
    last = week.monday + timedelta(days=6)
    flash = f'<p class="flash" role="status">{escape(week.flash)}</p>' if week.flash else ""
    return page(
        "值班排班",
        f"""<header class="bar"><img src="/icon.svg" alt="" width="28" height="28">
<strong>值班排班</strong>
<a class="home" href="{escape(viewer.workbench)}/">返回工作台</a>
<span class="who">{escape(viewer.name)}<small>{escape(viewer.unit_name)}</small></span></header>
<main>{flash}{_today(viewer, week)}
<section class="week" aria-label="本周值班表">
<div class="week-head"><h2>{_short(week.monday)} 至 {_short(last)}</h2>
<nav><a class="button" href="/?week={before}">上一周</a><a class="button" href="/">本周</a>
<a class="button" href="/?week={after}">下一周</a></nav></div>
<ol class="days">{days}</ol></section>{_assign(viewer, week)}</main>""",
    )


def _today(viewer: Viewer, week: Week) -> str:
    duty = week.on_duty
    when = f"{_short(week.today)} 星期{WEEKDAYS[week.today.weekday()]}"
    if duty is None:
        who = '<p class="name none">今天还没有安排值班</p><p class="unit">在下面的值班表中安排</p>'
        button = ""
    else:
        who = f'<p class="name">{escape(duty.name)}</p><p class="unit">{escape(duty.unit_name)}</p>'
        button = f"""<form method="post" action="/remind">{_token(viewer)}
<input type="hidden" name="key" value="{escape(week.notice_key)}">
<button class="button primary" type="submit">提醒值班人员</button></form>"""
    return f"""<section class="today" aria-label="今日值班">
<div><p class="label">今日值班 · {when}</p>{who}</div>{button}</section>"""


def _day(viewer: Viewer, week: Week, day: date) -> str:
    duty = week.duties.get(day)
    mine = duty is not None and duty.sub == viewer.sub
    marks = [
        name
        for name, holds in (
            ("is-today", day == week.today),
            ("is-mine", mine),
            ("is-empty", duty is None),
            ("is-chosen", day == week.chosen_day),
        )
        if holds
    ]
    label = "今天" if day == week.today else f"星期{WEEKDAYS[day.weekday()]}"
    me = ' <span class="tag">我</span>' if mine else ""
    choose = f"/?week={week.monday}&amp;day={day}#assign"
    return f"""<li class="{" ".join(["day", *marks])}">
<p class="date"><strong>{label}</strong> {_short(day)}</p>
<p class="person">{escape(duty.name) if duty else "未安排"}{me}</p>
<p class="unit">{escape(duty.unit_name) if duty else ""}</p>
<div class="acts">{"" if duty else _take(viewer, day)}
<a class="button quiet" href="{choose}">{"换人" if duty else "安排他人"}</a></div></li>"""


def _take(viewer: Viewer, day: date) -> str:
    return f"""<form method="post" action="/assign">{_token(viewer)}
<input type="hidden" name="day" value="{day}">
<input type="hidden" name="sub" value="{escape(viewer.sub)}">
<button class="button" type="submit">我来值班</button></form>"""


def _assign(viewer: Viewer, week: Week) -> str:
    """The form for the chosen day, if a day is chosen."""
    day = week.chosen_day
    if day is None:
        return ""
    people = "".join(_option(member) for member in week.members)
    clear = f"""<form method="post" action="/assign">{_token(viewer)}
<input type="hidden" name="day" value="{day}">
<button class="button" type="submit" name="clear" value="1">清空这一天</button></form>"""
    return f"""<section class="assign" id="assign" aria-label="安排值班">
<h2>安排{_short(day)}值班</h2>
<form class="seek" method="get" action="/#assign">
<input type="hidden" name="week" value="{week.monday}">
<input type="hidden" name="day" value="{day}">
<label>查找人员<input type="search" name="q" value="{escape(week.sought)}" maxlength="40"
placeholder="姓名、单位或职务"></label>
<button class="button" type="submit">查找</button></form>
<form method="post" action="/assign">{_token(viewer)}
<input type="hidden" name="day" value="{day}">
<label>值班人员<select name="sub" required>
<option value="">请选择</option>{people}</select></label>
<p class="hint" role="status">{_found(week)}</p>
<p class="acts"><button class="button primary" type="submit">保存</button>
<a class="button" href="/?week={week.monday}">取消</a></p></form>
{clear if day in week.duties else ""}</section>"""


def _found(week: Week) -> str:
    if not week.found:
        return f"没有找到“{escape(week.sought)}”，请换个姓名、单位或职务再查"
    if week.found > len(week.members):
        return f"共 {week.found} 人，显示前 {len(week.members)} 人；请输入姓名、单位或职务缩小范围"
    return f"共 {week.found} 人"


def _option(member: Member) -> str:
    words = " ".join(filter(None, (member.name, member.unit_name, member.title)))
    return f'<option value="{escape(member.sub)}">{escape(words)}</option>'


def _token(viewer: Viewer) -> str:
    return f'<input type="hidden" name="token" value="{escape(viewer.form_token)}">'


def _short(day: date) -> str:
    return f"{day.month}月{day.day}日"
