#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: script
short_description: Run a script in a guest that needs a shell only
version_added: 1.0.0
description:
  - Copies a script of the controller, or lines, into the guest, runs it there and removes it again, also when it fails.
  - Needs no Python in the guest.
  - The environment has what C(environment) of the task says, and inside a build also E(GOLDEN_IMAGE), E(GOLDEN_BUILDER), E(GOLDEN_TYPE), E(GOLDEN_VERSION),
    E(GOLDEN_RUN_ID), E(GOLDEN_BUILD), E(GOLDEN_SOURCE), E(GOLDEN_OUTPUT_DIR), E(PACKER_BUILD_NAME) and E(PACKER_BUILDER_TYPE).
  - The environment is handed over in a private file, never as arguments.
extends_documentation_fragment:
  - golden.images.attributes.controller_and_guest
options:
  path:
    description: The script on the controller. May be encrypted with Ansible Vault.
    type: str
  inline:
    description: Lines to run, as a list or as one text.
    type: raw
  interpreter:
    description:
      - Command that gets the script as its argument.
      - When not given, what the first line names after C(#!), else C(/bin/sh -e) for O(inline) and C(/bin/sh) for O(path). An ELF program is run as it is.
    type: str
  args:
    description: Arguments of the script, quoted for the shell; visible in the guest's process list, so never secrets.
    type: list
    elements: str
    default: []
  valid_exit_codes:
    description: Exit statuses that are no failure.
    type: list
    elements: int
    default: [0]
  expect_disconnect:
    description:
      - The script may end the connection, such as by restarting the guest.
      - The task then waits until the guest answers again.
    type: bool
    default: false
  reconnect_timeout:
    description: Seconds until the guest must answer again.
    type: int
    default: 300
  execute_command:
    description:
      - The command line, in place of C({environment}{interpreter} {path} {args}), whose four words in braces are replaced.
      - C({environment}) loads the environment and ends with C(&&).
    type: str
  chdir:
    description: Folder of the guest to run in.
    type: str
  creates:
    description: Nothing is run when this file or folder exists in the guest.
    type: str
  binary:
    description: Leave line ends as they are; otherwise CR LF becomes LF.
    type: bool
    default: false
seealso:
  - module: ansible.builtin.script
  - module: golden.images.controller_command
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Harden the guest
  golden.images.script:
    path: scripts/harden.sh
    args: [--level, "2"]
  become: true
  environment:
    TOKEN: "{{ vaulted_token }}"

- name: Restart into the new kernel
  golden.images.script:
    inline: systemctl reboot
    expect_disconnect: true
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
disconnected:
  description: Whether the script ended the connection.
  returned: when O(expect_disconnect) is true and it did
  type: bool
  sample: true
"""
