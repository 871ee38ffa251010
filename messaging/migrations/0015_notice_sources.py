import django.db.models.deletion
from django.db import migrations, models

# The version before these columns goes on adding receivers, and names neither.
FILL_IN = """
CREATE FUNCTION messaging_notice_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT n.source, n.asks INTO NEW.source, NEW.asks
      FROM messaging_worknotice n WHERE n.id = NEW.notice_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER messaging_notice_source BEFORE INSERT ON messaging_noticetarget
    FOR EACH ROW WHEN (NEW.source = '') EXECUTE FUNCTION messaging_notice_source();
"""
LEAVE_OUT = """
DROP TRIGGER messaging_notice_source ON messaging_noticetarget;
DROP FUNCTION messaging_notice_source();
"""


class Migration(migrations.Migration):
    """Each new receiver's row knows its notice's source, and whether that asks to be confirmed."""

    dependencies = [
        ("messaging", "0014_said_at"),
        ("org", "0011_covering_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeMute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "person_id",
                        "source",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                ("muted_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="noticetarget",
            name="source",
            field=models.CharField(db_default="", max_length=60),
        ),
        migrations.AddField(
            model_name="noticetarget",
            name="asks",
            field=models.BooleanField(db_default=False),
        ),
        migrations.RunSQL(FILL_IN, reverse_sql=LEAVE_OUT),
    ]
