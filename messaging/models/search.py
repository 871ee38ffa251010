"""What the search of messages looks at before it looks at messages."""

from django.db import models

from messaging.models.conversations import Conversation


class SearchBlock(models.Model):
    """What some successive entries of a log may contain, derived and rebuildable.

    Blocks follow each other from the first entry on without a hole; what comes after the last one
    is looked at without their help, so a block that is late hides nothing.
    """

    pk = models.CompositePrimaryKey("conversation_id", "first_seq")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    signature = models.BinaryField()
    """See messaging/signatures.py."""

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.first_seq}-{self.last_seq}"
