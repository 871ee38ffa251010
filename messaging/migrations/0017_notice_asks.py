from django.db import migrations, models

# The version before these columns names neither: what it leaves out is filled in together.
FILL_IN = """
CREATE OR REPLACE FUNCTION messaging_notice_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT n.source, n.asks INTO NEW.source, NEW.asks
      FROM messaging_worknotice n WHERE n.id = NEW.notice_id;
    RETURN NEW;
END
$$;
UPDATE messaging_noticetarget t SET asks = true
  FROM messaging_worknotice n WHERE n.id = t.notice_id AND n.asks;
"""
LEAVE_OUT = """
CREATE OR REPLACE FUNCTION messaging_notice_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.source := (SELECT n.source FROM messaging_worknotice n WHERE n.id = NEW.notice_id);
    RETURN NEW;
END
$$;
"""


class Migration(migrations.Migration):
    """Each receiver's row knows whether it asks: a muted source's unread ones are passed by."""

    dependencies = [
        ('messaging', '0016_ding_requests'),
    ]

    operations = [
        migrations.AddField(
            model_name='noticetarget',
            name='asks',
            field=models.BooleanField(db_default=False),
        ),
        migrations.RunSQL(FILL_IN, reverse_sql=LEAVE_OUT),
        migrations.RemoveIndex(
            model_name='noticetarget',
            name='notice_unread_of_source',
        ),
        migrations.AddIndex(
            model_name='noticetarget',
            index=models.Index(condition=models.Q(('read_at__isnull', True)), fields=['person', 'source', 'notice'], include=['asks'], name='notice_unread'),
        ),
    ]
