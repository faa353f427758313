#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.installer_media``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: installer_media
short_description: Download an installation medium, or whatever else a build starts from
version_added: 1.0.0
description:
  - Downloads a file from the first of several URLs that works, checks it, and keeps it by its content, so that it is downloaded once.
  - A download goes on where an earlier one stopped. One that another run makes at the same time is waited for.
  - Progress is told while it goes on.
extends_documentation_fragment:
  - golden.images.attributes
attributes:
  diff_mode:
    support: full
options:
  urls:
    description: Where the file is, tried in this order. All of them have the same content. What follows a question mark is shown in no log.
    type: list
    elements: str
  path:
    description: A file of this machine, which is checked when there is a O(checksum), and used where it is.
    type: path
  checksum:
    description:
      - A digest as V(sha256:<hex digits>), or without the name of the algorithm, which follows from the number of digits.
      - Or where a file of checksums is, a URL or a path, also after V(file:). It may be written as GNU coreutils or as BSD do, and lists the file
        by the name in which one of the O(urls) ends. The strongest algorithm in it counts.
      - Needed with O(urls). V(md5) and V(sha1) are accepted with a warning.
    type: str
  extension:
    description:
      - What the name of the kept file ends in, for programs that go by it, for instance V(ova).
      - When not given, what the first of the O(urls) ends in; nothing when empty.
    type: str
  cache_dir:
    description:
      - Folder where downloads are kept.
      - When not given, the folder C(cache/downloads) of the build's state; outside of builds C(golden.images/downloads) in E(XDG_CACHE_HOME) or C(~/.cache).
    type: path
  state:
    description: Whether the download is to be kept. V(absent) removes it from the folder, and never a O(path).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: golden.images.seed_media
  - module: ansible.builtin.get_url
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Download an installer, checked by what its publisher says
  golden.images.installer_media:
    urls:
      - https://mirror.example.org/debian-cd/12.9.0/amd64/iso-cd/debian-12.9.0-amd64-netinst.iso
      - https://cdimage.debian.org/cdimage/archive/12.9.0/amd64/iso-cd/debian-12.9.0-amd64-netinst.iso
    checksum: https://cdimage.debian.org/cdimage/archive/12.9.0/amd64/iso-cd/SHA256SUMS
  register: installer

- name: Check a file that is here already
  golden.images.installer_media:
    path: /srv/iso/server.iso
    checksum: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
"""

RETURN = r"""
path:
  description: Absolute path of the file.
  returned: when O(state=present)
  type: str
  sample: /home/me/.cache/golden.images/downloads/e3b0c442.iso
checksum:
  description: Its digest, with the name of the algorithm.
  returned: always
  type: str
  sample: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
size:
  description: Bytes of the file.
  returned: when O(state=present), and the file is there in check mode
  type: int
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._media.installer import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
