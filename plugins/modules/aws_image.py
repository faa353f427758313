#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The image of the AWS builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_image
short_description: Make an AMI of an instance, publish it in many regions, prune old ones
version_added: 1.0.0
description:
  - Captures a guest of M(golden.images.aws_guest), or any instance, as an AMI under a temporary name.
  - Publishes a captured AMI, which gives it its final name, copies, encryption, permissions, deprecation and tags. What had the name before goes last.
  - Prunes old AMIs, and removes AMIs with their snapshots.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: partial
    description: For O(state=published), O(state=pruned) and O(state=absent) it lists what is done.
options:
  state:
    description:
      - V(captured) stops the instance O(guest) and makes an AMI of it.
      - V(published) makes the AMIs of O(artifact) available. It can be repeated, and adds what is missing.
      - V(pruned) deprecates and then removes old AMIs as O(retention) says.
      - V(absent) removes the AMIs O(names).
    type: str
    choices: [captured, published, pruned, absent]
    default: captured
  guest:
    description: Name of the guest, or id of an instance. Required for O(state=captured).
    type: str
  provisional:
    description:
      - Capture under a temporary name, which begins with C(golden-temporary/), so that nobody who looks for the newest image by its name takes it before it
        was verified.
      - With V(false) it has its final name from the beginning, when that is free and O(encrypt) is not set.
    type: bool
    default: true
  artifact:
    description: What a capture returned. Required for O(state=published).
    type: dict
  names:
    description:
      - Names or ids of AMIs. For O(state=pruned) patterns of names with C(*) and C(?).
      - Required for O(state=absent).
    type: list
    elements: str
    default: []
  select_tags:
    description: For O(state=pruned), tags of the AMIs that it is about, C(golden.build) for instance.
    type: dict
    default: {}
  delete_snapshots:
    description: For O(state=absent), also delete snapshots that no other AMI needs.
    type: bool
    default: true
  retention:
    description: Which AMIs stay, counted for each build and region. Required for O(state=pruned).
    type: dict
    suboptions:
      keep:
        description: So many of the newest stay, whatever their age; V(1) when only O(retention.max_age) is given.
        type: int
      max_age:
        description: Others stay until they are older, for instance V(90d).
        type: str
      deprecate_for:
        description: How long an AMI is deprecated before a later call removes it. V(0) removes it at once.
        type: str
        default: 7d
  image_name:
    description:
      - Name of the AMI in all its regions. Characters that EC2 does not take become dashes.
      - C({image}), C({builder}), C({version}), C({fingerprint}), C({run}) and C({source}) are known within a build only, C({date}) and C({time}) always.
    type: str
    default: "{image}-{version}-{builder}-{time}"
  replace:
    description: Whether an AMI of the same name may be replaced, when the new one is complete. Otherwise it is an error, before anything is made.
    type: bool
    default: false
  copy_regions:
    description: Regions to copy the AMI to, all at the same time.
    type: list
    elements: str
    default: []
  keep_in_build_region:
    description: Whether the AMI is to stay in the region where it was made.
    type: bool
    default: true
  encrypt:
    description: Encrypt the AMI in every region, each from the captured one by a single copy.
    type: bool
    default: false
  kms_key_id:
    description: Key for the region of the build. When not given, the account's default key.
    type: str
  region_kms_keys:
    description: Regions to keys. When any key is given, each of O(copy_regions) needs one; V(alias/aws/ebs) is the default key.
    type: dict
    default: {}
  keep_copies:
    description: Keep copies that were made when another one fails; a repeated call goes on with them. Otherwise they are removed.
    type: bool
    default: false
  copy_duration_minutes:
    description: Have EC2 complete copies to other regions within so many minutes, a multiple of 15, for a price.
    type: int
  image_tags:
    description: Tags of the AMIs.
    type: dict
    default: {}
  snapshot_tags:
    description: Tags of their snapshots.
    type: dict
    default: {}
  capture:
    description: With V(discard) nothing is made; to try whether an image can be built.
    type: str
    choices: [image, discard]
    default: image
  stop_mode:
    description:
      - V(stop) stops the instance first.
      - V(await) waits until it stops by itself.
      - V(none) makes the AMI of a running instance, whose file systems need not be consistent then.
      - A spot instance cannot be stopped; EC2 restarts it while the AMI is made.
    type: str
    choices: [stop, await, none]
    default: stop
  image_description:
    description: Description of the AMI.
    type: str
  image_block_devices:
    description: Block devices of the AMI that differ from those of the instance.
    type: list
    elements: dict
    default: []
    suboptions:
      device_name:
        description: Name of the device.
        type: str
        required: true
      volume_size:
        description: Size in GiB.
        type: int
      volume_type:
        description: Type.
        type: str
        choices: [gp3, gp2, io1, io2, st1, sc1, standard]
      iops:
        description: Operations per second.
        type: int
      throughput:
        description: MiB per second.
        type: int
      snapshot_id:
        description: Snapshot to make the volume of.
        type: str
      delete_on_termination:
        description: Whether the volume goes with its instance.
        type: bool
        default: true
      encrypted:
        description: Whether an empty volume is encrypted.
        type: bool
      kms_key_id:
        description: With what key.
        type: str
      virtual_name:
        description: An instance store, V(ephemeral0) and so on.
        type: str
      no_device:
        description: Leave the device of the instance out.
        type: bool
        default: false
  ena_support:
    description: Whether instances have enhanced networking (ENA). When not given, as the source.
    type: bool
  sriov_net_support:
    description: Whether instances have the older enhanced networking (Intel 82599).
    type: bool
  boot_mode:
    description: Boot mode. When not given, as the source.
    type: str
    choices: [legacy-bios, uefi, uefi-preferred]
  tpm_support:
    description: Whether instances have a NitroTPM (2.0); needs UEFI.
    type: bool
    default: false
  uefi_data:
    description: Variables of the firmware, such as the keys of secure boot, as C(python-uefivars) writes them.
    type: str
  imds_support:
    description: V(v2.0) has instances require IMDSv2. There is no way back.
    type: str
    choices: [v2.0]
  surrogate:
    description:
      - A volume of the guest that becomes the root volume of the AMI.
      - As an option of the builder it is also attached to the guest.
    type: dict
    suboptions:
      device_name:
        description: Device that it is attached as.
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
        description: Root device of the AMI. When not given, that of the instance.
        type: str
      omit_devices:
        description: Further devices of the guest that are left out of the AMI.
        type: list
        elements: str
        default: []
      method:
        description:
          - V(register) registers snapshots of the guest's volumes; boot mode, architecture and the like can be chosen.
          - V(swap) puts the volume in the place of the guest's root volume and has EC2 create the AMI, which keeps what the source is billed by.
        type: str
        choices: [register, swap]
        default: register
      architecture:
        description: Architecture of the AMI. When not given, that of the instance.
        type: str
        choices: [x86_64, arm64, i386, x86_64_mac, arm64_mac]
  launch_permissions:
    description: Who may launch the AMI; exactly these.
    type: dict
    suboptions:
      users:
        description: Accounts.
        type: list
        elements: str
        default: []
      groups:
        description: V(all) makes it public.
        type: list
        elements: str
        default: []
      organizations:
        description: ARNs of organizations.
        type: list
        elements: str
        default: []
      organizational_units:
        description: ARNs of organizational units.
        type: list
        elements: str
        default: []
  snapshot_permissions:
    description: Who may make volumes of the snapshots; exactly these.
    type: dict
    suboptions:
      users:
        description: Accounts.
        type: list
        elements: str
        default: []
      groups:
        description: V(all) makes them public.
        type: list
        elements: str
        default: []
  product_codes:
    description: Product codes of the Marketplace.
    type: list
    elements: str
    default: []
  deprecate_at:
    description: When the AMI is deprecated, for instance V(2027-01-31T12:00:00Z).
    type: str
  deprecate_after:
    description: How long after its capture the AMI is deprecated, for instance V(90d).
    type: str
  deregistration_protection:
    description: Whether the AMI can be deregistered; V(with_cooldown) goes on for 24 hours after it was allowed.
    type: str
    choices: [disabled, enabled, with_cooldown]
    default: disabled
  fast_launch:
    description: Have EC2 keep snapshots of Windows that is set up already.
    type: dict
    suboptions:
      target_resource_count:
        description: How many snapshots.
        type: int
        default: 5
      max_parallel_launches:
        description: How many instances may be launched at a time to make them, 6 or more.
        type: int
        default: 6
      launch_template_id:
        description: Launch template for that.
        type: str
      launch_template_name:
        description: The same by name.
        type: str
      launch_template_version:
        description: Its version.
        type: str
        default: $Default
      region_launch_templates:
        description: Regions to launch templates, each with C(id) or C(name), and C(version).
        type: dict
        default: {}
  ssm_parameter:
    description: Name of a parameter of Systems Manager that gets the id of the AMI, in each of its regions. Takes the placeholders of O(image_name).
    type: str
  stop_wait:
    description: How to wait for the instance to stop.
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
  volume_wait:
    description: How to wait for the volumes of a surrogate to change places.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 200
      interval:
        description: Seconds between two looks.
        type: float
        default: 1
  snapshot_wait:
    description: How to wait for snapshots of a surrogate.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 3600
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  image_wait:
    description: How to wait for an AMI.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 3600
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  copy_wait:
    description: How to wait for copies.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 7200
      interval:
        description: Seconds between two looks.
        type: float
        default: 10
  fast_launch_wait:
    description: How to wait for O(fast_launch).
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 7200
      interval:
        description: Seconds between two looks.
        type: float
        default: 15
extends_documentation_fragment:
  - golden.images.aws_account
seealso:
  - module: golden.images.aws_guest
  - module: golden.images.aws_image_info
  - module: golden.images.aws_image_export
  - module: golden.images.aws_image_import
"""

EXAMPLES = r"""
- name: Capture an instance
  golden.images.aws_image:
    region: eu-west-1
    guest: i-0123456789abcdef0
    image_name: web-{date}
  register: captured

- name: Make it available, encrypted, in two regions
  golden.images.aws_image:
    state: published
    region: eu-west-1
    artifact: "{{ captured.artifact }}"
    copy_regions: [us-east-1]
    encrypt: true
    launch_permissions:
      organizations: [arn:aws:organizations::123456789012:organization/o-exampleorgid]
    kms_key_id: alias/images
    region_kms_keys:
      us-east-1: alias/images
    deprecate_after: 180d
    ssm_parameter: /images/web/latest

- name: Keep the five newest, and those that are younger than 90 days
  golden.images.aws_image:
    state: pruned
    region: eu-west-1
    names: [web-*]
    retention:
      keep: 5
      max_age: 90d

- name: Remove one with its snapshots
  golden.images.aws_image:
    state: absent
    region: eu-west-1
    names: [web-20260131]
"""

RETURN = r"""
name:
  description: The name that the AMI is to have in the end.
  returned: when O(state=captured)
  type: str
artifact:
  description: The artifact record.
  returned: when O(state=captured) or O(state=published)
  type: dict
  contains:
    id:
      description: Id of the AMI in O(ignore:artifact.location).
      type: str
      returned: always
    location:
      description: Region.
      type: str
      returned: always
    metadata:
      description: Facts of the AMI; C(images) has its id, and C(snapshots) its snapshots, for each region.
      type: dict
      returned: always
actions:
  description: What was done, or would be in check mode, one sentence each.
  returned: when O(state=published)
  type: list
  elements: str
  sample: ["copy the image to us-east-1 as web-20260131"]
images:
  description: What became of each AMI.
  returned: when O(state=pruned) or O(state=absent)
  type: list
  elements: dict
  contains:
    image_id:
      description: Id.
      type: str
      returned: always
    name:
      description: Name.
      type: str
      returned: always
    region:
      description: Region.
      type: str
      returned: always
    action:
      description: V(keep), V(deprecate) or V(remove).
      type: str
      returned: when O(state=pruned)
    reason:
      description: Why.
      type: str
      returned: when O(state=pruned)
    created:
      description: When it was made.
      type: str
      returned: when O(state=pruned)
"""

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
