#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Guests of the local builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: local_guest
short_description: Start, stop and remove a guest made of a root file tree
version_added: 1.0.0
description:
  - A guest is a root file tree with mount, pid, uts and ipc namespaces of its own, kept by a process that is process 1 in it.
    When that process ends, so does everything in the guest. Nothing of it is in the mount table of the machine.
  - Without root privileges the guest has a user namespace too, with a range of user ids of the caller's (C(/etc/subuid), C(/etc/subgid)).
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
requirements:
  - Linux with util-linux 2.38, GNU tar
  - mmdebstrap, or debootstrap as root, for O(source.bootstrap)
  - newuidmap (Debian package uidmap) without root privileges
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  name:
    description: Name of the guest, also of its folder.
    type: str
    required: true
  state:
    description:
      - V(started) starts it, and makes it of O(source) when it does not exist.
      - V(stopped) ends everything in it and keeps its tree.
      - V(absent) removes it whole.
    type: str
    choices: [started, stopped, absent]
    default: started
  state_dir:
    description: State folder; guests are below C(guests), bootstrapped trees and downloads below C(cache).
    type: path
    required: true
  source:
    description: What a new guest is made of. Required for O(state=started).
    type: dict
    suboptions:
      bootstrap:
        description: A distribution installed from its packages. The tree is kept and shared by all guests that want the same.
        type: dict
        suboptions:
          distribution:
            description: Which distribution.
            type: str
            choices: [debian, ubuntu]
            default: debian
          suite:
            description: Release, such as V(bookworm) or V(noble).
            type: str
            required: true
          mirror:
            description: >-
              URL of a mirror. Without one Debian comes from C(deb.debian.org) with its updates and security updates,
              Ubuntu from C(archive.ubuntu.com).
            type: str
          packages:
            description: Packages beyond those of the variant.
            type: list
            elements: str
            default: [python3, python3-apt]
          variant:
            description: Which packages to start with, as of C(mmdebstrap).
            type: str
            choices: [essential, apt, minbase, required, important, standard]
            default: minbase
          components:
            description: Components of the archive.
            type: list
            elements: str
            default: [main]
          keyring:
            description: Keys the archive is signed with, when this machine does not trust them anyway.
            type: path
          architecture:
            description: Debian name of the architecture, that of this machine by default.
            type: str
          apt_options:
            description: Settings of apt for the bootstrap and the guest, such as V(Acquire::Retries "3").
            type: list
            elements: str
            default: []
          max_age:
            description: Bootstrap anew when the kept tree is older.
            type: str
            default: 7d
      rootfs_archive:
        description: Path or URL of a tar of a root file tree, compressed or not. A URL needs O(source.checksum).
        type: path
      oci_archive:
        description: Path of a tar of an OCI image layout.
        type: path
      docker_archive:
        description: Path of a file that C(docker save) wrote.
        type: path
      directory:
        description: Path of a root file tree, which is copied.
        type: path
      checksum:
        description: C(sha256:) and the digest of the archive.
        type: str
      reference:
        description: Which image of an archive with several, by its name.
        type: str
      config:
        description: How the source says it is run, on top of what an image archive says itself.
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
  marks:
    description: Marks by which an abandoned guest is recognised, such as its expiry.
    type: dict
    default: {}
  prevent_daemons:
    description: Keep packages of Debian and Ubuntu from starting their services while they are installed.
    type: bool
    default: true
  hostname:
    description: Host name in the guest.
    type: str
    default: localhost
  network:
    description: Whether the guest shares the network of this machine or has nothing but a loopback device of its own.
    type: str
    choices: [host, none]
    default: host
  mounts:
    description: Files and folders of this machine to show in the guest. They are no part of an image.
    type: list
    elements: dict
    default: []
    suboptions:
      source:
        description: Path on this machine.
        type: path
        required: true
      target:
        description: Absolute path in the guest.
        type: str
        required: true
      read_only:
        description: Whether the guest may only read it.
        type: bool
        default: false
  environment:
    description: Environment of everything that is run in the guest.
    type: dict
    default: {}
  tmpfs:
    description: Absolute paths that are empty and in memory. What is written there is no part of an image.
    type: list
    elements: str
    default: [/run, /tmp]
  resolv_conf:
    description: >-
      V(host) shows a copy of this machine's C(/etc/resolv.conf), V(keep) the tree's own, anything else is the text to show.
      What is shown is no part of an image.
    type: str
    default: host
  services:
    description: Commands started with the guest. The task is done when all of them are ready.
    type: list
    elements: dict
    default: []
    suboptions:
      command:
        description: Program and arguments.
        type: list
        elements: str
        required: true
      environment:
        description: Further environment.
        type: dict
        default: {}
      port:
        description: TCP port on which it listens when it is ready.
        type: int
      timeout:
        description: Seconds to wait for O(services[].port).
        type: float
        default: 30.0
seealso:
  - module: golden.images.local_image
  - plugin: golden.images.namespace
    plugin_type: connection
"""

EXAMPLES = r"""
- name: Start a guest with Debian
  golden.images.local_guest:
    name: golden-web
    state_dir: "{{ playbook_dir }}/.golden"
    source:
      bootstrap:
        suite: bookworm
  register: started

- name: Point the host at its guest
  ansible.builtin.set_fact:
    ansible_connection: "{{ started.guest.connection }}"
    ansible_user: "{{ started.guest.vars.ansible_user }}"
    ansible_namespace_folder: "{{ started.guest.vars.ansible_namespace_folder }}"

- name: Remove it
  golden.images.local_guest:
    name: golden-web
    state: absent
    state_dir: "{{ playbook_dir }}/.golden"
"""

RETURN = r"""
guest:
  description: How Ansible reaches the guest.
  returned: when O(state=started)
  type: dict
  contains:
    name:
      description: Name of the guest.
      type: str
      returned: always
    connection:
      description: Connection plugin to use.
      type: str
      returned: always
    vars:
      description: Variables that the connection plugin needs.
      type: dict
      returned: always
"""

from ansible_collections.golden.images.plugins.module_utils._builders.local.guest import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
