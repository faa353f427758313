#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A disk file as an AMI."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_image_import
short_description: Make an AMI of a disk file
version_added: 1.0.0
description:
  - Uploads a disk to S3, has EC2 import it as a snapshot, and registers that as an AMI. The disk is taken as it is, whatever system is on it.
  - An AMI of the same name that was made of the same disk is left alone.
  - The account needs the service role C(vmimport).
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
  name:
    description: Name of the AMI. C({date}) and C({time}) stand for the moment.
    type: str
    required: true
  path:
    description: The disk, a file.
    type: path
  key:
    description: Instead of it, an object of O(bucket).
    type: str
  bucket:
    description: Bucket in the region of the AMI.
    type: str
    required: true
  prefix:
    description: What the key of the uploaded object begins with.
    type: str
    default: imports/
  keep_object:
    description: Keep the uploaded object.
    type: bool
    default: false
  object_encryption:
    description: How S3 encrypts it. When not given, as the bucket says.
    type: str
    choices: [AES256, "aws:kms"]
  object_kms_key_id:
    description: With what key, for V(aws:kms).
    type: str
  format:
    description: Format of the disk. When not given, as the name of the file says.
    type: str
    choices: [vmdk, vhd, raw]
  role_name:
    description: Service role. When not given, C(vmimport).
    type: str
  description:
    description: Description of the AMI.
    type: str
  architecture:
    description: Architecture.
    type: str
    choices: [x86_64, arm64, i386]
    default: x86_64
  boot_mode:
    description: Boot mode.
    type: str
    choices: [legacy-bios, uefi, uefi-preferred]
    default: legacy-bios
  uefi_data:
    description: Variables of the firmware, such as the keys of secure boot, as C(python-uefivars) writes them.
    type: str
  tpm_support:
    description: Whether instances have a NitroTPM (2.0); needs UEFI.
    type: bool
    default: false
  imds_support:
    description: V(v2.0) has instances require IMDSv2.
    type: str
    choices: [v2.0]
  ena_support:
    description: Whether instances have enhanced networking (ENA).
    type: bool
    default: true
  sriov_net_support:
    description: Whether instances have the older enhanced networking (Intel 82599).
    type: bool
    default: false
  root_device_name:
    description: Root device.
    type: str
    default: /dev/xvda
  volume_size:
    description: Size of the root volume in GiB. When not given, that of the disk.
    type: int
  volume_type:
    description: Its type.
    type: str
    choices: [gp3, gp2, io1, io2, standard]
    default: gp3
  iops:
    description: Its operations per second.
    type: int
  throughput:
    description: Its MiB per second.
    type: int
  encrypt:
    description: Encrypt the snapshot.
    type: bool
    default: false
  kms_key_id:
    description: With what key. When not given, the account's default key.
    type: str
  tags:
    description: Tags of the AMI and its snapshot.
    type: dict
    default: {}
  replace:
    description: Whether an AMI of the same name that was made of another disk may be replaced, when the snapshot of the new one is complete.
    type: bool
    default: false
  import_wait:
    description: How to wait for the snapshot.
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
  image_wait:
    description: How to wait for the AMI.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 600
      interval:
        description: Seconds between two looks.
        type: float
        default: 2
extends_documentation_fragment:
  - golden.images.aws_account
seealso:
  - module: golden.images.aws_image
  - module: golden.images.aws_image_export
"""

EXAMPLES = r"""
- name: An AMI of a disk that was built elsewhere
  golden.images.aws_image_import:
    region: eu-west-1
    name: web-1.4.0
    path: dist/web-1.4.0.raw
    bucket: my-images
    boot_mode: uefi-preferred
    imds_support: v2.0
  register: web
"""

RETURN = r"""
image_id:
  description: Id of the AMI.
  returned: when it is there
  type: str
name:
  description: Its name.
  returned: when it is there
  type: str
region:
  description: Its region.
  returned: when it is there
  type: str
snapshots:
  description: Its snapshots.
  returned: when it is there
  type: list
  elements: str
"""

from ansible_collections.golden.images.plugins.module_utils._builders.aws.importing import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
