"""How many people serve at or below each unit: counters, and changes not yet added to them."""

from django.db import models


class Headcount(models.Model):
    """The people whose main post is in the unit or anywhere below it, but for open changes.

    Derived from appointments and `parent_id`; a unit without a row has nobody. It refers to the
    unit by plain id, so that adding to it locks no unit.
    """

    unit_id = models.BigIntegerField(primary_key=True)
    people = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.people}"


class HeadcountChange(models.Model):
    """From `effective_at` on, so many more or fewer people serve in the unit itself.

    Rows are only ever added by those who appoint and end: nobody waits for the province's counter.
    Folding adds those that are due to the counters of all units above and deletes them.
    """

    unit_id = models.BigIntegerField()
    change = models.IntegerField()
    effective_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["effective_at"], name="org_headcount_due")]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.change:+d} at {self.effective_at:%Y-%m-%d}"
