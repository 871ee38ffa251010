"""A bench that is to be a gate fails for a ratio of processor times that is missed."""

import argparse

import pytest

from bench import machine
from bench.machine import Target

HELD = Target("T1, × C", 1.7, 2, by_cpu=True)
MISSED = Target("T2, × the tutorial", 12, 30, True, by_cpu=True)
ABSENT = Target("T6, × one write each", None, 3, True, by_cpu=True)
SLOW = Target("T5, p99, × bun", 9.0, 2)


def _options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    machine.offer_gate(parser)
    return parser.parse_args(words)


def test_a_missed_ratio_of_cpu_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        machine.conclude([HELD, MISSED], _options("--gate"))
    assert ended.value.code == "gate: missed T2, × the tutorial"
    assert "1 of 2 targets hold" in capsys.readouterr().out


def test_without_the_gate_it_is_printed_only(capsys: pytest.CaptureFixture[str]) -> None:
    machine.conclude([MISSED], _options())
    assert "| T2, × the tutorial | 12 | ≥ 30 | missed |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("targets", "fault"),
    [
        ([HELD], ""),
        ([HELD, SLOW, ABSENT], ""),
        ([SLOW], "gate: no ratio of CPU was measured"),
        ([ABSENT], "gate: no ratio of CPU was measured"),
    ],
)
def test_what_waits_for_the_clock_or_was_not_measured_decides_nothing(
    targets: list[Target], fault: str
) -> None:
    assert machine.gate_fault(targets) == fault
