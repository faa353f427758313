#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.files``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Replace the list of files of an artifact
version_added: 1.0.0
description:
  - The artifact consists of these files from here on, whatever it was before. For things that a build made on the way, and that are to be shipped.
  - Nothing on disk is touched, therefore nothing is ever changed.
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
options:
  files:
    description: Paths, which may have wildcards. Every one must match a file. In a definition relative ones start at its folder.
    type: list
    elements: str
    required: true
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Ship the packages that were built
  golden.images.files:
    artifact: "{{ golden_artifact }}"
    files: ["/srv/build/*.deb"]
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.files import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
