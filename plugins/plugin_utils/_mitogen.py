# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of this collection, carried by mitogen: one Python stays in the guest and runs every module.

A connection takes part when it has a method ``entering()``: the command line that runs what is
appended to it in the guest. All else of it is mitogen's then.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails

try:
    import ansible_mitogen.connection
    import ansible_mitogen.loaders
    import mitogen.core
except ImportError:
    ansible_mitogen = None

_OURS = "golden.images."
_TRANSPORT = "golden.images"


def is_installed() -> bool:
    """Whether there is a mitogen beside ansible-core."""
    return ansible_mitogen is not None


@functools.cache
def carried(plugin: type[t.Any]) -> type[t.Any]:
    """A connection like ``plugin``, carried by mitogen."""

    class Connection(ansible_mitogen.connection.Connection, plugin):
        """Mitogen's connection with the options of ours."""

        transport = _TRANSPORT

        @lost_guest_fails
        def _connect(self) -> None:
            try:
                super()._connect()
            except mitogen.core.Error as error:
                raise AnsibleConnectionFailure(str(error)) from error

    return Connection


def _method(spec: t.Any) -> dict[str, t.Any]:
    """Mitogen's way to start a Python of this machine, with what enters the guest in front of it."""
    command = [*spec._connection.entering(), *spec.python_path(rediscover_python=True)]
    return {"method": "local", "kwargs": {"python_path": [str(part) for part in command]}}


@contextlib.contextmanager
def carrying() -> t.Iterator[None]:
    """While in here, mitogen's strategy carries connections of this collection too."""
    loaders = ansible_mitogen.loaders
    original = loaders.connection_loader__get_with_context

    def load(name: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if not name.startswith(_OURS):
            return original(name, *args, **kwargs)
        found = original(name, class_only=True)
        if found.object is None or not hasattr(found.object, "entering"):
            return original(name, *args, **kwargs)
        plugin = carried(found.object)
        return found._replace(object=plugin if kwargs.get("class_only") else plugin(*args, **kwargs))

    ansible_mitogen.connection.CONNECTION_METHOD[_TRANSPORT] = _method
    loaders.connection_loader__get_with_context = load
    try:
        yield
    finally:
        loaders.connection_loader__get_with_context = original
