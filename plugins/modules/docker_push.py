#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.docker_push``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_push
short_description: Push a Docker image to a registry
version_added: 1.0.0
description:
  - Pushes all names of the image of an artifact and returns the digest by which the registry knows it.
  - A login is used for this one call and written nowhere. Without it, see O(login).
  - Errors that may pass, such as a status of 5xx, are tried again after a growing pause of at most 30 seconds.
requirements:
  - docker (Python package)
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
  - golden.images.registry_login
  - golden.images.docker_endpoint
options:
  names:
    description: Names with tags to push. When not given, those that M(golden.images.docker_tag) gave, else all names of the image.
    type: list
    elements: str
  retries:
    description: How often to try again.
    type: int
    default: 4
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Push
  golden.images.docker_push:
    artifact: "{{ golden_tagged.artifact }}"
    login:
      username: builder
      password: "{{ vault_registry_password }}"
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
digest:
  description: Digest of the first name; empty in check mode.
  type: str
  returned: success
digests:
  description: Digest by name.
  type: dict
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.docker_push import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
