#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: controller_command
short_description: Run commands on the controller
version_added: 1.0.0
description:
  - Runs lines of shell, or of another interpreter, on the machine that Ansible runs on, whatever the host's connection is.
  - The environment has what C(environment) of the task says, and inside a build also E(GOLDEN_IMAGE), E(GOLDEN_BUILDER), E(GOLDEN_TYPE), E(GOLDEN_VERSION),
    E(GOLDEN_RUN_ID), E(GOLDEN_BUILD), E(GOLDEN_SOURCE), E(GOLDEN_OUTPUT_DIR), E(PACKER_BUILD_NAME) and E(PACKER_BUILDER_TYPE).
  - The lines are handed over in a private file, never as arguments. Nothing that they start outlives the run.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  inline:
    description: The lines, as a list or as one text. A first line that begins with C(#!) names the interpreter.
    type: raw
    required: true
  interpreter:
    description: Command that gets the file with the lines as its argument; C(/bin/sh -e) when not given.
    type: str
  args:
    description: Arguments after the file; public, so never secrets.
    type: list
    elements: str
    default: []
  valid_exit_codes:
    description: Exit statuses that are no failure.
    type: list
    elements: int
    default: [0]
  chdir:
    description: Folder to run in.
    type: path
  creates:
    description: Nothing is run when this file or folder exists; relative to O(chdir).
    type: path
seealso:
  - module: golden.images.script
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Build the site that is put into the image
  golden.images.controller_command:
    inline:
      - make -C site
      - cp -r site/public "$GOLDEN_OUTPUT_DIR"
"""

RETURN = r"""
rc:
  description: Exit status.
  returned: when something ran
  type: int
  sample: 0
stdout:
  description: What it wrote to standard output.
  returned: when something ran
  type: str
  sample: done
stdout_lines:
  description: RV(stdout), split into lines.
  returned: when something ran
  type: list
  elements: str
  sample: [done]
stderr:
  description: What it wrote to standard error.
  returned: when something ran
  type: str
  sample: ""
stderr_lines:
  description: RV(stderr), split into lines.
  returned: when something ran
  type: list
  elements: str
  sample: []
"""
