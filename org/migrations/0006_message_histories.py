"""What messages said before may be read by two people together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more kind of request."""

    dependencies = [
        ("org", "0005_credential_resets"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="reviewrequest",
            name="org_request_kind",
        ),
        migrations.AlterField(
            model_name="reviewrequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("abolish_unit", "撤销组织"),
                    ("move_unit", "移入组织"),
                    ("mass_change", "批量变更"),
                    ("export", "导出人员"),
                    ("grant", "授予管理权限"),
                    ("transfer", "调动人员"),
                    ("credentials", "重置管理员凭据"),
                    ("message_history", "查看消息历史版本"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "abolish_unit",
                            "move_unit",
                            "mass_change",
                            "export",
                            "grant",
                            "transfer",
                            "credentials",
                            "message_history",
                        ],
                    )
                ),
                name="org_request_kind",
            ),
        ),
    ]
