"""One function tells whether a unit serves a line: a recursive query in place would be planned
with every check of a right, although few rights are kept to a line."""

from django.db import migrations

CREATE = """
CREATE FUNCTION org_in_line(unit bigint, line bigint, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN EXISTS (
    WITH RECURSIVE up AS (
      SELECT u.id, u.parent_id FROM org_unit u WHERE u.id = org_in_line.unit
      UNION ALL SELECT p.id, p.parent_id FROM org_unit p JOIN up c ON p.id = c.parent_id)
    SELECT 1 FROM up JOIN org_lineunit s ON s.unit_id = up.id AND s.line_id = org_in_line.line
     WHERE s.valid_from <= org_in_line.at
       AND (s.valid_to IS NULL OR s.valid_to > org_in_line.at));
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0002_province")]

    operations = [
        migrations.RunSQL(
            CREATE, "DROP FUNCTION IF EXISTS org_in_line(bigint, bigint, timestamptz)"
        )
    ]
