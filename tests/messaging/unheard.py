"""A process that commits and dies before it has published: nobody is woken by what it did."""

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping

from tests import databases

_DEED = """
import json, sys, uuid
from django.utils import timezone
from core.actor import Actor, ActorKind
from messaging.kinds import DingAudience
from messaging.services import dings, notices
sender, reader, room, seq, key = json.loads(sys.stdin.read())
now = timezone.now()
actor = Actor(kind=ActorKind.PERSON, name="", account_id=None, person_id=sender,
              appointment_id=None, unit_id=None)
call = dings.Call(DingAudience.PEOPLE, (reader,))
opened = dings.open_for(actor=actor, conversation_id=room, seq=seq, client_ding_id=uuid.uuid4(),
                        call=call, now=now)
sent = notices.send(actor=actor, source="test", source_name="测试应用", key=key,
                    person_ids=[reader], title="值班安排已更新", body="", link="", now=now)
print(json.dumps([opened.ding_id, sent.id]))
"""


def commit(
    environment: Mapping[str, str], sender_id: int, reader_id: int, room: int, *, seq: int
) -> tuple[int, int]:
    """The ids of a DING to the message and of a notice, of which the reader is told nothing."""
    content = json.dumps([sender_id, reader_id, room, seq, uuid.uuid4().hex])
    # Nobody listens at this address, and what cannot be published stays unsaid.
    deaf = {**environment, "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", _DEED],
        cwd=databases.ROOT, env=deaf, input=content, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    ding_id, notice_id = json.loads(done.stdout.strip().splitlines()[-1])
    return ding_id, notice_id
