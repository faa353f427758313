#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.manifest``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manifest
short_description: Write the manifest of an artifact
version_added: 1.0.0
description:
  - Writes the full record of the artifact as JSON into the build's output folder, and adds it to a manifest in the format of Packer, which all builds share.
  - Every build gets a plain manifest anyway; this is for data of your own, or for the state in the middle of a chain.
attributes:
  diff_mode:
    support: full
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
options:
  output:
    description: Path of the build's manifest, relative to its output folder.
    type: path
    default: manifest.json
  packer_output:
    description: Path of the manifest in the format of Packer, relative to the output folder of all images.
    type: path
    default: packer-manifest.json
  custom_data:
    description: Data of your own to put in. Not for secrets.
    type: dict
    default: {}
  strip_path:
    description: Leave only the names of files.
    type: bool
    default: false
  strip_time:
    description: Leave out when the artifact was created, so that equal images have equal manifests.
    type: bool
    default: false
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Write a manifest
  golden.images.manifest:
    artifact: "{{ golden_artifact }}"
    custom_data:
      commit: 3f2a9c8
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
path:
  description: Path of the build's manifest.
  type: str
  returned: success
manifest:
  description: What is in it.
  type: dict
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.manifest import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
