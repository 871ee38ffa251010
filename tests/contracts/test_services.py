"""Every service is one transaction and is told who acts."""

import importlib
import inspect
from collections.abc import Callable, Iterator

from core import db
from tests.contracts import source


def _public_services() -> Iterator[tuple[str, Callable[..., object]]]:
    for module in source.modules(*source.APPS):
        if module.layer != "services" or module.path.stem.startswith("_"):
            continue  # an underscore marks the steps that services of one app share
        loaded = importlib.import_module(module.name)
        for name, member in vars(loaded).items():
            is_own = getattr(member, "__module__", None) == module.name
            if inspect.isfunction(member) and is_own and not name.startswith("_"):
                yield f"{module.name}.{name}", member


def test_every_service_is_one_transaction() -> None:
    services = dict(_public_services())
    assert len(services) > 20
    assert [name for name, member in services.items() if not db.is_service(member)] == []


def test_every_service_is_told_who_acts_and_takes_keywords_only() -> None:
    wrong = []
    for name, member in _public_services():
        parameters = list(inspect.signature(member).parameters.values())
        keyword_only = all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters)
        if not keyword_only or not parameters or parameters[0].name != "actor":
            wrong.append(name)
    assert wrong == []
