"""An administrator who imports files by the API, and what stands there before and afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from org.models import Appointment, AppointmentSearch, OrgChange, Person
from tests import factories

OFFICE: Final = "西湖区民政局/办公室"


@dataclass
class Importer:
    """Uploads, checks and confirms; every answer is the API's."""

    province: factories.Province
    client: Client
    run_jobs: Callable[[], int]

    def upload(
        self,
        content: bytes,
        *,
        name: str = "人员.xlsx",
        subject: str = "people",
        mode: str = "merge",
        unit: str = "西湖区",
    ) -> Any:
        """The answer to the upload."""
        file = SimpleUploadedFile(name, content)
        # Django would cut the name that a browser sends; the tests send it as it is.
        vars(file)["_name"] = name
        form = {
            "file": file,
            "subject": subject,
            "mode": mode,
            "unit_id": self.province.unit(unit),
        }
        return self.client.post("/api/v1/org/imports", form)

    def check(self, content: bytes, **given: str) -> dict[str, Any]:
        """The import after its check, with the columns as they were guessed."""
        answer = self.upload(content, **given)
        assert answer.status_code == 201, answer.content
        found = self.show(answer.json()["id"])
        return self.check_columns(found["id"], found["columns"])

    def check_columns(self, import_id: int, columns: dict[str, int]) -> dict[str, Any]:
        """The import after its check with these columns."""
        answer = self.send(import_id, "columns", {"columns": columns})
        assert answer.status_code == 202, answer.content
        self.run_jobs()
        return self.show(import_id)

    def carry_out(self, content: bytes, **given: str) -> dict[str, Any]:
        """The import after it was confirmed and its jobs have run."""
        found = self.check(content, **given)
        answer = self.send(found["id"], "confirm", {})
        assert answer.status_code == 200, answer.content
        self.run_jobs()
        return self.show(found["id"])

    def show(self, import_id: int) -> dict[str, Any]:
        """The import as it stands."""
        answer = self.client.get(f"/api/v1/org/imports/{import_id}")
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def send(self, import_id: int, verb: str, body: dict[str, Any]) -> Any:
        """The answer to one act upon the import."""
        path = f"/api/v1/org/imports/{import_id}/{verb}"
        return self.client.post(path, body, content_type="application/json")

    def faults(self, import_id: int, gravity: str = "") -> list[tuple[int, str, str]]:
        """Row, heading and code of each fault."""
        query = {"gravity": gravity} if gravity else {}
        answer = self.client.get(f"/api/v1/org/imports/{import_id}/faults", query)
        return [(one["row"], one["heading"], one["code"]) for one in answer.json()["items"]]

    def lines(self, import_id: int) -> list[tuple[str, str, str]]:
        """Outcome, name and place of each row that changes something."""
        answer = self.client.get(f"/api/v1/org/imports/{import_id}/lines", {"limit": 100})
        return [(one["outcome"], one["name"], one["place"]) for one in answer.json()["items"]]


def held(name: str) -> list[tuple[str, str, str]]:
    """Unit, title and kind of what people of the name hold now."""
    rows = Appointment.objects.filter(person__name=name, valid_to__isnull=True)
    return sorted(rows.values_list("unit__name", "post__title", "kind"))


def everything() -> dict[str, int]:
    """How many rows there are of what imports write."""
    models: tuple[Any, ...] = (Person, Appointment, AppointmentSearch, OrgChange)
    return {model.__name__: model.objects.count() for model in models}
