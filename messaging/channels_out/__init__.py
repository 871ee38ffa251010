"""The ways out of the platform by which a DING reaches people (docs/flows/ding.md).

An installation brings its own push, SMS and voice gateways: a class with `deliver`, named by dotted
path in DING_CHANNELS. It runs outside of any transaction and may take its time.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from messaging.kinds import DingStep, StepOutcome

NOT_CONFIGURED: Final = "通道未配置，已跳过"
FAULTY: Final = "通道程序出错，未能送达"

log = structlog.get_logger(__name__)


class Undelivered(Exception):
    """The channel could not deliver; its text is evidence, and people read it."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to reach. The number is known to the channels that need one, and empty elsewhere."""

    person_id: int
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What to say. It tells who calls, never what the message says."""

    title: str
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What became of a delivery: in words, and under the channel's own number."""

    outcome: StepOutcome
    said: str
    reference: str = ""


class Channel(Protocol):
    """One way to a person.

    The same key is delivered once, however often it is asked for: a worker may have died after
    delivering and before keeping the evidence. Raises Undelivered, or OSError from the network;
    whatever else it raises is a fault that is logged. Nothing is tried again: the next rung comes.
    """

    def deliver(self, *, key: str, recipient: Recipient, content: Content) -> Evidence:
        """The person has been reached this way, or it is certain that he has not."""


def of(step: DingStep) -> Channel | None:
    """The channel of the rung; None where the installation has none."""
    path = settings.DING_CHANNELS.get(step.value, "")
    if not path:
        return None
    channel: Channel = import_string(path)()
    return channel


def attempt(channel: Channel, *, key: str, recipient: Recipient, content: Content) -> Evidence:
    """What became of it; a refusal of the channel is evidence, too."""
    try:
        return channel.deliver(key=key, recipient=recipient, content=content)
    except (Undelivered, OSError) as error:
        log.warning("a channel did not deliver", key=key, error=str(error))
        return Evidence(StepOutcome.FAILED, f"通道未能送达：{error}")
    except Exception:
        # Somebody else's code: a fault in it for one person must not keep the others from being
        # called. It stands in the log, and as evidence.
        log.exception("a channel has a fault", key=key)
        return Evidence(StepOutcome.FAILED, FAULTY)
