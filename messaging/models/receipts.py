"""Who has read how far, and when."""

from django.db import models

from messaging.models.conversations import Conversation


class ReadCursor(models.Model):
    """How far a person has read a conversation; absent before the first reading.

    It never goes back. No index but the key, so that updates stay in place.
    """

    pk = models.CompositePrimaryKey("conversation_id", "person_id")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    read_seq = models.BigIntegerField()
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} read {self.conversation_id} to {self.read_seq}"


class ReadMark(models.Model):
    """One advance of a cursor: everything up to read_seq was read by then.

    The first mark at or above a message gives the time at which it was truly read.
    """

    pk = models.CompositePrimaryKey("conversation_id", "person_id", "read_seq")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    read_seq = models.BigIntegerField()
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} read {self.conversation_id} to {self.read_seq}"
