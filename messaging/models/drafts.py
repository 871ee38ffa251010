"""What people began to write, so that it follows them to their other devices."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from messaging.models.conversations import Conversation


class UnsentText(models.Model):
    """What one person began to say in one conversation; absent while she began nothing."""

    pk = models.CompositePrimaryKey("person_id", "conversation_id")
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    reply_to_seq = models.BigIntegerField(null=True)
    mentions = ArrayField(models.BigIntegerField(), default=list)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} in {self.conversation_id}"
