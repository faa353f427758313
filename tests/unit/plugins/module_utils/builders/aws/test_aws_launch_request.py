# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of EC2: every option where it belongs, and nothing that was not asked for."""

from __future__ import annotations

import typing as t

import botocore.session
import pytest
from botocore.validate import ParamValidator

from ansible_collections.golden.images.plugins.module_utils._builders.aws.launch_request import Provided, metadata_options, network_interface, request
from ansible_collections.golden.images.plugins.module_utils._builders.aws.tagging import as_dict

from .conftest import IMAGE_ID

Options = t.Callable[..., dict[str, t.Any]]

PROVIDED = Provided(
    guest="golden-web",
    image={"ImageId": IMAGE_ID},
    tags={"golden.run": "abc"},
    key_name="golden-web",
    group_ids=("sg-1",),
    profile={"Name": "web"},
    user_data=b"#!/bin/sh\n",
)


def assert_valid(shape: str, wanted: dict[str, t.Any]) -> None:
    """Against AWS' own description."""
    model = botocore.session.Session().get_service_model("ec2")
    report = ParamValidator().validate(wanted, model.shape_for(shape))
    assert not report.has_errors(), report.generate_report()


def everything(options: Options) -> dict[str, t.Any]:
    return options(
        ebs_optimized=True,
        enclave=True,
        unlimited_credits=True,
        placement={"tenancy": "host", "host_id": "h-1", "group_name": "g", "partition_number": 2, "affinity": "host"},
        license_configuration_arns=["arn:aws:license-manager:eu-west-1:1:license-configuration/lic-1"],
        capacity_reservation={"id": "cr-1"},
        launch_block_devices=[{"device_name": "/dev/sda1", "volume_size": 20, "volume_type": "gp3", "iops": 4000, "throughput": 250}],
        guest_tags={"team": "images"},
        volume_tags={"team": "disks"},
        shutdown_behavior="stop",
    )


def test_everything_is_where_ec2_expects_it(guest_options: Options) -> None:
    options = everything(guest_options)
    wanted = request(options, PROVIDED, options["launch_block_devices"])
    assert_valid("RunInstancesRequest", {**wanted, "UserData": "text", "MinCount": 1, "MaxCount": 1, "InstanceType": "m6i.xlarge"})
    assert wanted["Placement"] == {"Tenancy": "host", "HostId": "h-1", "GroupName": "g", "PartitionNumber": 2, "Affinity": "host"}
    assert wanted["EnclaveOptions"] == {"Enabled": True}
    assert wanted["CreditSpecification"] == {"CpuCredits": "unlimited"}
    assert wanted["CapacityReservationSpecification"] == {"CapacityReservationTarget": {"CapacityReservationId": "cr-1"}}
    assert wanted["LicenseSpecifications"][0]["LicenseConfigurationArn"].endswith("lic-1")
    assert wanted["InstanceInitiatedShutdownBehavior"] == "stop"
    assert wanted["BlockDeviceMappings"][0]["Ebs"]["Throughput"] == 250
    assert (wanted["IamInstanceProfile"], wanted["KeyName"], wanted["EbsOptimized"]) == ({"Name": "web"}, "golden-web", True)


def test_a_launch_template_takes_the_same(guest_options: Options) -> None:
    options = everything(guest_options)
    wanted = request(options, PROVIDED, options["launch_block_devices"])
    assert_valid("RequestLaunchTemplateData", {**wanted, "UserData": "dGV4dA==", "NetworkInterfaces": [network_interface(options, ["sg-1"], None)]})


def test_little_said_is_safe(guest_options: Options) -> None:
    wanted = request(guest_options(), Provided("golden-web", {"ImageId": IMAGE_ID}, {}), [])
    assert set(wanted) == {"ImageId", "InstanceInitiatedShutdownBehavior", "MetadataOptions", "TagSpecifications"}
    assert wanted["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert wanted["MetadataOptions"]["HttpTokens"] == "required"
    assert wanted["MetadataOptions"]["HttpPutResponseHopLimit"] == 1


def test_windows_stops_when_it_shuts_itself_down(guest_options: Options) -> None:
    assert request(guest_options(connection="psrp"), PROVIDED, [])["InstanceInitiatedShutdownBehavior"] == "stop"


def test_all_that_is_launched_carries_the_marks(guest_options: Options) -> None:
    options = guest_options(volume_tags={"team": "disks"})
    tags = {entry["ResourceType"]: as_dict(entry["Tags"]) for entry in request(options, PROVIDED, [])["TagSpecifications"]}
    assert set(tags) == {"instance", "volume", "network-interface"}
    assert all(found["golden.run"] == "abc" and found["golden.guest"] == "golden-web" for found in tags.values())
    assert (tags["volume"]["team"], tags["instance"]["Name"]) == ("disks", "golden-web")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"associate_public_ip_address": False}, {"AssociatePublicIpAddress": False}),
        ({"associate_public_ip_address": True}, {"AssociatePublicIpAddress": True}),
        ({"address": "ipv6"}, {"Ipv6AddressCount": 1}),
    ],
)
def test_a_public_address_is_as_the_subnet_says_unless_asked_for(options: dict[str, t.Any], expected: dict[str, t.Any], guest_options: Options) -> None:
    common = {"DeviceIndex": 0, "DeleteOnTermination": True, "Groups": ["sg-1"], "SubnetId": "subnet-1"}
    assert network_interface(guest_options(**options), ["sg-1"], "subnet-1") == {**common, **expected}


def test_the_metadata_service_can_be_switched_off(guest_options: Options) -> None:
    assert metadata_options(guest_options(metadata_options={"http_endpoint": False})["metadata_options"]) == {"HttpEndpoint": "disabled"}
    on = metadata_options(guest_options(metadata_options={"instance_metadata_tags": True, "http_protocol_ipv6": True})["metadata_options"])
    assert (on["InstanceMetadataTags"], on["HttpProtocolIpv6"], on["HttpEndpoint"]) == ("enabled", "enabled", "enabled")


@pytest.mark.parametrize(
    ("reservation", "expected"),
    [
        ({"preference": "none"}, {"CapacityReservationPreference": "none"}),
        ({"resource_group_arn": "arn:x"}, {"CapacityReservationTarget": {"CapacityReservationResourceGroupArn": "arn:x"}}),
    ],
)
def test_capacity_reservations(reservation: dict[str, str], expected: dict[str, t.Any], guest_options: Options) -> None:
    assert request(guest_options(capacity_reservation=reservation), PROVIDED, [])["CapacityReservationSpecification"] == expected
