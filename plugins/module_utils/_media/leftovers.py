# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discards what a build made for its installer: seed media and servers."""

from __future__ import annotations

import os
import typing as t

from .._lifecycle.errors import BuilderError
from .._lifecycle.found_processes import end, find_by_argument
from .._lifecycle.journal import Resource

SEED_MEDIUM = "seed medium"
HTTP_SERVER = "http server"


class _Leftovers:
    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """Remove a medium, end a server."""
        if resource.kind == HTTP_SERVER:
            mark = resource.details["mark"]
            found = find_by_argument(mark)
            end(found, mark)
            return bool(found)
        try:
            os.unlink(resource.details["path"])
        except FileNotFoundError:
            return False
        except OSError as error:
            raise BuilderError(f"{resource} cannot be removed: {error.strerror}", resource=str(resource)) from error
        return True

    def login_hint(self, resource: Resource) -> str | None:
        """There is nothing to log in to."""
        return None


BUILDER = _Leftovers()


def seed_medium(path: str) -> Resource:
    """A medium in the journal."""
    return Resource(__name__, SEED_MEDIUM, path, {"path": path})


def http_server(mark: str) -> Resource:
    """A server in the journal.

    :param mark: a word of its command line that no other process has.
    """
    return Resource(__name__, HTTP_SERVER, mark, {"mark": mark})
