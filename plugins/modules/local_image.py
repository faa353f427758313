#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Image files of the local builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: local_image
short_description: Make image files of a local guest
version_added: 1.0.0
description:
  - Captures a guest of M(golden.images.local_guest) as an OCI image archive, as a tar of its root file tree, or both.
    Owners, modes, links, extended attributes, access lists, capabilities, device nodes and holes are kept.
  - The archive is an OCI image layout with Docker's manifest beside it; C(docker load), C(podman load) and C(skopeo) read it.
    Without compression its one layer has the bytes of the tar.
  - The same tree gives the same bytes.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
requirements:
  - Linux with util-linux 2.38, GNU tar
  - gzip or zstd for O(compression)
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
      - V(present) stops the guest O(guest) and captures it to O(captured_dir).
      - V(published) moves the files of O(artifact) to O(output_dir), each as a whole, in the place of older ones.
      - V(absent) removes the files of O(artifact).
    type: str
    choices: [present, published, absent]
    default: present
  guest:
    description: Name of the guest. Required for O(state=present).
    type: str
  state_dir:
    description: State folder of the guest. Required for O(state=present).
    type: path
  captured_dir:
    description: Folder of the captured files. It is removed when the capture fails. Required for O(state=present).
    type: path
  output_dir:
    description: Folder of the published files. Required for O(state=published).
    type: path
  file_stem:
    description: Names of the files without C(.oci.tar) and C(.rootfs.tar). Required for O(state=present) and O(state=published).
    type: str
  artifact:
    description: What an earlier task returned. Required for O(state=published) and O(state=absent).
    type: dict
  image:
    description: Name of the image.
    type: str
    default: image
  builder:
    description: Name of the builder.
    type: str
    default: local
  version:
    description: Version of the image.
    type: str
    default: latest
  build:
    description: Name of the build.
    type: str
    default: ""
  fingerprint:
    description: Digest of all that decided the content.
    type: str
    default: ""
  source:
    description: Id and description of what the guest was made of.
    type: dict
    default: {}
  labels:
    description: Labels of the image.
    type: dict
    default: {}
  free_space:
    description: Fail early when fewer MiB than this are free at O(captured_dir).
    type: int
  config:
    description: How the image is run, on top of what its source says.
    type: dict
    suboptions:
      entrypoint:
        description: What the image runs; drops the command of its source.
        type: list
        elements: str
      cmd:
        description: Command, or arguments of the entrypoint.
        type: list
        elements: str
      env:
        description: Environment variables, added to those of the source.
        type: dict
      labels:
        description: Labels, added to those of the source.
        type: dict
      user:
        description: User the image runs as.
        type: str
      workdir:
        description: Folder it runs in.
        type: str
      exposed_ports:
        description: Ports such as V(80/tcp), added to those of the source.
        type: list
        elements: str
      volumes:
        description: Absolute paths, added to those of the source.
        type: list
        elements: str
      stop_signal:
        description: Signal that stops it.
        type: str
      author:
        description: Author of the image.
        type: str
      architecture:
        description: OCI name of the architecture; that of the source, else of this machine.
        type: str
  formats:
    description: What to make, an OCI archive, a tar of the root file tree, or both.
    type: list
    elements: str
    choices: [oci, rootfs]
    default: [oci, rootfs]
  compression:
    description: Compression of the layer in the OCI archive. Docker before version 23 does not read V(zstd).
    type: str
    choices: [none, gzip, zstd]
    default: none
  source_date_epoch:
    description: >-
      Seconds since 1970; files that are newer get this time. The environment variable E(SOURCE_DATE_EPOCH) of the controller is the default.
      Without either, files keep their times. The image was created when its newest file was.
    type: int
  tags:
    description: Names with tags under which the archive is loaded, by default O(image) and O(version).
    type: list
    elements: str
seealso:
  - module: golden.images.local_guest
  - module: golden.images.local_image_info
"""

EXAMPLES = r"""
- name: Capture a guest
  golden.images.local_image:
    guest: golden-web
    state_dir: "{{ playbook_dir }}/.golden"
    captured_dir: "{{ playbook_dir }}/.golden/captured/web"
    file_stem: web-1.4.0
    image: web
    version: 1.4.0
    config:
      cmd: [nginx, -g, "daemon off;"]
      exposed_ports: [80/tcp]
  register: captured

- name: Give the files their place
  golden.images.local_image:
    state: published
    artifact: "{{ captured.artifact }}"
    output_dir: "{{ playbook_dir }}/output"
    file_stem: web-1.4.0
"""

RETURN = r"""
artifact:
  description: The artifact record.
  returned: when O(state=present) or O(state=published), in check mode only with O(state=published)
  type: dict
  contains:
    id:
      description: Digest of the image's configuration, or of the tar when there is no OCI archive.
      type: str
      returned: always
    files:
      description: Files with path, kind, size and sha256.
      type: list
      elements: dict
      returned: always
    metadata:
      description: Configuration, architecture, operating system, number of packages, digest of the layer, tags.
      type: dict
      returned: always
"""

from ansible_collections.golden.images.plugins.module_utils._builders.local.image import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
