# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say what a guest is launched as."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``LAUNCH_SPEC``."""

    DOCUMENTATION = r"""
options:
  instance_types:
    description: Instance types, tried in this order over all subnets until one has room. Required for O(state=started).
    type: list
    elements: str
    aliases: [instance_type]
  spot:
    description: Launch a spot instance, chosen among all O(instance_types) and subnets by an instant fleet.
    type: dict
    suboptions:
      allocation_strategy:
        description: How the fleet chooses. With V(capacity-optimized-prioritized) the order of O(instance_types) counts.
        type: str
        choices: [price-capacity-optimized, capacity-optimized, capacity-optimized-prioritized, diversified, lowest-price]
        default: price-capacity-optimized
      max_price:
        description: Most to pay for an hour, in US dollars; the on-demand price when not given.
        type: float
      on_demand_fallback:
        description: Go on with an on-demand instance when there is no spot capacity, instead of waiting for some.
        type: bool
        default: false
  vpc_id:
    description: VPC whose subnets are tried, those with the most free addresses first. Without any of the options for VPCs and subnets, the default VPC.
    type: str
  vpc_filter:
    description: The same, found by its properties; it has to match exactly one VPC.
    type: dict
    suboptions:
      filters:
        description: Filters of C(DescribeVpcs); a value may be a list of alternatives.
        type: dict
        required: true
  subnet_ids:
    description: Subnets, tried in this order.
    type: list
    elements: str
    default: []
    aliases: [subnet_id]
  subnet_filter:
    description: Subnets found by their properties.
    type: dict
    suboptions:
      filters:
        description: Filters of C(DescribeSubnets); a value may be a list of alternatives.
        type: dict
        required: true
      choose:
        description: V(only) refuses several; V(most_free) tries all, those with the most free addresses first; V(random) tries all in any order.
        type: str
        choices: [only, most_free, random]
        default: only
  availability_zones:
    description: Use only subnets in these zones.
    type: list
    elements: str
    default: []
    aliases: [availability_zone]
  associate_public_ip_address:
    description: Give the guest a public address, or none; as the subnet says when not given.
    type: bool
  security_group_ids:
    description: Security groups. Without any, a temporary one lets in whom O(ingress_cidrs) says.
    type: list
    elements: str
    default: []
  security_group_filter:
    description: Security groups found by their properties, in the VPC of the guest; all that match are used.
    type: dict
    suboptions:
      filters:
        description: Filters of C(DescribeSecurityGroups); a value may be a list of alternatives.
        type: dict
        required: true
  ingress_cidrs:
    description:
      - Networks that the temporary security group lets in, to the port of the connection alone.
      - Without any, only the address of the machine that runs this module. With O(address=session_manager) nobody.
    type: list
    elements: str
    default: []
  caller_address_url:
    description: Where this machine asks for its public address; only asked when the guest has a public address and O(ingress_cidrs) is empty.
    type: str
    default: https://checkip.amazonaws.com
  key_name:
    description: A key pair of AWS. Without it a temporary one is made, whose private part does not leave this machine.
    type: str
  private_key_file:
    description: Private key of O(key_name); without it that of the SSH agent or settings is used.
    type: path
  temporary_key_type:
    description: Type of the temporary key; V(ed25519) unless Windows needs V(rsa).
    type: str
    choices: [ed25519, rsa]
  instance_connect:
    description: Make no key pair; EC2 Instance Connect lets a temporary key in for each connection.
    type: bool
    default: false
  instance_profile:
    description: Instance profile by name or ARN.
    type: str
  temporary_instance_profile:
    description: Make an instance profile and a role that go with the guest.
    type: dict
    suboptions:
      policy:
        description: Policy of the role.
        type: dict
      policy_arns:
        description: ARNs of managed policies to attach.
        type: list
        elements: str
        default: []
      permissions_boundary:
        description: ARN of the policy that limits what the role can be allowed.
        type: str
  user_data:
    description: User data, as text.
    type: str
  user_data_file:
    description: File with user data.
    type: path
  user_data_gzip:
    description: Compress the user data, which cloud-init understands.
    type: bool
    default: false
  launch_block_devices:
    description: Volumes of the guest, in addition to or in place of those of the source image.
    type: list
    elements: dict
    default: []
    suboptions:
      device_name:
        description: Device, such as C(/dev/sda1).
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
        description: Operations per second; for gp3, io1 and io2.
        type: int
      throughput:
        description: MiB per second; for gp3.
        type: int
      volume_initialization_rate:
        description: MiB per second at which a snapshot is loaded into the volume.
        type: int
      snapshot_id:
        description: Snapshot that the volume is made of.
        type: str
      delete_on_termination:
        description: Whether the volume goes with the guest. With V(false) nobody removes it.
        type: bool
        default: true
      encrypted:
        description: Encrypt it.
        type: bool
      kms_key_id:
        description: Key to encrypt it with, as id, alias or ARN; needs O(launch_block_devices[].encrypted=true).
        type: str
      virtual_name:
        description: An instance store volume, C(ephemeral0), instead.
        type: str
      no_device:
        description: Leave out this device of the source image.
        type: bool
        default: false
  placement:
    description: Where on AWS' hardware.
    type: dict
    suboptions:
      tenancy:
        description: Whether to share the hardware with others.
        type: str
        choices: [default, dedicated, host]
      host_id:
        description: A dedicated host.
        type: str
      host_resource_group_arn:
        description: A group of dedicated hosts.
        type: str
      group_name:
        description: A placement group.
        type: str
      partition_number:
        description: Partition of the placement group.
        type: int
      affinity:
        description: Whether a stopped guest starts on the same dedicated host.
        type: str
        choices: [default, host]
  license_configuration_arns:
    description: License configurations.
    type: list
    elements: str
    default: []
  capacity_reservation:
    description: Capacity reservation; one of its options.
    type: dict
    suboptions:
      preference:
        description: Whether any open reservation may be used.
        type: str
        choices: [open, none, capacity-reservations-only]
      id:
        description: A reservation.
        type: str
      resource_group_arn:
        description: A group of reservations.
        type: str
  metadata_options:
    description: The instance metadata service.
    type: dict
    suboptions:
      http_endpoint:
        description: Whether there is one. Without it cloud-init finds neither keys nor user data.
        type: bool
        default: true
      http_tokens:
        description: Whether a session token is needed (IMDSv2).
        type: str
        choices: [required, optional]
        default: required
      http_put_response_hop_limit:
        description: Network hops that a token may travel; 2 for containers in the guest.
        type: int
        default: 1
      http_protocol_ipv6:
        description: Offer it by IPv6 too.
        type: bool
        default: false
      instance_metadata_tags:
        description: Show the guest its tags.
        type: bool
        default: false
  ebs_optimized:
    description: EBS optimization; as the instance type says when not given.
    type: bool
  enclave:
    description: Enable AWS Nitro Enclaves.
    type: bool
    default: false
  unlimited_credits:
    description: Whether a burstable guest may use more than its CPU credits; as the account says when not given.
    type: bool
  shutdown_behavior:
    description:
      - What happens when the guest shuts itself down. V(terminate) when not given, so that a forgotten guest can end itself;
        V(stop) for Windows, where generalizing ends with that.
    type: str
    choices: [terminate, stop]
  guest_tags:
    description: Tags of the instance and of everything that is made for it.
    type: dict
    default: {}
  volume_tags:
    description: Tags of its volumes in addition.
    type: dict
    default: {}
  capacity_wait:
    description: How long, and how often, all types and subnets are tried when none has room.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 300
      interval:
        description: Seconds between two looks.
        type: float
        default: 10
  launch_wait:
    description: How long the instance may take to run.
    type: dict
    suboptions: &wait_600_2
      timeout:
        description: Seconds in all.
        type: float
        default: 600
      interval:
        description: Seconds between two looks.
        type: float
        default: 2
  terminate_wait:
    description: How long it may take to be terminated.
    type: dict
    suboptions: *wait_600_2
  stop_wait:
    description: How long it may take to stop.
    type: dict
    suboptions: *wait_600_2
  instance_profile_wait:
    description: How long EC2 may take to learn of a temporary instance profile.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 120
      interval:
        description: Seconds between two looks.
        type: float
        default: 2
"""
