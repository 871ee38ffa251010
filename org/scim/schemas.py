"""What the service speaks of: the attributes of users and groups that the directory keeps.

A subset of RFC 7643: what is left out is ignored when it is sent. Passwords never travel, and a
phone number is taken but never given back.
"""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models.resources.resource import AnyExtension

MOST_RESULTS: Final = 200
MOST_OPERATIONS: Final = 500
MOST_BYTES: Final = 1_048_576
CURSOR_SECONDS: Final = 3600


class Name(ComplexAttribute):
    """The person's name, whole and in its parts."""

    formatted: str | None = None
    """The whole name."""

    family_name: str | None = None
    """The surname."""

    given_name: str | None = None
    """The given name."""


class Email(ComplexAttribute):
    """An address of electronic mail; kept as it was sent."""

    value: str | None = None
    """The address."""

    type: str | None = Field(None, examples=["work", "home", "other"])
    """What the address is for."""

    primary: bool | None = None
    """Whether it is the preferred one."""


class PhoneNumber(ComplexAttribute):
    """A telephone number."""

    value: str | None = None
    """The number."""

    type: str | None = Field(None, examples=["mobile"])
    """Only mobile numbers are kept."""

    primary: bool | None = None
    """Whether it is the preferred one."""


class GroupMembership(ComplexAttribute):
    """A group that the user belongs to."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The group's id."""

    ref: Annotated[
        Reference["Group"] | None,  # type: ignore[type-arg]  # named, not bound: see the library
        Mutability.read_only,
    ] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    """The group's URL."""

    display: Annotated[str | None, Mutability.read_only] = None
    """The group's name."""


class User(Resource[AnyExtension]):
    """A person with an account, whose main post stands in the token's subtree."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """What the person signs in with."""

    name: Name | None = None
    """The name in its parts; the directory itself keeps it whole."""

    display_name: str | None = None
    """The name as colleagues read it."""

    nick_name: str | None = None
    """What colleagues call the person; kept as it was sent."""

    title: str | None = None
    """The title of the main post."""

    active: bool | None = None
    """Whether the person can sign in."""

    emails: list[Email] | None = None
    """Addresses of electronic mail."""

    phone_numbers: Annotated[list[PhoneNumber] | None, Mutability.write_only, Returned.never] = None
    """The mobile number: taken, encrypted, and never given back."""

    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    """The units in which the person holds a post."""


class EnterpriseUser(Extension):
    """What employers know of people."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: str | None = None
    """The person's number in the staff register."""

    organization: str | None = None
    """The organ of the main post, by name or code."""

    department: str | None = None
    """The unit of the main post, by name or code."""


class GroupMember(ComplexAttribute):
    """Somebody with a post in the unit."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The user's id."""

    ref: Annotated[
        Reference["User"] | None,  # type: ignore[type-arg]  # named, not bound: see the library
        Mutability.immutable,
    ] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    """The user's URL."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """Always a user: units below are groups of their own."""

    display: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """The person's name."""


class Group(Resource[AnyExtension]):
    """A unit below the token's root."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    """The unit's name."""

    members: list[GroupMember] | None = None
    """Who holds a post in the unit itself, of those whom the token sees."""


class UnitParent(ComplexAttribute):
    """The unit above."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """Its id; the token's root itself cannot be read."""

    display: Annotated[str | None, Mutability.read_only] = None
    """Its name."""


class Unit(Extension):
    """What is told of a unit beyond its name; where it stands is told where it is asked for."""

    __schema__ = URN("urn:tongwen:params:scim:schemas:extension:2.0:Unit")

    short_name: str | None = None
    """What the unit is called in short, where that is not its name."""

    code: Annotated[str | None, Mutability.read_only, Returned.request, CaseExact.true] = None
    """The unit's code: of a region, the statistics code; of an organ, the social credit code."""

    kind: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """What the unit is: region, organ, department …"""

    parent: Annotated[UnitParent | None, Mutability.read_only, Returned.request] = None
    """The unit above it."""


class Kind(StrEnum):
    """The names of the resource types."""

    USER = "User"
    GROUP = "Group"


UserResource = User[EnterpriseUser]
GroupResource = Group[Unit]


def provider() -> ScimProvider:
    """The description of the service that its discovery endpoints publish."""
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=MOST_BYTES),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        pagination=Pagination(
            cursor=True,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=MOST_RESULTS,
            max_page_size=MOST_RESULTS,
            cursor_timeout=CURSOR_SECONDS,
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token for one subtree, made in 系统管理 › 目录同步",
                primary=True,
            )
        ],
    )
    types: list[type[Resource[Any]]] = [UserResource, GroupResource]
    return ScimProvider(
        models=[User, EnterpriseUser, Group, Unit],
        resource_types=[ResourceType.from_resource(model) for model in types],
        config=config,
        policy=ScimPolicy(unknown=ScimPolicy.Unknown.ignore),
    )
