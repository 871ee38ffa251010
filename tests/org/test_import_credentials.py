"""A list of people changes nobody's way to sign in who administers anything."""

from org.kinds import AdminRole
from org.models import AdminGrant, Person
from tests.factories import FOUNDED, Province
from tests.org import files
from tests.org.importing import Importer

HEADINGS = (*files.HEADINGS, "工号")


def test_an_administrators_staff_number_is_no_lists_to_change(
    importer: Importer, province: Province
) -> None:
    AdminGrant.objects.create(
        person_id=province.person("曾国强"),
        role=AdminRole.HELPDESK,
        root_id=province.unit("西湖区民政局"),
        valid_from=FOUNDED,
    )
    content = files.people(
        ("曾国强", "", "西湖区民政局/一科", "科长", "X-1"),
        ("单小芳", "", "西湖区民政局/一科", "科员", "X-2"),
        headings=HEADINGS,
    )
    done = importer.check(content)
    assert importer.faults(done["id"]) == [(2, "工号", "ADMINISTERS")]
    importer.carry_out(content)
    assert Person.objects.get(name="曾国强").staff_number == ""
    assert Person.objects.get(name="单小芳").staff_number == "X-2"
