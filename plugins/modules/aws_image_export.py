#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An AMI as a disk file."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_image_export
short_description: Export an AMI as a disk file to S3, and download it
version_added: 1.0.0
description:
  - Has EC2 write an AMI as a disk to S3, and downloads it when a folder is given.
  - The account needs the service role C(vmimport). EC2 refuses AMIs with software of others, such as those of the Marketplace.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  image_id:
    description: Id of the AMI.
    type: str
  artifact:
    description: Instead of it, what M(golden.images.aws_image) returned.
    type: dict
  format:
    description: Format of the disk.
    type: str
    choices: [vmdk, vhd, raw]
    default: vmdk
  bucket:
    description: Bucket in the region of the AMI.
    type: str
    required: true
  prefix:
    description: What the object's key begins with.
    type: str
    default: exports/
  role_name:
    description: Service role. When not given, C(vmimport).
    type: str
  description:
    description: Description of the export.
    type: str
  directory:
    description: Folder to download the disk to. When not given, it stays in S3.
    type: path
  file_stem:
    description: Name of the file without its format. When not given, the id of the AMI.
    type: str
  force:
    description: Export again when the file is there already.
    type: bool
    default: false
  delete_object:
    description: Delete the object when the disk is downloaded.
    type: bool
    default: false
  export_wait:
    description: How to wait for the export.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 14400
      interval:
        description: Seconds between two looks.
        type: float
        default: 15
extends_documentation_fragment:
  - golden.images.aws_account
seealso:
  - module: golden.images.aws_image
  - module: golden.images.aws_image_import
"""

EXAMPLES = r"""
- name: A disk for a hypervisor
  golden.images.aws_image_export:
    region: eu-west-1
    image_id: ami-0123456789abcdef0
    bucket: my-images
    directory: dist
    delete_object: true
"""

RETURN = r"""
image_id:
  description: Id of the AMI.
  returned: when it was exported
  type: str
bucket:
  description: Bucket of the object.
  returned: when the object is there
  type: str
key:
  description: Its key.
  returned: when the object is there
  type: str
path:
  description: The file.
  returned: when O(directory) is given
  type: str
size:
  description: Its bytes.
  returned: when it was downloaded
  type: int
sha256:
  description: Its digest.
  returned: when it was downloaded
  type: str
artifact:
  description: O(artifact) with the file.
  returned: when O(artifact) and O(directory) are given and it was downloaded
  type: dict
"""

from ansible_collections.golden.images.plugins.module_utils._builders.aws.exporting import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
