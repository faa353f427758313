#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guest of the AWS builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_guest
short_description: Launch and remove the EC2 instance that an image is made of
version_added: 1.0.0
description:
  - Launches an instance with a temporary key and a temporary security group that lets in nobody but the machine that runs this module,
    waits until it runs, and says how to reach it; its host key is known by then.
  - The instance is found by its tag C(golden.guest). All that is made carries the same tag from its creation on, and goes with O(state=absent).
  - A launch that fails leaves nothing behind.
  - Runs on the controller; with C(delegate_to) on another machine.
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
    description: Name of the guest, unique in the account and region.
    type: str
    required: true
  state:
    description: Whether the instance runs, is stopped, or does not exist. For V(absent) give the same options as for V(started).
    type: str
    choices: [started, stopped, absent]
    default: started
  source:
    description: The AMI to launch from. Required for O(state=started).
    type: dict
    suboptions:
      image_id:
        description: Id of the AMI.
        type: str
      image_ids:
        description: Regions to ids of AMIs, of which the one for O(region) is taken.
        type: dict
      ssm_parameter:
        description: Parameter of the Systems Manager that holds the id, such as C(/aws/service/debian/release/12/latest/amd64).
        type: str
      name:
        description: Name of the AMI, with C(*) and C(?) as wildcards; needs O(source.owners).
        type: str
      owners:
        description: Account ids, V(self), V(amazon) or V(aws-marketplace).
        type: list
        elements: str
      filters:
        description: Filters of C(DescribeImages), such as C(architecture); a value may be a list of alternatives. Needs O(source.owners).
        type: dict
      most_recent:
        description: Take the newest of several, instead of refusing them.
        type: bool
        default: false
      include_deprecated:
        description: Find images past their deprecation too.
        type: bool
        default: false
  directory:
    description:
      - Folder for the private key, the host key and the password of the guest; made for this user alone. O(state=absent) removes them.
      - Required for O(state=started).
    type: path
  purpose:
    description: A guest to V(verify) an image has the volumes of the image and no others.
    type: str
    choices: [build, verify]
    default: build
  labels:
    description: Tags of everything that is made. Those named C(golden.run), C(golden.build), C(golden.host) and C(golden.expires) mark it as temporary.
    type: dict
    default: {}
  surrogate:
    description: A further volume that is to become the root volume of the image, see M(golden.images.aws_image).
    type: dict
    suboptions:
      device_name:
        description: Device to attach it as.
        type: str
        required: true
      volume_size:
        description: Size in GiB.
        type: int
      volume_type:
        description: Type.
        type: str
        choices: [gp3, gp2, io1, io2, standard]
        default: gp3
      iops:
        description: Operations per second.
        type: int
      throughput:
        description: MiB per second.
        type: int
      snapshot_id:
        description: Snapshot that it is made of.
        type: str
      root_device_name:
        description: Root device of the image.
        type: str
      omit_devices:
        description: Devices of the guest that are left out of the image.
        type: list
        elements: str
        default: []
      method:
        description: How the image is made.
        type: str
        choices: [register, swap]
        default: register
      architecture:
        description: Architecture of the image.
        type: str
        choices: [x86_64, arm64, i386, x86_64_mac, arm64_mac]
extends_documentation_fragment:
  - golden.images.aws_launch
  - golden.images.aws_connection
  - golden.images.aws_account
seealso:
  - module: golden.images.aws_image
"""

EXAMPLES = r"""
- name: Launch a guest
  golden.images.aws_guest:
    name: golden-web
    region: eu-west-1
    instance_types: [t3.small, t3a.small]
    source:
      name: debian-12-amd64-*
      owners: ["136693071363"]
      most_recent: true
    user: admin
    directory: "{{ playbook_dir }}/.keys"
  register: guest

- name: Remove it and all that was made for it, whatever state it is in
  golden.images.aws_guest:
    name: golden-web
    region: eu-west-1
    directory: "{{ playbook_dir }}/.keys"
    state: absent
"""

RETURN = r"""
guest:
  description: How to reach the guest.
  returned: when O(state=started)
  type: dict
  contains:
    name:
      description: Name of the guest.
      type: str
      returned: always
    id:
      description: Id of the instance.
      type: str
      returned: when it runs
    type:
      description: Its instance type.
      type: str
      returned: when it runs
    availability_zone:
      description: Its zone.
      type: str
      returned: when it runs
    connection:
      description: Connection plugin.
      type: str
      returned: always
    vars:
      description: Variables of the host that the connection needs, without a password.
      type: dict
      returned: always
    password_file:
      description: File with the administrator's password, for Windows.
      type: str
      returned: when it runs
    wait:
      description: Whether it has to be waited for.
      type: bool
      returned: when it runs
    wait_timeout:
      description: For how many seconds at most.
      type: float
      returned: when it runs
    wait_interval:
      description: Seconds between two tries.
      type: float
      returned: when it runs
"""

from ansible_collections.golden.images.plugins.module_utils._builders.aws.guest import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
