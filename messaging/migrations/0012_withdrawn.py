"""A message that an administrator takes down says who did."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """What is stored already is checked by the next migration: nobody waits for that here."""

    dependencies = [
        ("messaging", "0011_newcomers_past"),
        ("org", "0011_covering_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="withdrawn_by_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="messageversion",
            name="end",
            field=models.CharField(
                choices=[("edited", "编辑"), ("recalled", "撤回"), ("removed", "被管理员撤下")],
                max_length=8,
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_by_id__isnull", True),
                    ("recalled_at__isnull", False),
                    _connector="OR",
                ),
                name="message_withdrawn_is_recalled",
            ),
        ),
    ]
