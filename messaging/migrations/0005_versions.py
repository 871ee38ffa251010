"""What was recalled becomes the last version of its message."""

from django.db import migrations

FORWARD = """
INSERT INTO messaging_messageversion
    (conversation_id, seq, version, body, "end", ended_by_id, ended_at)
SELECT conversation_id, seq, 1, body, 'recalled', recalled_by_id, recalled_at
  FROM messaging_messagehistory;
"""


class Migration(migrations.Migration):
    """One table for what messages said before, whether they were edited or recalled."""

    dependencies = [("messaging", "0004_seq_before")]

    operations = [
        migrations.RunSQL(FORWARD, reverse_sql=migrations.RunSQL.noop),
        migrations.DeleteModel(name="MessageHistory"),
    ]
