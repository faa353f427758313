# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option of connections that keep a Python in the guest."""

from __future__ import annotations


class ModuleDocFragment:
    """Found by ansible-doc."""

    DOCUMENTATION = r"""
options:
  resident_python:
    description:
      - Whether one Python stays in the guest and runs each module in a fork of itself, instead of starting anew and compiling
        the module for each task. It changes nothing but the speed, and ends with the run.
      - With V(false), and wherever it cannot be used, each task starts a Python of its own.
    type: bool
    default: true
    vars:
      - name: golden_resident_python
"""
