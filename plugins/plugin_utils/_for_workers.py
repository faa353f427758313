# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ansible-playbook process does for its workers, the forks of it that run a task each."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import multiprocessing.util
import os
import pathlib
import signal
import time
import typing as t

from ansible.plugins.loader import action_loader, connection_loader

from ansible_collections.golden.images.plugins.module_utils._definition.model import Definition
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import backend_of, load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError

_COLLECTION = "golden.images"
_EVERY_BUILD = ("plan", "phase", "record", "finish")
#: seconds for a worker to end by itself
_PATIENCE = 5.0
_ACTIONS = pathlib.Path(__file__).parent.parent / "action"


def end_workers_at_exit() -> None:
    """Have none outlive the run.

    Where a worker was just being started when the user pressed Ctrl-C, ansible-core may forget it, and Python waits at exit for its end: of a command that
    takes hours, for hours.
    """
    multiprocessing.util.Finalize(None, _end_workers, exitpriority=0)


def _end_workers() -> None:
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _PATIENCE
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
    for worker in multiprocessing.active_children():
        # It has a session of its own, unless it was being started: then it may have lost the first signal.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(t.cast(int, worker.pid), signal.SIGKILL)
        worker.kill()


def load_for_workers(definition: Definition) -> None:
    """Load, so that no worker has to do it for itself, what the builds of a definition need: actions, connection plugins, and what their builders say."""
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
