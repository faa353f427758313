#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.checksum``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: checksum
short_description: Write checksum files of an artifact
version_added: 1.0.0
description:
  - Writes files that C(sha256sum -c) and its relatives verify, with names relative to the folder they are in, and adds them to the artifact.
  - A file whose content differs from the record of the artifact is an error.
  - A checksum file that is right already is not written again.
attributes:
  diff_mode:
    support: full
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
options:
  kinds:
    description: Only files of these kinds, for instance V(rootfs.tar). Every file when not given.
    type: list
    elements: str
  algorithms:
    description: Which digests to write.
    type: list
    elements: str
    choices: [sha224, sha256, sha384, sha512, sha1, md5]
    default: [sha256]
  sums_file:
    description: Write one file per algorithm with a line for each file, V(SHA256SUMS), in place of one beside each file, V(<file>.sha256).
    type: bool
    default: false
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Write SHA256SUMS and SHA512SUMS
  golden.images.checksum:
    artifact: "{{ golden_artifact }}"
    algorithms: [sha256, sha512]
    sums_file: true
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
checksums:
  description: Digest by file and algorithm.
  type: dict
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.checksum import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
