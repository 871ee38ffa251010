"""Evidence of a DING says who was listed for it; the messages keep what 0012 demands of them."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """Reads every message in a transaction of its own, while others read and send."""

    dependencies = [
        ("messaging", "0012_withdrawn"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dingevidence",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("listed", "已列入"),
                    ("delivered", "已送达"),
                    ("skipped", "已跳过"),
                    ("failed", "未成功"),
                    ("ended", "已结束"),
                ],
                max_length=10,
            ),
        ),
        ValidateConstraint(model_name="message", name="message_withdrawn_is_recalled"),
    ]
