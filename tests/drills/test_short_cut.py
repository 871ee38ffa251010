"""The short cut of the drills: one fault after another, and every promise looked up."""

from pathlib import Path

import pytest

from drills import __main__ as drills
from drills import faults

pytestmark = pytest.mark.live


def test_nothing_is_lost_doubled_or_left_unseen_by_any_fault(tmp_path: Path) -> None:
    [outcome] = drills.perform([faults.SHORT_CUT], folder=tmp_path / "site", seconds=4, quick=True)
    assert outcome.lost == []
    assert outcome.doubled == []
    assert outcome.unseen == 0
    assert outcome.faults > 50
    assert outcome.acknowledged > 50
