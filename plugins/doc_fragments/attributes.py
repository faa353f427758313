# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where modules run, and what they can do in check mode."""

from __future__ import annotations


class ModuleDocFragment:
    """Found by ansible-doc."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying anything.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
  action:
    description: Runs in the process of Ansible on the controller; with C(delegate_to) another machine it runs there as a module.
    support: full
"""

    CONTROLLER = r"""
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying anything.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
  action:
    description: Runs on the controller only.
    support: full
"""

    CONTROLLER_AND_GUEST = r"""
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying anything.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
  action:
    description: Runs on the controller and in the guest, which needs no Python.
    support: full
"""
