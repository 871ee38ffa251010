"""The tables of messaging as a whole."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Kinds of messages, policies of conversations, settings, and what belongs to them."""

    dependencies = [
        ("messaging", "0002_partition_messages"),
        ("org", "0003_line_membership"),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=160)),
                ("seq", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="GroupNotice",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="messaging.conversation",
                    ),
                ),
                ("body", models.CharField(max_length=2000)),
                ("published_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="HistoryReading",
            fields=[
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="org.reviewrequest",
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("reason", models.CharField(max_length=400)),
                ("asked_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="org.person",
                    ),
                ),
                ("begins", models.TimeField()),
                ("ends", models.TimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MemberSetting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "person_id",
                        "conversation_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("pinned_at", models.DateTimeField(null=True)),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("all", "全部提醒"),
                            ("mentions", "仅提醒@我的"),
                            ("none", "不提醒"),
                        ],
                        default="all",
                        max_length=8,
                    ),
                ),
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
            name="Mention",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation_id",
                        "person_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seq", models.BigIntegerField()),
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
            name="MessageRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("items", models.JSONField()),
                (
                    "file_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.conversation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MessageVersion",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation_id",
                        "seq",
                        "version",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("version", models.PositiveSmallIntegerField()),
                ("body", models.TextField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("content", models.JSONField(null=True)),
                (
                    "end",
                    models.CharField(
                        choices=[("edited", "编辑"), ("recalled", "撤回")], max_length=8
                    ),
                ),
                ("ended_at", models.DateTimeField()),
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
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="conversation",
            name="conversation_direct_has_key",
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_event_has_content",
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_recalled_is_empty",
        ),
        migrations.AddField(
            model_name="conversation",
            name="dissolved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="edit_minutes",
            field=models.PositiveSmallIntegerField(default=15),
        ),
        migrations.AddField(
            model_name="conversation",
            name="forwarding",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="inviting",
            field=models.CharField(
                choices=[("members", "所有成员"), ("admins", "仅群主和管理员")],
                default="members",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="is_virtual",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="mentioning_all",
            field=models.CharField(
                choices=[("members", "所有成员"), ("admins", "仅群主和管理员")],
                default="admins",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="mute_all",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="newcomers_see",
            field=models.CharField(
                choices=[
                    ("nothing", "不可查看入群前的消息"),
                    ("everything", "可以查看全部历史消息"),
                ],
                default="nothing",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="recall_minutes",
            field=models.PositiveSmallIntegerField(default=2),
        ),
        migrations.AddField(
            model_name="conversation",
            name="scope",
            field=models.CharField(
                blank=True,
                choices=[("inner", "本单位及内设机构"), ("subtree", "本单位及所有下级")],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.unit",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="watermark",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="member",
            name="history_from_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="member",
            name="history_to_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="member",
            name="source",
            field=models.CharField(
                choices=[("invited", "受邀加入"), ("org", "随任职加入")],
                default="invited",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="card",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="edited_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="file_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="forwarded",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="mention_all",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="message",
            name="mentions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="receipt",
            field=models.CharField(
                choices=[("none", "无需回执"), ("list", "已读回执"), ("confirm", "需要确认")],
                default="list",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="reply_to_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="kind",
            field=models.CharField(
                choices=[("direct", "单聊"), ("group", "群聊"), ("unit", "单位群")], max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="member",
            name="role",
            field=models.CharField(
                choices=[("owner", "群主"), ("admin", "管理员"), ("member", "成员")],
                default="member",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("text", "文本"),
                    ("image", "图片"),
                    ("file", "文件"),
                    ("card", "卡片"),
                    ("record", "聊天记录"),
                    ("event", "事件"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("kind", "unit")), fields=["unit"], name="conversation_of_unit"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("mention_all", True)),
                fields=["conversation", "seq"],
                name="message_to_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("dissolved_at__isnull", True), ("kind", "unit")),
                fields=("unit", "scope"),
                name="conversation_unit_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("direct_key__contains", ":"), ("kind", "direct")),
                    models.Q(("direct_key", ""), ("kind__in", ["group", "unit"])),
                    _connector="OR",
                ),
                name="conversation_direct_has_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "unit"),
                        ("scope__in", ["inner", "subtree"]),
                        ("unit__isnull", False),
                    ),
                    models.Q(
                        ("kind__in", ["direct", "group"]), ("scope", ""), ("unit__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="conversation_unit_has_unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_virtual", False), ("scope", "subtree"), _connector="OR"),
                name="conversation_virtual_is_subtree",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("event__isnull", False), ("kind", "event")),
                    models.Q(models.Q(("kind", "event"), _negated=True), ("event__isnull", True)),
                    _connector="OR",
                ),
                name="message_event_has_content",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("card__isnull", False), ("kind", "card")),
                    models.Q(models.Q(("kind", "card"), _negated=True), ("card__isnull", True)),
                    _connector="OR",
                ),
                name="message_card_has_content",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("file_id__isnull", False),
                        ("kind__in", ["image", "file"]),
                        ("recalled_at__isnull", True),
                    ),
                    models.Q(
                        ("file_id__isnull", True),
                        models.Q(
                            models.Q(("kind__in", ["image", "file"]), _negated=True),
                            ("recalled_at__isnull", False),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="message_file_has_file",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recalled_at__isnull", True),
                    models.Q(
                        ("body", ""),
                        ("file_id__isnull", True),
                        ("forwarded__isnull", True),
                        ("mentions", []),
                    ),
                    _connector="OR",
                ),
                name="message_recalled_is_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reply_to_seq__isnull", True),
                    ("reply_to_seq__lt", models.F("seq")),
                    _connector="OR",
                ),
                name="message_replies_to_earlier",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("mentions__len__lte", 500)), name="message_mentions_bounded"
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="conversation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="messaging.conversation",
            ),
        ),
        migrations.AddField(
            model_name="groupnotice",
            name="published_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.person",
            ),
        ),
        migrations.AddField(
            model_name="historyreading",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.person"
            ),
        ),
        migrations.AddField(
            model_name="historyreading",
            name="conversation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="messaging.conversation",
            ),
        ),
        migrations.AddField(
            model_name="historyreading",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="quiethours",
            constraint=models.CheckConstraint(
                condition=models.Q(("begins", models.F("ends")), _negated=True),
                name="quiet_hours_not_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.UniqueConstraint(
                fields=("source", "key", "conversation"), name="card_once_in_conversation"
            ),
        ),
        migrations.AddIndex(
            model_name="membersetting",
            index=models.Index(
                condition=models.Q(("pinned_at__isnull", False)),
                fields=["person"],
                name="setting_pinned",
            ),
        ),
    ]
