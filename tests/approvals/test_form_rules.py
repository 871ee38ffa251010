"""Rules between the fields of a form: proved at publishing, kept at every submission."""

import json
from typing import Any

import pytest

from approvals import errors, forms
from approvals.models import Case, FormRevision
from tests.approvals.conftest import OTHER, Office, leave_form

DATE = {"type": "string", "format": "date"}


def _schema(**changes: Any) -> dict[str, Any]:
    fields = {
        "first": {**DATE, "title": "开始"},
        "last": {**DATE, "title": "结束", "x-not-before": "first"},
        "days": {"type": "integer", "x-computed": {"days_between": ["first", "last"]}},
        "note": {"type": "string"},
        **changes,
    }
    return {"type": "object", "required": ["first", "last"], "properties": fields}


def _computed(rule: Any, **more: Any) -> dict[str, Any]:
    return _schema(days={"type": "integer", "x-computed": rule, **more})


def test_days_are_counted_with_both_ends_whatever_was_sent() -> None:
    for last, days in (("2026-12-01", 1), ("2026-12-31", 31), ("2027-01-01", 32)):
        form = {"first": "2026-12-01", "last": last, "days": -7}
        assert forms.checked(_schema(), form)["days"] == days


def test_a_fault_of_a_date_is_named_once_at_the_date() -> None:
    for form, expected in (
        ({"first": "2026-12-02", "last": "2026-12-01"}, {"last": "不能早于开始"}),
        ({"first": "2026-02-30", "last": "2026-12-01"}, {"first": "请填写有效的日期"}),
        ({"first": "2026-12-01"}, {"last": "此项必填"}),
        ({"first": "2026-12-01", "last": 5}, {"last": "内容类型不对"}),
    ):
        with pytest.raises(errors.FormInvalid) as refusal:
            forms.checked(_schema(), form)
        assert refusal.value.details["fields"] == expected


def test_sound_rules_are_published() -> None:
    forms.check_schema(_schema())


@pytest.mark.parametrize(
    "schema",
    [
        _computed({"weeks_between": ["first", "last"]}),
        _computed(["first", "last"]),
        _computed({"days_between": ["first"]}),
        _computed({"days_between": ["first", "first"]}),
        _computed({"days_between": ["first", "gone"]}),
        _computed({"days_between": ["first", "note"]}),
        _computed({"days_between": ["first", ["last"]]}),
        _computed({"days_between": ["first", "last"]}, type="string"),
        _computed({"days_between": ["first", "last"]}, enum=[1, 2]),
        {**_schema(), "required": ["first", "last", "days"]},
        {**_schema(), "required": ["first"]},
        _schema(last={**DATE, "x-not-before": "gone"}),
        _schema(last={**DATE, "x-not-before": "last"}),
        _schema(last={**DATE, "x-not-before": "note"}),
        _schema(note={"type": "string", "x-not-before": "first"}),
    ],
)
def test_a_rule_that_does_not_fit_its_fields_is_not_published(schema: dict[str, Any]) -> None:
    with pytest.raises(errors.DefinitionInvalid):
        forms.check_schema(schema)


def test_a_forged_number_of_days_is_not_taken_by_the_api(office: Office) -> None:
    body = {"template_key": "leave", "title": "请假", "form": {**leave_form(31), "days": 1}}
    answer = office.province.client(OTHER).post(
        "/api/v1/approvals/cases",
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": "forged"},
    )
    assert answer.status_code == 200
    assert FormRevision.objects.get(case=answer.json()["case_id"]).form["days"] == 31
    refused = office.province.client(OTHER).post(
        "/api/v1/approvals/cases",
        json.dumps({**body, "form": leave_form(ends_on="2026-11-01")}),
        content_type="application/json",
        headers={"Idempotency-Key": "backwards"},
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "APPROVAL_FORM_INVALID")
    assert Case.objects.count() == 1
