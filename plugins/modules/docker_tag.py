#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.docker_tag``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_tag
short_description: Give a Docker image further names
version_added: 1.0.0
description:
  - Tags the image of an artifact that a Docker builder or M(golden.images.docker_import) made.
requirements:
  - docker (Python package)
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
  - golden.images.docker_endpoint
options:
  repository:
    description: Name without a tag, for instance V(registry.example.org:5000/team/web).
    type: str
    required: true
  tags:
    description: Tags to set.
    type: list
    elements: str
    default: [latest]
  force:
    description: Move a tag that belongs to another image. Otherwise that is an error.
    type: bool
    default: true
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Tag
  golden.images.docker_tag:
    artifact: "{{ golden_artifact }}"
    repository: registry.example.org/team/web
    tags: ["1.4.0", latest]
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
names:
  description: The names, with tags.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.docker_tag import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
