#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.docker_import``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_import
short_description: Make a Docker image of an archive
version_added: 1.0.0
description:
  - Imports a root file system of an artifact into a Docker daemon, or loads an image archive.
  - An image of the same name that was imported from the same file with the same options stays as it is.
requirements:
  - docker (Python package)
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
  - golden.images.docker_endpoint
options:
  repository:
    description: Name of the image without a tag.
    type: str
    required: true
  tag:
    description: Its tag. The version of the artifact when not given.
    type: str
  kind:
    description: Which file of the artifact to take, for instance V(oci.tar). When not given, a root file system, else an image archive.
    type: str
  changes:
    description: Instructions of a Dockerfile that set the configuration of the image. Possible for root file systems only.
    type: list
    elements: str
    default: []
  platform:
    description: Platform of the image, for instance V(linux/arm64).
    type: str
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Import the root file system
  golden.images.docker_import:
    artifact: "{{ golden_artifact }}"
    repository: team/web
    changes:
      - CMD ["/usr/sbin/nginx", "-g", "daemon off;"]
      - EXPOSE 80
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
name:
  description: Name of the image, with its tag.
  type: str
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.docker_import import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
