"""Messages are hash-partitioned by conversation from the start.

Django's state keeps the model as it is: only the storage differs. The columns come from
0001's table; keys are spelled out because LIKE would give them other names.
"""

from django.db import migrations

PARTITIONS = 16

FORWARD = f"""
ALTER TABLE messaging_message RENAME TO messaging_message_plain;
CREATE TABLE messaging_message (
    LIKE messaging_message_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE
) PARTITION BY HASH (conversation_id);
DROP TABLE messaging_message_plain;
ALTER TABLE messaging_message
    ADD CONSTRAINT messaging_message_pkey PRIMARY KEY (conversation_id, seq),
    ADD CONSTRAINT message_once UNIQUE (conversation_id, sender_id, client_message_id),
    ADD CONSTRAINT message_conversation_exists FOREIGN KEY (conversation_id)
        REFERENCES messaging_conversation (id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT message_sender_exists FOREIGN KEY (sender_id)
        REFERENCES org_person (id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT message_body_bounded CHECK (octet_length(body) <= 16384);
DO $$
BEGIN
    FOR part IN 0..{PARTITIONS - 1} LOOP
        EXECUTE format(
            'CREATE TABLE messaging_message_p%s PARTITION OF messaging_message '
            'FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER %s)',
            lpad(part::text, 2, '0'), part
        );
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    """The message table becomes a partitioned one while it is still empty."""

    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.RunSQL(FORWARD, reverse_sql=migrations.RunSQL.noop),
    ]
