"""The step of a message that carries a file."""

from datetime import datetime

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce

from messaging import errors
from messaging.models import File


def note_sent(file_id: int, *, now: datetime) -> None:
    """The file is kept for good; FileNotFound where it was forgotten in this very moment."""
    first = Coalesce("sent_at", Value(now), output_field=DateTimeField())
    if not File.objects.filter(pk=file_id).update(sent_at=first):
        raise errors.FileNotFound
