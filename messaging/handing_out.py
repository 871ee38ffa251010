"""Files on their way to whoever may have them, outside of any transaction.

A large one is never whole in memory: it is read twice, first to compare its digest, then piece by
piece as fast as its reader takes it.
"""

import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import Final

from django.http import HttpResponse, StreamingHttpResponse

from core import db, storage
from core.http import Pieces
from messaging import errors, intake
from messaging.queries.files import Stored

IN_ONE_PIECE: Final = 1024 * 1024
"""Up to this size a file is read once and answered whole."""
AT_ONCE: Final = 6
"""Large files that one person takes from one process at a time."""
RETRY_AFTER: Final = 5

_guard: Final = threading.Lock()
_under_way: Final[Counter[int]] = Counter()


class Coming(Iterator[bytes]):
    """The pieces of a large file, for one of the few that the person takes at a time.

    It counts until it is closed, or dropped with a response that nobody asks for any more.
    """

    def __init__(self, stored: Stored, *, person_id: int) -> None:
        _begin(person_id)
        self.close = weakref.finalize(self, _end, person_id)
        self._pieces = storage.pieces(stored.key, size=stored.size, sha256=stored.sha256)

    def __next__(self) -> bytes:
        """The following piece."""
        db.let_go()
        return next(self._pieces)


def response(stored: Stored, *, person_id: int) -> HttpResponse | StreamingHttpResponse:
    """The file's bytes, compared with their digest; FileDownloadsAtOnce."""
    if stored.size <= IN_ONE_PIECE:
        return HttpResponse(intake.fetch(stored), content_type=stored.mime)
    coming = Coming(stored, person_id=person_id)
    db.let_go()
    if storage.digest(stored.key) != stored.sha256:
        coming.close()
        raise storage.ObjectAltered(key=stored.key)
    paced = Pieces(coming, content_type=stored.mime)
    paced["Content-Length"] = str(stored.size)
    return paced


def _begin(person_id: int) -> None:
    with _guard:
        if _under_way[person_id] >= AT_ONCE:
            raise errors.FileDownloadsAtOnce(retry_after=RETRY_AFTER)
        _under_way[person_id] += 1


def _end(person_id: int) -> None:
    with _guard:
        _under_way[person_id] -= 1
        if not _under_way[person_id]:
            del _under_way[person_id]
