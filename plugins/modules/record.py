#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: record
short_description: Remember what a stage of a build made
version_added: 1.0.0
description:
  - Updates the record of a build, so that a later run goes on from there or finds nothing to do.
  - An artifact that was captured by an earlier run and never published is removed when a new one takes its place.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  event:
    description: What happened.
    type: str
    required: true
    choices: [captured, verified, published, processed, exported]
  artifact:
    description: The artifact that came of it.
    type: dict
  chain:
    description: Position of the post-processor chain, from 1.
    type: int
  step:
    description: Position in the chain, from 1.
    type: int
  type:
    description: Type of the post-processor.
    type: str
notes:
  - It is a task of the role P(golden.images.build#role) and runs for hosts that the inventory plugin P(golden.images.builds#inventory) made.
seealso:
  - plugin: golden.images.builds
    plugin_type: inventory
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Record what was captured
  golden.images.record:
    event: captured
    artifact: "{{ golden_captured.artifact }}"
"""

RETURN = r"""
artifact:
  description: The artifact as it was recorded.
  type: dict
  returned: when an artifact was given
"""
