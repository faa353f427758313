#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: finish
short_description: End a build
version_added: 1.0.0
description:
  - Discards or keeps what the build left, as C(on_error) says, frees its lock, and prints the summary when it was the last build of the run.
  - The last build also writes the reports that the variables C(golden_report) and C(golden_junit) name.
  - A build that has an artifact adds it to the statistics of the run, as M(ansible.builtin.set_stats) does, as C(golden_artifacts).
  - Called for a build that has ended already, it does nothing.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  failed:
    description: The build failed; the reason is taken from the task that failed.
    type: bool
    default: false
  ended:
    description: The play was ended for this host by a task of a provisioner.
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
- name: Build
  block:
    - name: Plan
      golden.images.plan:
    - name: Finish
      golden.images.finish:
  rescue:
    - name: Finish the failed build
      golden.images.finish:
        failed: true
"""

RETURN = r"""
outcome:
  description: How the build ended.
  type: str
  returned: success
  sample: built
artifact:
  description: The published artifact; none in check mode.
  type: dict
  returned: success
outputs:
  description: What post-processors made of it.
  type: list
  elements: dict
  returned: success
ansible_stats:
  description: What the jobs that follow in a workflow get, see C(docs/reports.md).
  type: dict
  returned: success
  contains:
    data:
      description: The artifact in brief, as C(golden_artifacts), by build.
      type: dict
"""
