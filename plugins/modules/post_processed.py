#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: post_processed
short_description: Remove what post-processors were given and nobody keeps
version_added: 1.0.0
description:
  - Runs when all chains of post-processors are through, for those that said C(keep_input=false).
  - Removes files that no step keeps and that are in no chain's result. Images on platforms are never removed.
  - A chain in which a step failed keeps everything that it was given.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  artifact:
    description: The record of the artifact that every chain started with.
    type: dict
    required: true
  steps:
    description: The post-processors that ran, in order.
    type: list
    elements: dict
    required: true
    suboptions:
      chain:
        description: Number of the chain.
        type: int
        required: true
      keep_input:
        description: Whether the files that it was given stay.
        type: bool
        default: true
      result:
        description: What the post-processor's task registered.
        type: dict
        required: true
notes:
  - It is a task of the role P(golden.images.build#role) and runs for hosts that the inventory plugin P(golden.images.builds#inventory) made.
seealso:
  - plugin: golden.images.builds
    plugin_type: inventory
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Remove the archive that was only compressed
  golden.images.post_processed:
    artifact: "{{ golden_artifact }}"
    steps:
      - chain: 1
        keep_input: false
        result: "{{ golden_post_processed_1_1 }}"
"""

RETURN = r"""
removed:
  description: Paths of the files that were removed, or would be in check mode.
  type: list
  elements: str
  returned: success
"""
