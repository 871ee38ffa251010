"""What may be done so many times a day."""

from django.db import models


class DailyQuota(models.Model):
    """How often somebody did something on one day, counted where it is limited."""

    pk = models.CompositePrimaryKey("day", "subject")
    day = models.DateField()
    subject = models.CharField(max_length=80)
    """What is counted, for whom: `ding.person:5`, `notices.app:17`."""
    spent = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.subject} on {self.day}: {self.spent}"
