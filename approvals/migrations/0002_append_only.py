"""What was published, submitted or said is never changed: the database refuses it."""

from django.db import migrations

REFUSE_CHANGE = """
CREATE FUNCTION approvals_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE TRIGGER approvals_version_immutable
    BEFORE UPDATE OR DELETE ON approvals_templateversion
    FOR EACH ROW EXECUTE FUNCTION approvals_refuse_change();

CREATE TRIGGER approvals_form_append_only
    BEFORE UPDATE OR DELETE ON approvals_formrevision
    FOR EACH ROW EXECUTE FUNCTION approvals_refuse_change();

CREATE TRIGGER approvals_event_append_only
    BEFORE UPDATE OR DELETE ON approvals_caseevent
    FOR EACH ROW EXECUTE FUNCTION approvals_refuse_change();
"""

UNDO = """
DROP TRIGGER approvals_event_append_only ON approvals_caseevent;
DROP TRIGGER approvals_form_append_only ON approvals_formrevision;
DROP TRIGGER approvals_version_immutable ON approvals_templateversion;
DROP FUNCTION approvals_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE_CHANGE, UNDO)]
