#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts of an image file."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: local_image_info
short_description: Look into an image file
version_added: 1.0.0
description:
  - Reads an OCI image archive, a file that C(docker save) wrote, or a tar of a root file tree.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  path:
    description: Path of the file.
    type: path
    required: true
  reference:
    description: Which image of an archive with several, by its name.
    type: str
seealso:
  - module: golden.images.local_image
"""

EXAMPLES = r"""
- name: Look into an image
  golden.images.local_image_info:
    path: output/web/1.4.0/local/web-1.4.0-local.oci.tar
  register: looked
"""

RETURN = r"""
exists:
  description: Whether there is such a file.
  returned: always
  type: bool
path:
  description: Absolute path.
  returned: when it exists
  type: str
size:
  description: Bytes.
  returned: when it exists
  type: int
sha256:
  description: Hex digest of the file.
  returned: when it exists
  type: str
kind:
  description: V(image) or V(rootfs).
  returned: when it exists
  type: str
id:
  description: Digest of the image's configuration.
  returned: when RV(kind=image)
  type: str
config:
  description: How the image is run, in the words of the option O(golden.images.local_image#module:config).
  returned: when RV(kind=image)
  type: dict
layers:
  description: Digests of the layers, from the lowest.
  returned: when RV(kind=image)
  type: list
  elements: str
"""

from ansible_collections.golden.images.plugins.module_utils._builders.local.image import INFO_OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(INFO_OPERATION)


if __name__ == "__main__":
    main()
