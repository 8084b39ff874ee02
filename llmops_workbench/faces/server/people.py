"""Who a request comes from, as the Jupyter server knows it; a request's text never says it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.auth.identity import IdentityProvider, User

# These know a token or a password, but not a person: the name that they give is made up, and
# whoever is let in may change it.
_NAMELESS = frozenset(
    {
        "jupyter_server.auth.identity.IdentityProvider",
        "jupyter_server.auth.identity.PasswordIdentityProvider",
        "jupyter_server.auth.identity.LegacyIdentityProvider",
    }
)
_MADE_UP = re.compile(r"[0-9a-f]{32}\Z")


def person_of(provider: IdentityProvider, user: User | None) -> str | None:
    """Name the person of a request.

    Args:
        provider: What the server knows people by.
        user: Whom it has found.

    Returns:
        The name at JupyterHub, or at an identity provider that somebody has configured; None when
        the server knows nobody by name: then it is whoever runs it.
    """
    kind = type(provider)
    if user is not None and f"{kind.__module__}.{kind.__qualname__}" not in _NAMELESS:
        made_up = _MADE_UP.match(user.username) and str(user.name).startswith("Anonymous ")
        if not made_up:
            return user.username
    return os.environ.get("JUPYTERHUB_USER") or None
