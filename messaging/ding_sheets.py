"""Writes who has confirmed a DING as a workbook."""

import io
from collections.abc import Iterable
from typing import Any, Final

import openpyxl
from django.utils import timezone
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.queries.dings import Proof, Target
from org.exchange import neutral

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS: Final = ("姓名", "单位", "部门", "职务", "状态", "结束时间", "提醒记录")
_WIDTHS: Final = (14, 30, 24, 20, 12, 20, 80)
_BELOW_EACH_OTHER: Final = Alignment(vertical="top", wrap_text=True)
_HEAD: Final = PatternFill("solid", fgColor="E8EFFA")


def written(targets: Iterable[Target]) -> bytes:
    """The workbook, one row for each person."""
    book = openpyxl.Workbook(write_only=True)
    sheet: Any = book.create_sheet("DING")
    sheet.freeze_panes = "A2"
    for index, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.append([_heading(sheet, text) for text in HEADINGS])
    rows = 1
    for target in targets:
        sheet.append([_cell(sheet, text) for text in _row(target)])
        rows += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(HEADINGS))}{rows}"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _row(target: Target) -> list[str]:
    ended = f"{timezone.localtime(target.ended_at):%Y-%m-%d %H:%M:%S}" if target.ended_at else ""
    texts = [
        target.name,
        target.organ_name,
        target.unit_name,
        target.title,
        str(DingState(target.state).label),
        ended,
    ]
    told = [neutral.neutralised(_said(proof)) for proof in target.evidence]
    return [*(neutral.neutralised(text) for text in texts), "\n".join(told)]


def _said(proof: Proof) -> str:
    step = DingStep(proof.step)
    told = f"（{proof.to_name}）" if proof.to_name else ""
    outcome = "" if step == DingStep.END else f" {StepOutcome(proof.outcome).label}"
    at = f"{timezone.localtime(proof.at):%m-%d %H:%M:%S}"
    return f"{at} {step.label}{told}{outcome}：{proof.said}"


def _cell(sheet: Any, text: str) -> Any:
    """The records of one person stand below each other, and the other columns beside the first."""
    cell: Any = WriteOnlyCell(sheet, value=text)
    cell.alignment = _BELOW_EACH_OTHER
    return cell


def _heading(sheet: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(sheet, value=text)
    cell.font, cell.fill = Font(bold=True), _HEAD
    return cell
