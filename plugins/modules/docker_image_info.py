#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images of a Docker daemon."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: docker_image_info
short_description: Describe images of a Docker daemon
version_added: 1.0.0
description:
  - Describes images by name, by the fingerprint of the build that made them, or all that were made by this collection.
author:
  - golden.images contributors (@golden-images)
requirements:
  - docker (Python package)
attributes:
  check_mode:
    support: full
    description: Changes nothing anyway.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  names:
    description: Names or ids; those that do not exist are left out.
    type: list
    elements: str
  fingerprint:
    description: Fingerprint of a build.
    type: str
extends_documentation_fragment:
  - golden.images.docker_endpoint
seealso:
  - module: golden.images.docker_image
"""

EXAMPLES = r"""
- name: What was built here
  golden.images.docker_image_info:
  register: built
"""

RETURN = r"""
images:
  description: The images.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Id.
      type: str
      returned: always
    tags:
      description: Names.
      type: list
      elements: str
      returned: always
    digests:
      description: Names with the digest of a registry.
      type: list
      elements: str
      returned: always
    labels:
      description: Labels.
      type: dict
      returned: always
    config:
      description: Configuration as the daemon has it.
      type: dict
      returned: always
    size:
      description: Bytes.
      type: int
      returned: always
    layers:
      description: Number of layers.
      type: int
      returned: always
    architecture:
      description: Architecture.
      type: str
      returned: always
    os:
      description: Operating system.
      type: str
      returned: always
    created:
      description: When it was made.
      type: str
      returned: always
"""

from ansible_collections.golden.images.plugins.module_utils._builders.docker.image import INFO_OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(INFO_OPERATION)


if __name__ == "__main__":
    main()
