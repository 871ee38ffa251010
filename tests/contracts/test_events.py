"""Every event is heard by somebody, and what hears it can be found again."""

import importlib
import re

from django.utils.module_loading import import_string

from config import wiring
from core import events
from tests.contracts import source


def _event_classes() -> set[type[events.Event]]:
    """What stands in the apps' events modules; a slotted dataclass leaves a ghost besides."""
    return {
        member
        for module in source.modules(*source.APPS)
        if module.layer == "events"
        for member in vars(importlib.import_module(module.name)).values()
        if isinstance(member, type)
        and issubclass(member, events.Event)
        and member is not events.Event
    }


def test_every_event_is_wired_to_a_handler() -> None:
    classes = _event_classes()
    assert len(classes) >= 3
    assert [cls.__name__ for cls in classes if not wiring.SUBSCRIPTIONS.get(cls)] == []


def test_event_names_are_unique_and_in_the_past_of_their_app() -> None:
    names = [cls.name for cls in _event_classes()]
    assert len(names) == len(set(names))
    wrong = [
        cls.name
        for cls in _event_classes()
        if not re.fullmatch(cls.__module__.split(".")[0] + r"\.[a-z]+(_[a-z]+)*", cls.name)
    ]
    assert wrong == []


def test_every_handler_is_found_by_its_stored_name() -> None:
    for handlers in wiring.SUBSCRIPTIONS.values():
        for handler in handlers:
            assert import_string(events.handler_name(handler)) is handler
            assert handler.__module__.split(".")[1] == "handlers"
