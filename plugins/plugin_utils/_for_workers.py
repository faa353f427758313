# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every worker would load for itself: each task runs in a fork of the ansible-playbook process, and finds what is loaded there."""

from __future__ import annotations

import contextlib
import gc
import pathlib

from ansible.plugins.loader import action_loader, connection_loader

from ansible_collections.golden.images.plugins.module_utils._definition.model import Definition
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import backend_of, load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError

_COLLECTION = "golden.images"
_EVERY_BUILD = ("plan", "phase", "record", "finish")
_ACTIONS = pathlib.Path(__file__).parent.parent / "action"


def load_for_workers(definition: Definition) -> None:
    """Load what the builds of a definition need: actions, connection plugins, and what their builders say."""
    types = {build.type for build in definition.builds}
    for action in (*_EVERY_BUILD, *(path.stem for kind in types for path in _ACTIONS.glob(f"{kind}_*.py"))):
        action_loader.get(f"{_COLLECTION}.{action}", class_only=True)
    for connection in {build.connection for build in definition.builds if build.connection}:
        connection_loader.get(connection, class_only=True)
    for kind in types:
        # A third party's role need not have a backend here.
        with contextlib.suppress(GoldenError):
            load_backend(backend_of(kind)).load()
    # A collection of garbage writes into every object it looks at, and what a worker writes to it has for itself.
    gc.freeze()
