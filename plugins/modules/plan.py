#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Decide what of a build has to be done
version_added: 1.0.0
description:
  - Validates the options of a build, takes the build's lock, resolves its source image, and compares its fingerprint with the one of the newest artifact.
  - In check mode it only tells what it would do, and writes nothing.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  verify_only:
    description:
      - Plan to check a fresh guest of the newest finished image, and nothing else, whatever has changed since.
      - What has changed is a warning. An image that was not built, or is gone, is an error.
    type: bool
    default: false
notes:
  - It is a task of the role P(golden.images.build#role) and runs for hosts that the inventory plugin P(golden.images.builds#inventory) made.
seealso:
  - plugin: golden.images.builds
    plugin_type: inventory
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Validate and compare
  golden.images.plan:
  register: golden_planned

- name: Say why it is built
  ansible.builtin.debug:
    var: golden_planned.reasons
"""

RETURN = r"""
up_to_date:
  description: Whether the newest artifact has the same fingerprint and is whole.
  type: bool
  returned: success
reasons:
  description: Why the build is not up to date, one sentence for each input that changed.
  type: list
  elements: str
  returned: success
  sample: ["role website: examples/roles/website/tasks/main.yml changed"]
facts:
  description: The plan, in the shape that the later phases use it.
  type: dict
  returned: success
  contains:
    build:
      description: Facts of the build, the variable C(golden_build) of templates and scripts.
      type: dict
      returned: success
    plan:
      description: The stages that will run.
      type: dict
      returned: success
    artifact:
      description: The artifact to go on with, empty when a new one is captured.
      type: dict
      returned: success
    source_options:
      description: What the guest is launched from, made exact.
      type: dict
      returned: success
"""
