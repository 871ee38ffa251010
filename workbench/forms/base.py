"""What every form of the workbench does: it shows its faults and refusals beside its fields."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms

from core import errors, names

Choices = list[tuple[str, str]]


def seen_whole(text: object) -> None:
    """A ValidationError for characters that no reader sees: a line holds names, titles, codes."""
    if isinstance(text, str) and names.has_unseen(text):
        raise forms.ValidationError(names.REFUSAL, code="unseen_characters")


class PageForm(forms.Form):
    """A form that is drawn with the workbench's fields and shows refusals beside them."""

    refused_at: Mapping[str, str] = {}
    """Error code → the field it speaks of; any other refusal stands above the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect):
                field.widget.attrs.setdefault("class", "input")
            if isinstance(field.widget, forms.TextInput):
                field.validators.append(seen_whole)
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = f"请填写{field.label}"

    def carry_out(self, act: Callable[[dict[str, Any]], object]) -> bool:
        """Whether the input is right and the act went through; else the form says why not.

        Refusals of rights are not caught: they are no matter of what was typed.
        """
        if self.is_valid():
            try:
                act(dict(self.cleaned_data))
            except (errors.Invalid, errors.Conflict) as refusal:
                self.add_error(self.refused_at.get(refusal.code), refusal.text)
        self._mark_wrong_fields()
        return not self.errors

    def _mark_wrong_fields(self) -> None:
        for name in self.errors:
            if name in self.fields:
                described = {"aria-invalid": "true", "aria-describedby": f"id_{name}-error"}
                self.fields[name].widget.attrs.update(described)


def offer(form: PageForm, name: str, choices: Choices) -> None:
    """The field offers these choices and no others."""
    field = cast(forms.ChoiceField, form.fields[name])
    field.choices = choices
