#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phase
short_description: Say that a phase of a build begins
version_added: 1.0.0
description:
  - Keeps the timeline that the summary and later estimates are made of.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  name:
    description: The phase.
    type: str
    required: true
    choices: [plan, launch, configure, capture, verify, export]
notes:
  - It is a task of the role P(golden.images.build#role) and runs for hosts that the inventory plugin P(golden.images.builds#inventory) made.
seealso:
  - plugin: golden.images.builds
    plugin_type: inventory
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Begin to configure
  golden.images.phase:
    name: configure
"""

RETURN = r"""
"""
