"""Which number a log had reached at an instant, found by halves over the entries' key."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION messaging_seq_before(conversation bigint, instant timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    low bigint := 0;
    high bigint := (SELECT last_seq + 1 FROM messaging_conversation WHERE id = conversation);
    middle bigint;
BEGIN
    WHILE high - low > 1 LOOP
        middle := (low + high) / 2;
        IF (SELECT created_at FROM messaging_message
             WHERE conversation_id = conversation AND seq = middle) < instant THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
"""


class Migration(migrations.Migration):
    """A function for messaging.membership."""

    dependencies = [("messaging", "0003_whole")]

    operations = [
        migrations.RunSQL(
            FORWARD, reverse_sql="DROP FUNCTION messaging_seq_before(bigint, timestamptz)"
        ),
    ]
