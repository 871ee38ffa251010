"""What the tables themselves refuse: changed versions, changed text, numbers taken away."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION documents_version_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of documents are never changed or deleted';
END $$;
CREATE TRIGGER documents_version_immutable BEFORE UPDATE OR DELETE ON documents_version
    FOR EACH ROW EXECUTE FUNCTION documents_version_is_final();

CREATE FUNCTION documents_text_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('draft', 'returned') AND
       (NEW.title, NEW.body, NEW.note, NEW.classification, NEW.urgency, NEW.document_type,
        NEW.digest, NEW.revision, NEW.issuing_unit_id, NEW.drafter_id) IS DISTINCT FROM
       (OLD.title, OLD.body, OLD.note, OLD.classification, OLD.urgency, OLD.document_type,
        OLD.digest, OLD.revision, OLD.issuing_unit_id, OLD.drafter_id) THEN
        RAISE EXCEPTION 'the text of document % is with its reviewers or signed', OLD.id;
    END IF;
    IF OLD.state IN ('signed', 'numbered', 'issued') AND
       (NEW.signatory_id, NEW.signed_at, NEW.case_id) IS DISTINCT FROM
       (OLD.signatory_id, OLD.signed_at, OLD.case_id) THEN
        RAISE EXCEPTION 'the signature of document % is final', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER documents_document_frozen BEFORE UPDATE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_text_is_frozen();

CREATE FUNCTION documents_number_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'numbers stay in the register';
    END IF;
    IF (NEW.issuing_unit_id, NEW.series, NEW.year, NEW.serial) IS DISTINCT FROM
       (OLD.issuing_unit_id, OLD.series, OLD.year, OLD.serial) OR OLD.state = 'void' THEN
        RAISE EXCEPTION 'a registered number is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER documents_number_kept BEFORE UPDATE OR DELETE ON documents_documentnumber
    FOR EACH ROW EXECUTE FUNCTION documents_number_is_kept();
"""

UNDO = """
DROP TRIGGER documents_number_kept ON documents_documentnumber;
DROP FUNCTION documents_number_is_kept();
DROP TRIGGER documents_document_frozen ON documents_document;
DROP FUNCTION documents_text_is_frozen();
DROP TRIGGER documents_version_immutable ON documents_version;
DROP FUNCTION documents_version_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
