"""Who may do what: actors, roles, the scopes a role grants, members and API keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from holdfast.domain.errors import AccessDenied
from holdfast.domain.ids import AccountId, KeyId, MemberId


class Role(StrEnum):
    """What a member or a secret key may do."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"
    VIEWER = "viewer"


class Origin(StrEnum):
    """On whose side an actor stands."""

    CUSTOMER = "customer"
    BUSINESS = "business"
    SYSTEM = "system"


class ActorKind(StrEnum):
    """What sort of actor performs a use case."""

    MEMBER = "member"
    SECRET_KEY = "secret_key"
    PUBLISHABLE_KEY = "publishable_key"
    CUSTOMER_LINK = "customer_link"
    SYSTEM = "system"

    @property
    def origin(self) -> Origin:
        """On whose side such an actor stands."""
        match self:
            case ActorKind.SYSTEM:
                return Origin.SYSTEM
            case ActorKind.PUBLISHABLE_KEY | ActorKind.CUSTOMER_LINK:
                return Origin.CUSTOMER
            case _:
                return Origin.BUSINESS


class Scope(StrEnum):
    """One thing that an actor may be allowed to do."""

    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_WRITE = "catalogue.write"
    AVAILABILITY_READ = "availability.read"
    HOLDS_OWN = "holds.own"
    HOLDS_ANY = "holds.any"
    BOOKINGS_OWN = "bookings.own"
    BOOKINGS_READ = "bookings.read"
    BOOKINGS_WRITE = "bookings.write"
    CUSTOMERS_READ = "customers.read"
    CUSTOMERS_WRITE = "customers.write"
    AUDIT_READ = "audit.read"
    ACCESS_WRITE = "access.write"


_PUBLIC = frozenset(
    {Scope.CATALOGUE_READ, Scope.AVAILABILITY_READ, Scope.HOLDS_OWN, Scope.BOOKINGS_OWN}
)
_VIEWER = _PUBLIC - {Scope.HOLDS_OWN, Scope.BOOKINGS_OWN} | {
    Scope.BOOKINGS_READ,
    Scope.CUSTOMERS_READ,
}
_STAFF = (
    _VIEWER
    | _PUBLIC
    | {Scope.HOLDS_ANY, Scope.BOOKINGS_WRITE, Scope.CUSTOMERS_WRITE, Scope.AUDIT_READ}
)
_MANAGER = _STAFF | {Scope.CATALOGUE_WRITE}
_OWNER = _MANAGER | {Scope.ACCESS_WRITE}

SCOPES_BY_ROLE: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {Role.OWNER: _OWNER, Role.MANAGER: _MANAGER, Role.STAFF: _STAFF, Role.VIEWER: _VIEWER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who performs a use case. `actor_id` is a member's or a key's id.

    A customer link's is the id of the booking that it is for, or that of a visitor of the pages.
    """

    kind: ActorKind
    actor_id: str
    role: Role | None = None

    @property
    def scopes(self) -> frozenset[Scope]:
        """What this actor may do."""
        match self.kind:
            case ActorKind.SYSTEM:
                return _OWNER
            case ActorKind.PUBLISHABLE_KEY | ActorKind.CUSTOMER_LINK:
                return _PUBLIC
            case _:
                return SCOPES_BY_ROLE[self.role] if self.role else frozenset()

    @property
    def is_public(self) -> bool:
        """Whether the actor stands for customers, who see and change only what is theirs."""
        return self.kind.origin is Origin.CUSTOMER

    def require(self, *scopes: Scope) -> None:
        """Refuse unless one of the scopes is granted.

        Raises:
            AccessDenied: None of them is.
        """
        if not self.scopes.intersection(scopes):
            asked = " or ".join(scope.value for scope in scopes)
            message = f"Your key or role does not grant {asked}. Ask an owner of the business."
            raise AccessDenied(message, scopes=[scope.value for scope in scopes])


SYSTEM = Actor(kind=ActorKind.SYSTEM, actor_id="system")


class AccessStatus(StrEnum):
    """Whether a member or key still counts."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who may act for a business.

    Attributes:
        account_id: With which account they sign in; None until they have accepted an invitation.
        invite_digest: What is kept of the secret in the link of their invitation.
        invited_until: Until when that link works.
    """

    member_id: MemberId
    email: str
    email_key: str
    name: str
    role: Role
    status: AccessStatus
    created_at: datetime
    version: int
    account_id: AccountId | None = None
    invite_digest: str | None = None
    invited_until: datetime | None = None

    @property
    def can_sign_in(self) -> bool:
        """Whether they have accepted, and their access has not been taken away."""
        return self.account_id is not None and self.status is AccessStatus.ACTIVE

    @property
    def actor(self) -> Actor:
        """The actor that they are."""
        return Actor(kind=ActorKind.MEMBER, actor_id=self.member_id, role=self.role)


INVITATION_LASTS = timedelta(days=7)
"""How long the link of an invitation works."""


class KeyKind(StrEnum):
    """Whether a key must stay on a server or may be shown in a page."""

    SECRET = "secret"
    PUBLISHABLE = "publishable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of the API. Only the SHA-256 digest of its secret is kept."""

    key_id: KeyId
    name: str
    kind: KeyKind
    role: Role | None
    digest: str
    hint: str
    status: AccessStatus
    created_at: datetime
    revoked_at: datetime | None
    version: int

    @property
    def actor(self) -> Actor:
        """The actor that a request with this key is."""
        if self.kind is KeyKind.PUBLISHABLE:
            return Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id=self.key_id)
        return Actor(kind=ActorKind.SECRET_KEY, actor_id=self.key_id, role=self.role)
