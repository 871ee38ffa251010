"""The storage behind scim2-server: what it reads and writes for one token at one instant."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from scim2_models import (
    Meta,
    NotFoundException,
    Path,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.storage import ScimStorage, SearchPage

from core.actor import Actor
from org.queries import provisioning
from org.queries.provisioning import GroupRow, Reach, UserRow
from org.scim import filters, paging, refusals, wording
from org.scim.schemas import GroupResource, Kind, UserResource
from org.services import provisioning as services

_NUMBERS: Final = {Kind.USER: "p.id", Kind.GROUP: "u.id"}
_TABLES: Final = {Kind.USER: filters.USER_TABLE, Kind.GROUP: filters.GROUP_TABLE}
_MODELS: Final[dict[Kind, type[Resource[Any]]]] = {
    Kind.USER: UserResource,
    Kind.GROUP: GroupResource,
}


class DirectoryStorage(ScimStorage):
    """The directory below one root, read and written as one actor at one instant."""

    supports_cursors = True

    def __init__(self, *, actor: Actor, root_id: int, now: datetime) -> None:
        self.actor = actor
        self.reach = Reach(root_id, now)

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One operation is one transaction; what the directory refuses, SCIM refuses."""
        with refusals.translated(), transaction.atomic():
            yield

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """The resource; members of a group are read only where the answer holds them."""
        if Kind(str(resource_type.name)) is Kind.USER:
            return _user(self._user_row(resource_id))
        wanted = _wants_members(response_parameters)
        return _group(self._group_row(resource_id, with_members=wanted), with_members=wanted)

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """One page, by index or by cursor."""
        kinds = [Kind(str(one.name)) for one in resource_types]
        wanted = _wants_members(search_request)
        search = paging.Search(
            reach=self.reach,
            parts=[_found(kind, search_request) for kind in kinds],
            request=search_request,
            with_members=wanted,
            show=partial(_shown, with_members=wanted),
        )
        with refusals.translated():
            if search_request.cursor is None:
                return paging.by_index(search)
            return paging.by_cursor(search, position)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """The new resource as it stands now."""
        with self.operation():
            if Kind(str(resource_type.name)) is Kind.USER:
                return self._create_user(resource)
            return self._create_group(resource)

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """The resource as it stands after the change."""
        with self.operation():
            if Kind(str(resource_type.name)) is Kind.USER:
                return self._update_user(resource, expected_version)
            return self._update_group(resource, expected_version)

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """The person has left, or the unit is abolished: no row is deleted."""
        root_id, now = self.reach.root_id, self.reach.at
        with self.operation():
            if Kind(str(resource_type.name)) is Kind.USER:
                user = self._user_row(resource_id)
                _require_version(_user(user), expected_version)
                services.withdraw_user(
                    actor=self.actor, root_id=root_id, person_id=user.person_id, now=now
                )
                return
            group = self._group_row(resource_id)
            _require_version(_group(group), expected_version)
            services.withdraw_group(
                actor=self.actor, root_id=root_id, unit_id=group.unit_id, now=now
            )

    def _create_user(self, resource: Any) -> Resource[Any]:
        person_id = services.create_user(
            actor=self.actor,
            root_id=self.reach.root_id,
            spoken=wording.spoken(resource),
            phone=wording.mobile(resource),
            now=self.reach.at,
        )
        return _user(self._row_of_person(person_id))

    def _create_group(self, resource: Any) -> Resource[Any]:
        unit_id = services.create_group(
            actor=self.actor,
            root_id=self.reach.root_id,
            name=(resource.display_name or "").strip(),
            short_name=wording.short_name(resource),
            external_id=resource.external_id or "",
            person_ids=self._members_of(resource),
            now=self.reach.at,
        )
        return _group(self._group_row(str(unit_id)))

    def _update_user(self, resource: Any, expected_version: str | None) -> Resource[Any]:
        row = self._user_row(resource.id)
        _require_version(_user(row), expected_version)
        services.change_user(
            actor=self.actor,
            root_id=self.reach.root_id,
            person_id=row.person_id,
            spoken=wording.spoken(resource),
            phone=wording.mobile(resource),
            now=self.reach.at,
        )
        return _user(self._row_of_person(row.person_id))

    def _update_group(self, resource: Any, expected_version: str | None) -> Resource[Any]:
        row = self._group_row(resource.id)
        _require_version(_group(row), expected_version)
        services.change_group(
            actor=self.actor,
            root_id=self.reach.root_id,
            unit_id=row.unit_id,
            name=(resource.display_name or "").strip(),
            short_name=wording.short_name(resource),
            external_id=resource.external_id or "",
            person_ids=self._members_of(resource),
            now=self.reach.at,
        )
        return _group(self._group_row(resource.id))

    def _members_of(self, resource: Any) -> list[int]:
        """The people behind the members; UnknownMember for an id that the token does not see."""
        wanted = [member.value or "" for member in resource.members or []]
        known = provisioning.people_of(self.reach, [one for one in wanted if _is_uuid(one)])
        unknown = [one for one in wanted if one.lower() not in known]
        if unknown:
            raise refusals.unknown_member(unknown[0])
        return [known[one.lower()] for one in wanted]

    def _user_row(self, resource_id: str | None) -> UserRow:
        row = None
        if resource_id is not None and _is_uuid(resource_id):
            row = provisioning.user(self.reach, resource_id)
        if row is None:
            raise NotFoundException
        return row

    def _row_of_person(self, person_id: int) -> UserRow:
        row = provisioning.user_of_person(self.reach, person_id)
        if row is None:
            raise NotFoundException
        return row

    def _group_row(self, resource_id: str | None, *, with_members: bool = True) -> GroupRow:
        row = None
        if resource_id is not None and resource_id.isascii() and resource_id.isdecimal():
            unit_id = int(resource_id)
            if unit_id < 2**63:
                row = provisioning.group(self.reach, unit_id, with_members=with_members)
        if row is None:
            raise NotFoundException
        return row


def _found(kind: Kind, request: SearchRequest[Any]) -> paging.Found:
    table, model = _TABLES[kind], _MODELS[kind]
    binding = request.sort_binding(model) if request.sort_by is not None else None
    return paging.Found(
        kind,
        filters.where(request.filter, table, model),
        filters.order(binding, table, number=_NUMBERS[kind]),
    )


def _shown(row: UserRow | GroupRow, *, with_members: bool) -> Resource[Any]:
    if isinstance(row, UserRow):
        return _user(row)
    return _group(row, with_members=with_members)


def _user(row: UserRow) -> Resource[Any]:
    resource: Resource[Any] = UserResource.model_validate(wording.user(row))
    marked = [row.username, row.name, row.is_active, row.title, row.staff_number, row.unit_id]
    version = _version([*marked, row.external_id, row.attributes, [g.unit_id for g in row.groups]])
    resource.meta = _meta(Kind.USER, row.created_at, row.modified_at, version)
    return resource


def _group(row: GroupRow, *, with_members: bool = True) -> Resource[Any]:
    resource: Resource[Any] = GroupResource.model_validate(
        wording.group(row, with_members=with_members)
    )
    version = _version(
        [row.name, row.short_name, row.code, row.external_id, row.parent_id, row.mark]
    )
    resource.meta = _meta(Kind.GROUP, row.created_at, row.modified_at, version)
    return resource


def _meta(kind: Kind, created: datetime, modified: datetime, version: str) -> Meta:
    return Meta(resource_type=kind.value, created=created, last_modified=modified, version=version)


def _version(marked: list[Any]) -> str:
    """A weak tag that changes with whatever of the resource changes, by whomever."""
    text = json.dumps(marked, ensure_ascii=False, sort_keys=True)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def _require_version(resource: Resource[Any], expected: str | None) -> None:
    if expected is not None and (resource.meta is None or resource.meta.version != expected):
        raise PreconditionFailedException


def _wants_members(parameters: Any) -> bool:
    """Whether the answer holds members: those of large groups are not read for nothing."""
    if parameters is None:
        return True
    if parameters.attributes:
        return any(_is_of_members(path) for path in parameters.attributes)
    return not any(
        str(path).rpartition(":")[2].lower() == "members"
        for path in parameters.excluded_attributes or []
    )


def _is_of_members(path: Path[Any]) -> bool:
    return str(path).rpartition(":")[2].lower().split(".")[0] == "members"


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
