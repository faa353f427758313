#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: provisioner_failed
short_description: Say which provisioner failed and why
version_added: 1.0.0
description:
  - The rescue of the tasks that a provisioner is compiled to. Reads what Ansible knows of the failed task.
  - Fails with a message that names the provisioner, the attempt, the task and the reason; warns instead when there is another attempt or
    the failure is ignored.
  - Repeats nothing of a task with C(no_log).
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  provisioner:
    description: What people call the provisioner.
    type: str
    required: true
  attempt:
    description: The attempt that failed, from 1.
    type: int
    default: 1
  attempts:
    description: How many attempts there are in all.
    type: int
    default: 1
  ignore:
    description: Whether the build goes on after the last attempt.
    type: bool
    default: false
seealso:
  - plugin: golden.images.builds
    plugin_type: inventory
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Configure
  block:
    - name: Run the role
      ansible.builtin.include_role:
        name: nginx
  rescue:
    - name: Say what failed
      golden.images.provisioner_failed:
        provisioner: role nginx
"""

RETURN = r"""
msg:
  description: Which provisioner failed, in which attempt and task, and why.
  returned: always
  type: str
  sample: "Provisioner 1 (role nginx): the task 'Install' failed: no package nginx"
"""
