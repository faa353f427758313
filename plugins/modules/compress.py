#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.compress``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compress
short_description: Compress the files of an artifact
version_added: 1.0.0
description:
  - Makes an archive of the files, or compresses each of them. The artifact then consists of the result, and of the files that were not chosen.
  - The same files and options give the same bytes; the time in archives is that of the artifact.
  - When the same file is there already, it stays and nothing is changed.
  - The files of the given artifact are never removed.
  - V(zst) and V(tar.zst) need the program C(zstd) or the Python package C(zstandard).
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
options:
  kinds:
    description: Only files of these kinds, for instance V(rootfs.tar). Every file when not given.
    type: list
    elements: str
  format:
    description: V(gz), V(xz) and V(zst) compress each file for itself, the others make one archive.
    type: str
    choices: [tar, tar.gz, tar.xz, tar.zst, zip, gz, xz, zst]
    default: tar.gz
  level:
    description: How hard to try, 0 to 9 for gz, xz and zip, 1 to 19 for zstd. When not given it is 6, and 3 for zstd.
    type: int
  threads:
    description: How many threads xz (which needs the program C(xz) for more than one) and zstd use, 0 for one per core. The other formats know one only.
    type: int
    default: 1
  output:
    description: Path of the result, relative to the build's output folder. When not given, the artifact's name and the format.
    type: path
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Make a compressed archive
  golden.images.compress:
    artifact: "{{ golden_artifact }}"
    kinds: [rootfs.tar]
    format: tar.zst
    level: 19
    threads: 0
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.compress import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
