"""The database itself refuses a review by a developer of the app."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION miniapps_refuse_own_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM miniapps_developer d JOIN miniapps_release r ON r.app_id = d.app_id
     WHERE r.id = NEW.release_id AND d.person_id = NEW.reviewer_id
  ) THEN
    RAISE EXCEPTION 'nobody reviews an app he belongs to' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER miniapps_review_by_another BEFORE INSERT OR UPDATE ON miniapps_review
  FOR EACH ROW EXECUTE FUNCTION miniapps_refuse_own_review();
"""
BACKWARD = """
DROP TRIGGER miniapps_review_by_another ON miniapps_review;
DROP FUNCTION miniapps_refuse_own_review();
"""


class Migration(migrations.Migration):
    """Adds the trigger."""

    dependencies = [("miniapps", "0001_initial")]  # noqa: RUF012  # Django's own form

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]  # noqa: RUF012  # Django's own form
