"""DING, duty rosters, daily quotas, and work notices that are confirmed or recalled."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """DING, duty rosters, daily quotas, and notices that are confirmed or recalled."""

    dependencies = [
        ("messaging", "0006_recalled_cards"),
        ("org", "0010_former_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyQuota",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day",
                        "subject",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("subject", models.CharField(max_length=80)),
                ("spent", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="noticetarget",
            name="confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="worknotice",
            name="asks",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="worknotice",
            name="recalled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="worknotice",
            name="targets",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunSQL(
            "UPDATE messaging_worknotice n SET targets ="
            " (SELECT count(*) FROM messaging_noticetarget t WHERE t.notice_id = n.id)",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="Ding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("client_ding_id", models.UUIDField()),
                (
                    "level",
                    models.CharField(
                        choices=[("app", "应用内"), ("sms", "短信"), ("phone", "电话")],
                        max_length=8,
                    ),
                ),
                ("steps", models.JSONField()),
                ("opened_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("recalled_at", models.DateTimeField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.conversation",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DingEvidence",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ding_id",
                        "person_id",
                        "step",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("app", "应用内提醒"),
                            ("push", "手机推送"),
                            ("sms", "短信"),
                            ("voice", "语音电话"),
                            ("duty", "值班人员"),
                            ("leader", "单位负责人"),
                            ("end", "结束"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("delivered", "已送达"),
                            ("skipped", "已跳过"),
                            ("failed", "未成功"),
                            ("ended", "已结束"),
                        ],
                        max_length=10,
                    ),
                ),
                ("said", models.CharField(max_length=200)),
                ("reference", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField()),
                (
                    "ding",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.ding",
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
                (
                    "to_person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DingTarget",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ding_id",
                        "person_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "待确认"),
                            ("confirmed", "已确认"),
                            ("recalled", "已撤回"),
                            ("unreachable", "无法送达"),
                            ("exhausted", "未确认"),
                        ],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ding",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.ding",
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
            ],
        ),
        migrations.CreateModel(
            name="DutyShift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.unit",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="ding",
            index=models.Index(fields=["conversation", "seq"], name="ding_of_message"),
        ),
        migrations.AddIndex(
            model_name="ding",
            index=models.Index(fields=["sender", "-id"], name="ding_of_sender"),
        ),
        migrations.AddConstraint(
            model_name="ding",
            constraint=models.UniqueConstraint(
                fields=("sender", "client_ding_id"), name="ding_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ding",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes_at__gt", models.F("opened_at"))),
                name="ding_closes_after_opening",
            ),
        ),
        migrations.AddIndex(
            model_name="dingtarget",
            index=models.Index(fields=["person", "-ding"], name="ding_target_of_person"),
        ),
        migrations.AddIndex(
            model_name="dingtarget",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["person"],
                name="ding_pending_of_person",
            ),
        ),
        migrations.AddIndex(
            model_name="dingtarget",
            index=models.Index(
                condition=models.Q(("state", "pending")), fields=["ding"], name="ding_pending"
            ),
        ),
        migrations.AddConstraint(
            model_name="dingtarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state", "pending")),
                    models.Q(
                        models.Q(("state", "pending"), _negated=True), ("ended_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="ding_target_ends_once",
            ),
        ),
        migrations.AddIndex(
            model_name="dutyshift",
            index=models.Index(fields=["unit", "ends_at"], name="duty_shift_of_unit"),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("begins_at"))),
                name="duty_shift_has_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.UniqueConstraint(
                fields=("unit", "person", "begins_at"), name="duty_shift_once"
            ),
        ),
    ]
