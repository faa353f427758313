#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: playbook
short_description: Run an existing playbook against the guest
version_added: 1.0.0
description:
  - Runs an C(ansible-playbook) of its own for the one host, so that nothing that the playbook does, such as ending the play, reaches the build.
  - The host keeps its groups and their variables. Inventory, extra variables and vault passwords of the run are handed on, in private files.
  - Fails when no play of the playbook is for the host.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  playbook:
    description: The playbook.
    type: path
    required: true
  extra_vars:
    description: Extra variables, beside those of the run.
    type: dict
    default: {}
  tags:
    description: Run only what has these tags.
    type: list
    elements: str
    default: []
  skip_tags:
    description: Run only what has none of these tags.
    type: list
    elements: str
    default: []
  extra_arguments:
    description:
      - Further arguments of C(ansible-playbook).
      - Allowed are C(-v), C(--diff), C(--forks), C(--timeout), C(--force-handlers), C(--flush-cache), C(--start-at-task), C(--become),
        C(--become-user) and C(--become-method).
    type: list
    elements: str
    default: []
seealso:
  - module: golden.images.script
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Configure the guest as every web server is configured
  golden.images.playbook:
    playbook: "{{ golden_definition_dir }}/site.yml"
    extra_vars:
      site_environment: production
"""

RETURN = r"""
rc:
  description: Exit status of C(ansible-playbook).
  returned: when it ran
  type: int
  sample: 0
stdout_lines:
  description: What it wrote to standard output.
  returned: when it ran
  type: list
  elements: str
  sample: ["PLAY [webservers] ***"]
stderr_lines:
  description: What it wrote to standard error.
  returned: when it ran
  type: list
  elements: str
  sample: []
"""
