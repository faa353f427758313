# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SDK, where it is installed: without it only importing works."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import MissingDependencyError

try:
    from pyVim import connect
    from pyVmomi import vim, vmodl
except ImportError:
    connect = vim = vmodl = None

__all__ = ["Managed", "connect", "require_sdk", "vim", "vmodl"]

Managed = t.Any
"""A managed object: ``vim.VirtualMachine`` and so on, made at run time."""


def require_sdk() -> None:
    """:raises MissingDependencyError: without pyvmomi."""
    if vim is None:
        raise MissingDependencyError("the Python package pyvmomi is not installed for the Python that runs Ansible", hint="pip install pyvmomi")
