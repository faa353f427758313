#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: shut_down
short_description: Have a command shut the guest down
version_added: 1.0.0
description:
  - Runs a command in the guest, without Python there. That the connection goes down with the guest is no failure; that the command fails is one.
  - It does not wait until the guest is off. The modules that capture guests do.
attributes:
  check_mode:
    support: none
    description: Does nothing.
  diff_mode:
    support: none
    description: There is nothing to compare.
options:
  command:
    description: The command, for the shell of the guest.
    type: str
    required: true
seealso:
  - module: ansible.builtin.raw
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Shut the guest down
  golden.images.shut_down:
    command: sudo shutdown -h now
"""

RETURN = r"""
rc:
  description: Status of the command, or null when the connection went first.
  returned: always
  type: int
  sample: 0
"""
