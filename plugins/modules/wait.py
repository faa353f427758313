#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wait
short_description: Wait some seconds, each host for itself
version_added: 1.0.0
description:
  - Unlike M(ansible.builtin.pause), which waits once for all hosts of a play, it holds up its own host only.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  seconds:
    description: How long to wait.
    type: float
    required: true
seealso:
  - module: ansible.builtin.pause
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Give the service time to start
  golden.images.wait:
    seconds: 2.5
"""

RETURN = r"""
seconds:
  description: How long it waited.
  returned: success
  type: float
  sample: 2.5
"""
