#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The image of the Docker builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: docker_image
short_description: Make an image of a container and give it its names
version_added: 1.0.0
description:
  - Captures a guest of M(golden.images.docker_guest) as an image under a temporary name, as archives, or both.
  - Publishes a captured image under its final names. An image that loses its last name by that is removed,
    when this collection made it and nothing uses it.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
requirements:
  - docker (Python package)
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  state:
    description:
      - V(captured) makes an image or archives of the container O(guest).
      - V(layered) commits what changed in the container as a layer, and goes on in a new container of the same name.
      - V(published) gives O(artifact) its names and moves its files to O(directory).
      - V(absent) removes O(names).
    type: str
    choices: [captured, layered, published, absent]
    default: captured
  guest:
    description: Name of the container. Required for O(state=captured) and O(state=layered).
    type: str
  artifact:
    description: What a capture returned. Required for O(state=published).
    type: dict
  names:
    description: Names to remove. Required for O(state=absent).
    type: list
    elements: str
  labels:
    description: Labels of the image.
    type: dict
    default: {}
  directory:
    description: Folder of the archives; within a build that of the build.
    type: path
  file_stem:
    description: Name of the archives without their kind; within a build that of the build, else the name of the guest.
    type: str
  capture:
    description: Whether to make an image of the guest, only an archive of its root file system, or nothing at all.
    type: str
    choices: [commit, export, discard]
    default: commit
  changes:
    description: >-
      Dockerfile instructions to apply to the image: C(CMD), C(ENTRYPOINT), C(ENV), C(EXPOSE), C(HEALTHCHECK), C(LABEL), C(ONBUILD),
      C(STOPSIGNAL), C(USER), C(VOLUME), C(WORKDIR). Without them the image has the command, entrypoint and user of its source.
    type: list
    elements: str
    default: []
  author:
    description: Author of the image.
    type: str
  comment:
    description: Commit message.
    type: str
  squash:
    description: Make one layer of all.
    type: bool
    default: false
  export:
    description: Archives to write as well, V(rootfs.tar) of the file system or V(docker.tar) of the image with its configuration.
    type: list
    elements: str
    choices: [rootfs.tar, docker.tar]
    default: []
  repository:
    description: Name of the image without a tag; within a build that of the image.
    type: str
  tags:
    description: Tags of the image; within a build its version and C(latest), else C(latest).
    type: list
    elements: str
extends_documentation_fragment:
  - golden.images.docker_endpoint
seealso:
  - module: golden.images.docker_guest
  - module: golden.images.docker_image_info
"""

EXAMPLES = r"""
- name: Capture a guest
  golden.images.docker_image:
    guest: golden-web
    changes:
      - EXPOSE 80
      - CMD ["nginx", "-g", "daemon off;"]
  register: captured

- name: Give the image its names
  golden.images.docker_image:
    state: published
    artifact: "{{ captured.artifact }}"
    repository: web
    tags: ["1.4.0", latest]
"""

RETURN = r"""
artifact:
  description: The artifact record.
  returned: when O(state=captured) or O(state=published)
  type: dict
  contains:
    id:
      description: Id of the image; of an archive alone its digest; V(discarded) when nothing was to be kept.
      type: str
      returned: always
    files:
      description: Archives with path, kind, size and sha256.
      type: list
      elements: dict
      returned: always
    metadata:
      description: Facts of the image, tags among them once it was published.
      type: dict
      returned: always
layer:
  description: Number of the layer.
  returned: when O(state=layered)
  type: int
"""

from ansible_collections.golden.images.plugins.module_utils._builders.docker.image import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
