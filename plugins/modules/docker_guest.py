#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guest of the Docker builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: docker_guest
short_description: Launch and remove the container that an image is made of
version_added: 1.0.0
description:
  - Starts a container from an image, a Dockerfile or a root file system archive, keeps it alive and waits until commands can be run in it.
  - What is needed only to keep it alive or to build in it does not get into an image made with M(golden.images.docker_image).
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
  name:
    description: Name of the container.
    type: str
    required: true
  state:
    description: Whether the container runs, is stopped, or does not exist with its anonymous volumes.
    type: str
    choices: [started, stopped, absent]
    default: started
  source:
    description: What to launch from, one of its options. Required for O(state=started).
    type: dict
    suboptions:
      image:
        description: An image by tag or digest.
        type: str
      image_id:
        description: An image of the daemon by its id; never pulled.
        type: str
      rootfs_archive:
        description: A tar archive of a root file system, imported first.
        type: path
      build:
        description: A Dockerfile, built first.
        type: dict
        suboptions:
          path:
            description: The Dockerfile, relative to O(source.build.build_dir).
            type: str
            default: Dockerfile
          build_dir:
            description: Folder that is sent to the daemon; its C(.dockerignore) is honoured.
            type: path
            default: .
          arguments:
            description: Values of the Dockerfile's C(ARG).
            type: dict
            default: {}
          target:
            description: Stage to build.
            type: str
          pull:
            description: Pull the base image even when the daemon has it.
            type: bool
            default: false
          platform:
            description: Platform to build for.
            type: str
  labels:
    description: Labels of the container. Those named C(golden.run), C(golden.build), C(golden.host) and C(golden.expires) mark it as temporary.
    type: dict
    default: {}
  keep_alive:
    description: Run a process that only stays. With V(false) the image's own process runs.
    type: bool
    default: true
  run_command:
    description: The process that keeps the container alive, in place of the built-in one.
    type: list
    elements: str
  pull:
    description: When to get the image from its registry.
    type: str
    choices: [missing, always, never]
    default: missing
  platform:
    description: Platform of the image, such as V(linux/arm64).
    type: str
  user:
    description: User of the container's process; the image gets that of its source back.
    type: str
  exec_user:
    description: User that tasks run as; without it that of the container.
    type: str
  environment:
    description: Environment of everything run in the guest; does not get into the image.
    type: dict
    default: {}
  hostname:
    description: Host name of the guest.
    type: str
  init:
    description: Run the daemon's C(init) as process 1.
    type: bool
    default: false
  pty:
    description: Give the container's process a terminal.
    type: bool
    default: false
  privileged:
    description: Give all privileges.
    type: bool
    default: false
  cap_add:
    description: Capabilities to add.
    type: list
    elements: str
    default: []
  cap_drop:
    description: Capabilities to take away.
    type: list
    elements: str
    default: []
  security_opts:
    description: Security options, such as V(seccomp=unconfined).
    type: list
    elements: str
    default: []
  devices:
    description: Devices, as C(outside:inside:permissions).
    type: list
    elements: str
    default: []
  tmpfs:
    description: Paths to mount a tmpfs on, as C(path) or C(path:options); their content does not get into the image.
    type: list
    elements: str
    default: []
  volumes:
    description: Folders or volumes outside to paths inside, C(path) or C(path:ro); their content does not get into the image.
    type: dict
    default: {}
  network:
    description: Network, such as V(none), V(host) or the name of one.
    type: str
  dns:
    description: Name servers.
    type: list
    elements: str
    default: []
  extra_hosts:
    description: Host names to addresses, added to C(/etc/hosts) of the guest only.
    type: dict
    default: {}
  runtime:
    description: Runtime of the daemon to use.
    type: str
  memory:
    description: Memory limit, such as V(512m).
    type: str
  cpus:
    description: Number of CPUs that may be used.
    type: float
  shm_size:
    description: Size of C(/dev/shm), such as V(256m).
    type: str
  ulimits:
    description: Limits, as C(name=soft:hard).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - golden.images.registry_login
  - golden.images.docker_endpoint
seealso:
  - module: golden.images.docker_image
"""

EXAMPLES = r"""
- name: Launch a guest
  golden.images.docker_guest:
    name: golden-web
    source:
      image: docker.io/library/debian:12
  register: guest

- name: Remove it, whatever state it is in
  golden.images.docker_guest:
    name: golden-web
    state: absent
"""

RETURN = r"""
guest:
  description: How to reach the guest.
  returned: when O(state=started)
  type: dict
  contains:
    name:
      description: The container's name.
      type: str
      returned: always
    connection:
      description: Connection plugin.
      type: str
      returned: always
    vars:
      description: Variables of the host that the connection needs.
      type: dict
      returned: always
"""

from ansible_collections.golden.images.plugins.module_utils._builders.docker.guest import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
