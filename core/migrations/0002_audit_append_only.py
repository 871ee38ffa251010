"""Audit rows are only ever added; the chains' heads exist from the start."""

from django.db import migrations

CHAINS = 16

REFUSE_CHANGE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed or deleted' USING ERRCODE = '42501';
END $$;

CREATE TRIGGER audit_entry_append_only
    BEFORE UPDATE OR DELETE ON core_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();

CREATE TRIGGER audit_entry_no_truncate
    BEFORE TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

UNDO = """
DROP TRIGGER audit_entry_no_truncate ON core_auditentry;
DROP TRIGGER audit_entry_append_only ON core_auditentry;
DROP FUNCTION audit_refuse_change();
"""


def open_chains(apps, schema_editor):
    head = apps.get_model("core", "AuditHead")
    head.objects.bulk_create([head(chain=n, seq=0, digest=bytes(32)) for n in range(CHAINS)])


def close_chains(apps, schema_editor):
    apps.get_model("core", "AuditHead").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunPython(open_chains, close_chains),
        migrations.RunSQL(REFUSE_CHANGE, UNDO),
    ]
