#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.local_command``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: local_command
short_description: Run a command on the controller for an artifact
version_added: 1.0.0
description:
  - Runs a program, a script or lines of shell. In a definition the type is called C(command).
  - >-
    The command finds the artifact in its environment, as C(GOLDEN_ARTIFACT_ID), C(GOLDEN_ARTIFACT_TYPE), C(GOLDEN_ARTIFACT_LOCATION),
    C(GOLDEN_ARTIFACT_FILES) (one path a line) and C(GOLDEN_ARTIFACT) (the record as JSON), and the build as C(GOLDEN_BUILD), C(GOLDEN_IMAGE),
    C(GOLDEN_BUILDER), C(GOLDEN_TYPE), C(GOLDEN_VERSION), C(GOLDEN_RUN_ID) and C(GOLDEN_OUTPUT_DIR).
  - Its output is shown line by line, with the values of O(environment) that have four characters or more blotted out.
  - What it leaves running in the background is killed when it ends.
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
options:
  argv:
    description: Program and arguments; no shell is involved.
    type: list
    elements: str
  inline:
    description: Lines of a script.
    type: list
    elements: str
  script:
    description: Path of a script. In a definition a relative one starts at its folder.
    type: path
  interpreter:
    description: What runs O(inline) or O(script), with options. C(/bin/sh -e) when not given; a script that is executable runs by itself.
    type: str
  args:
    description: Arguments of O(inline) or O(script).
    type: list
    elements: str
    default: []
  environment:
    description: Further environment of the command; the place for secrets.
    type: dict
  valid_exit_codes:
    description: Exit codes that are no failure.
    type: list
    elements: int
    default: [0]
  chdir:
    description: Folder to run in. In a definition its own folder when not given.
    type: path
  timeout:
    description: Seconds after which it is killed. It may take as long as it likes when not given.
    type: int
  creates:
    description: A path, relative to O(chdir); when it exists, nothing is run.
    type: path
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Sign the first file
  golden.images.local_command:
    artifact: "{{ golden_artifact }}"
    inline:
      - gpg --batch --detach-sign "$(echo "$GOLDEN_ARTIFACT_FILES" | head -n1)"
    environment:
      GNUPGHOME: /srv/keys
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
rc:
  description: Exit code.
  type: int
  returned: when it was run
stdout:
  description: What it wrote, standard error included.
  type: str
  returned: when it was run
stdout_lines:
  description: The same as lines.
  type: list
  elements: str
  returned: when it was run
skipped_because:
  description: Why it was not run.
  type: str
  returned: when O(creates) exists
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.command import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
