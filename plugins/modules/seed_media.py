#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.seed_media``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: seed_media
short_description: Make a CD or floppy image that an installer or cloud-init reads
version_added: 1.0.0
description:
  - Makes the image with files, folders and inline content. No other program is needed.
  - The same content gives the same bytes, so an image that is there already stays as it is.
  - In a build the image is removed at its end, however that comes about. Elsewhere it stays until it is made V(absent).
extends_documentation_fragment:
  - golden.images.attributes
attributes:
  diff_mode:
    support: full
options:
  dest:
    description: Path of the image. Its folder is made when it is not there, and only its owner may read the image.
    type: path
    required: true
  kind:
    description:
      - V(cd) is ISO 9660 with Rock Ridge and Joliet, V(floppy) is FAT12 of 1.44 MB.
      - V(cd) needs the Python package C(pycdlib).
    type: str
    choices: [cd, floppy]
    default: cd
  label:
    description:
      - Label of the medium, by which those that read it find it. cloud-init looks for V(cidata), Anaconda for V(OEMDRV).
      - At most 16 characters on a CD and 11 on a floppy, where it is in capital letters.
    type: str
    default: cidata
  files:
    description:
      - Files and folders of this machine, also with wildcards. A file comes into the root of the medium.
      - A folder comes there with all that is in it, or only what is in it when a slash follows its name.
    type: list
    elements: str
    default: []
  content:
    description: Text of further files by their path on the medium. It is shown in no log.
    type: dict
    default: {}
  state:
    description: Whether the image is to be there.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: golden.images.installer_media
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Make a CD for cloud-init
  golden.images.seed_media:
    dest: /tmp/web-seed.iso
    content:
      meta-data: |
        instance-id: web-1
      user-data: |
        #cloud-config
        ssh_authorized_keys:
          - {{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}

- name: Make a floppy for the setup of Windows
  golden.images.seed_media:
    dest: /tmp/windows.img
    kind: floppy
    label: SETUP
    files:
      - "{{ playbook_dir }}/windows/autounattend.xml"
      - "{{ playbook_dir }}/windows/drivers"

- name: Remove it
  golden.images.seed_media:
    dest: /tmp/windows.img
    state: absent
"""

RETURN = r"""
path:
  description: Absolute path of the image.
  returned: always
  type: str
  sample: /tmp/web-seed.iso
label:
  description: Its label.
  returned: when O(state=present)
  type: str
  sample: cidata
sha256:
  description: Hex digest of the image.
  returned: when O(state=present)
  type: str
size:
  description: Bytes of the image.
  returned: when O(state=present)
  type: int
files:
  description: Paths on the medium.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [meta-data, user-data]
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._media.seed import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
