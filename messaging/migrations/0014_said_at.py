"""What was said lately is found by its moment, in whatever conversation it was.

A partitioned table cannot be indexed CONCURRENTLY: each partition is, and then belongs to the index
of the whole, which counts when the last one does.
"""

from django.db import migrations, models

PARTITIONS = [f"messaging_message_p{number:02}" for number in range(16)]
FORWARD = [
    # What an attempt that was cut off has left.
    "DROP INDEX IF EXISTS message_said_at",
    "CREATE INDEX message_said_at ON ONLY messaging_message (created_at)",
]
for part in PARTITIONS:
    index = f"{part}_created_at_idx"
    FORWARD += [
        f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
        f"CREATE INDEX CONCURRENTLY {index} ON {part} (created_at)",
        f"ALTER INDEX message_said_at ATTACH PARTITION {index}",
    ]


class Migration(migrations.Migration):
    """Others read and send meanwhile; an attempt that was cut off is made again from the start."""

    atomic = False

    dependencies = [
        ("messaging", "0013_ding_listed"),
        ("org", "0011_covering_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(FORWARD, reverse_sql="DROP INDEX message_said_at"),
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name="message",
                    index=models.Index(fields=["created_at"], name="message_said_at"),
                ),
            ],
        ),
    ]
