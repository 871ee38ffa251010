"""What was sent before knows its source, too, and a source's notices are found by indexes."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

PART = 20_000
FILL_IN = f"""
DO $$
DECLARE last bigint := 0; until bigint;
BEGIN
    LOOP
        SELECT max(id) INTO until
          FROM (SELECT id FROM messaging_worknotice WHERE id > last ORDER BY id LIMIT {PART}) part;
        EXIT WHEN until IS NULL;
        UPDATE messaging_noticetarget t SET source = n.source, asks = n.asks
          FROM messaging_worknotice n
         WHERE n.id = t.notice_id AND t.source = '' AND n.id > last AND n.id <= until;
        COMMIT;
        last := until;
    END LOOP;
END
$$
"""


class Migration(migrations.Migration):
    """Others send and read meanwhile; an attempt that was cut off is made again from the start."""

    atomic = False

    dependencies = [
        ("messaging", "0016_ding_requests"),
    ]

    operations = [
        migrations.RunSQL(FILL_IN, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(
            [
                "DROP INDEX CONCURRENTLY IF EXISTS notice_of_source",
                "DROP INDEX CONCURRENTLY IF EXISTS notice_unread",
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="noticetarget",
            index=models.Index(fields=["person", "source", "-notice"], name="notice_of_source"),
        ),
        AddIndexConcurrently(
            model_name="noticetarget",
            index=models.Index(
                fields=["person", "source", "notice"],
                include=["asks"],
                condition=models.Q(("read_at__isnull", True)),
                name="notice_unread",
            ),
        ),
        RemoveIndexConcurrently(model_name="noticetarget", name="notice_unread_of_person"),
    ]
