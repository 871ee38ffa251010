import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='DivisionLoad',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('people', models.IntegerField()),
                ('seed', models.IntegerField()),
                ('units', models.IntegerField()),
                ('loaded_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(unique=True)),
                ('name', models.CharField(max_length=60)),
                ('pinyin', models.CharField(max_length=200)),
                ('initials', models.CharField(max_length=30)),
                ('phone_cipher', models.BinaryField(null=True)),
                ('phone_index', models.BinaryField(null=True)),
                ('job_level', models.CharField(blank=True, max_length=40)),
                ('status', models.CharField(choices=[('active', '在职'), ('left', '离职')], default='active', max_length=8)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['phone_index'], name='org_person_phone')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['active', 'left'])), name='org_person_status')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=60, unique=True)),
                ('is_active', models.BooleanField(default=True)),
                ('auth_version', models.PositiveIntegerField(default=1)),
                ('opened_at', models.DateTimeField()),
                ('person', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lft', models.BigIntegerField(editable=False)),
                ('rght', models.BigIntegerField(editable=False)),
                ('tree_id', models.IntegerField(editable=False)),
                ('depth', models.SmallIntegerField(editable=False)),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('short_name', models.CharField(blank=True, max_length=60)),
                ('kind', models.CharField(choices=[('region', '行政区划'), ('organ', '单位'), ('field_office', '派出机构'), ('department', '内设机构'), ('group', '村民小组'), ('virtual', '虚拟组织'), ('temporary', '专班'), ('line_folder', '条线目录')], max_length=16)),
                ('level', models.SmallIntegerField()),
                ('sort', models.IntegerField(default=0)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('origin', models.CharField(choices=[('statistics', '统计用区划'), ('synthetic', '合成数据'), ('entered', '人工录入')], default='entered', max_length=12)),
                ('name_grams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), editable=False, null=True, size=None)),
                ('parent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='org.unit')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=80)),
                ('function', models.CharField(choices=[('head', '主要负责人'), ('deputy', '分管领导'), ('clerk', '收发员'), ('staff', '工作人员')], max_length=8)),
                ('rank', models.SmallIntegerField(default=90)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('main', '主任职'), ('concurrent', '兼职'), ('secondment', '借调'), ('temporary_posting', '挂职')], max_length=18)),
                ('order', models.IntegerField(default=0)),
                ('office_phone', models.CharField(blank=True, max_length=40)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.post')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit')),
            ],
        ),
        migrations.CreateModel(
            name='AdminGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('org', '组织管理员'), ('people', '人员管理员'), ('apps', '应用管理员'), ('system', '系统管理员'), ('security', '安全管理员'), ('audit', '审计管理员')], max_length=10)),
                ('subtree', models.BooleanField(default=True)),
                ('may_delegate', models.BooleanField(default=False)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('root', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit')),
            ],
        ),
        migrations.CreateModel(
            name='AppointmentSearch',
            fields=[
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='org.appointment')),
                ('city_id', models.BigIntegerField(null=True)),
                ('county_id', models.BigIntegerField(null=True)),
                ('township_id', models.BigIntegerField(null=True)),
                ('name', models.CharField(max_length=60)),
                ('pinyin', models.CharField(max_length=200)),
                ('initials', models.CharField(max_length=30)),
                ('grams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), size=None)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['grams'], name='org_search_grams'), models.Index(django.contrib.postgres.indexes.OpClass('pinyin', name='varchar_pattern_ops'), name='org_search_pinyin'), models.Index(django.contrib.postgres.indexes.OpClass('initials', name='varchar_pattern_ops'), name='org_search_initials'), models.Index(fields=['county_id'], name='org_search_county')],
            },
        ),
        migrations.AddIndex(
            model_name='unit',
            index=models.Index(fields=['tree_id', 'lft'], name='org_unit_tree_lft'),
        ),
        migrations.AddIndex(
            model_name='unit',
            index=models.Index(fields=['parent', 'sort', 'id'], name='org_unit_parent_sort'),
        ),
        migrations.AddIndex(
            model_name='unit',
            index=django.contrib.postgres.indexes.GinIndex(fields=['name_grams'], name='org_unit_grams'),
        ),
        migrations.AddConstraint(
            model_name='unit',
            constraint=models.CheckConstraint(condition=models.Q(('lft__lt', models.F('rght'))), name='org_unit_range'),
        ),
        migrations.AddConstraint(
            model_name='unit',
            constraint=models.CheckConstraint(condition=models.Q(('level__range', (1, 6))), name='org_unit_level'),
        ),
        migrations.AddConstraint(
            model_name='unit',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['region', 'organ', 'field_office', 'department', 'group', 'virtual', 'temporary', 'line_folder'])), name='org_unit_kind'),
        ),
        migrations.AddConstraint(
            model_name='unit',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='org_unit_dates'),
        ),
        migrations.AddConstraint(
            model_name='post',
            constraint=models.UniqueConstraint(fields=('unit', 'title'), name='org_post_title'),
        ),
        migrations.AddConstraint(
            model_name='post',
            constraint=models.CheckConstraint(condition=models.Q(('function__in', ['head', 'deputy', 'clerk', 'staff'])), name='org_post_function'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'main'), ('valid_to__isnull', True)), fields=('person',), name='org_appointment_one_main'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), ('unit', '='), ('kind', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[)'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='org_appointment_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['main', 'concurrent', 'secondment', 'temporary_posting'])), name='org_appointment_kind'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='org_appointment_dates'),
        ),
        migrations.AddConstraint(
            model_name='admingrant',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('revoked_at__isnull', True), ('role__in', ['system', 'security', 'audit'])), expressions=[('person', '='), ('role', '<>')], name='org_grant_three_officers'),
        ),
        migrations.AddConstraint(
            model_name='admingrant',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('person', 'role', 'root'), name='org_grant_once'),
        ),
        migrations.AddConstraint(
            model_name='admingrant',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['org', 'people', 'apps', 'system', 'security', 'audit'])), name='org_grant_role'),
        ),
    ]
