#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.docker_save``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_save
short_description: Save a Docker image as an archive
version_added: 1.0.0
description:
  - Writes an archive that C(docker load) reads. The artifact then consists of it.
requirements:
  - docker (Python package)
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
  - golden.images.docker_endpoint
options:
  path:
    description: Path of the archive, relative to the build's output folder. When not given, the artifact's name and C(docker.tar).
    type: path
  names:
    description: Names with tags to save. When not given, those that M(golden.images.docker_tag) gave, else all names of the image.
    type: list
    elements: str
  gzip:
    description: Compress it; C(docker load) reads that too.
    type: bool
    default: false
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Save
  golden.images.docker_save:
    artifact: "{{ golden_artifact }}"
    gzip: true
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
path:
  description: Path of the archive.
  type: str
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.docker_save import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
