"""Who a client is and what it may do: roles, the scopes of tokens, rights, and the visitor that has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is: a viewer looks, an operator refreshes too."""

    VIEWER = "viewer"
    OPERATOR = "operator"


class Scope(StrEnum):
    """What a token is for; ``refresh`` includes ``read``."""

    READ = "read"
    METRICS = "metrics"
    REFRESH = "refresh"


class Right(StrEnum):
    """One thing that a client may do; ``contacts``: see who was written to, and what was written."""

    LOOK = "look"
    REFRESH = "refresh"
    METRICS = "metrics"
    CONTACTS = "contacts"


_RIGHTS_OF_ROLES: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Right.LOOK}),
        Role.OPERATOR: frozenset({Right.LOOK, Right.REFRESH, Right.METRICS, Right.CONTACTS}),
    }
)
_RIGHTS_OF_SCOPES: Mapping[Scope, frozenset[Right]] = MappingProxyType(
    {
        Scope.READ: frozenset({Right.LOOK}),
        Scope.METRICS: frozenset({Right.METRICS}),
        Scope.REFRESH: frozenset({Right.LOOK, Right.REFRESH}),
    }
)


def rights_of_role(role: Role, *, viewer_contacts: bool = False) -> frozenset[Right]:
    """Return what a person may do; ``viewer_contacts``: viewers see contacts too."""
    contacts = {Right.CONTACTS} if viewer_contacts else set()
    return _RIGHTS_OF_ROLES[role] | contacts


def rights_of_scope(scope: Scope, *, contacts: bool) -> frozenset[Right]:
    """Return what a token may do; ``contacts`` matters for one that may look."""
    rights = _RIGHTS_OF_SCOPES[scope]
    return rights | {Right.CONTACTS} if contacts and Right.LOOK in rights else rights


@dataclass(frozen=True)
class Visitor:
    """Who makes a request. ``name`` is for the log, and is no secret.

    ``login`` names the session, token or person by a digest, None if the app asks for no login.
    ``is_session`` says whether it is a session, which the visitor can end; ``is_identity`` whether a proxy
    names the person.
    """

    name: str
    rights: frozenset[Right]
    login: str | None = None
    is_session: bool = False
    is_identity: bool = False

    def may(self, right: str) -> bool:
        """Return whether the visitor has a right."""
        return right in self.rights


EVERYBODY = Visitor("everybody", rights_of_role(Role.OPERATOR))
"""Everybody who reaches a dashboard that asks for no login."""
