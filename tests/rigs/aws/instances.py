# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances of moto become containers."""

from __future__ import annotations

import base64
import copy
import typing as t

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.responses import EC2Response
from moto.ec2instanceconnect.responses import Ec2InstanceConnectResponse
from moto.ssm.models import ssm_backends

from .image_model import root_snapshot
from .patching import PLATFORM, refuse, replaces

PARAMETER = "resolve:ssm:"
NO_TOKEN = "ABCDE"  # moto's own, where the call has none


def _resolved(backend: t.Any, image: str) -> str:
    """The AMI's id, where the call names a parameter that holds it."""
    if not image.startswith(PARAMETER):
        return image
    parameter = ssm_backends[backend.account_id][backend.region_name].get_parameter(image.removeprefix(PARAMETER))
    if parameter is None:
        refuse("InvalidParameterValue", f"The SSM parameter {image.removeprefix(PARAMETER)} does not exist")
    return str(parameter.value)


def _volumes(ami: t.Any, wanted: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The AMI's block devices, changed and added to by the call's."""
    merged: dict[str, dict[str, t.Any]] = {}
    for mapping in copy.deepcopy(ami.block_device_mappings):
        mapping["Ebs"]["DeleteOnTermination"] = True
        merged[mapping["DeviceName"]] = mapping
    for mapping in wanted:
        given = {key: value for key, value in (mapping.get("Ebs") or {}).items() if value is not None}
        known = merged.setdefault(mapping["DeviceName"], {"DeviceName": mapping["DeviceName"], "Ebs": {}})
        known["Ebs"].update(given)
        if mapping.get("NoDevice") is not None:
            known["NoDevice"] = ""
    return list(merged.values())


def _repeated(backend: t.Any, token: str | None) -> t.Any:
    """What an earlier call with the same token made."""
    for reservation in backend.reservations.values():
        if token not in (None, NO_TOKEN) and any(instance.client_token == token for instance in reservation.instances):
            if any(instance.state == "terminated" for instance in reservation.instances):
                refuse("IdempotentInstanceTerminated", "The request to launch an instance uses the same client token as one that is terminated")
            return reservation
    return None


def _adopt_address(instance: t.Any) -> None:
    address = PLATFORM.containers.address(instance.id)
    interface = instance.nics[0]
    interface.private_ip_address = address
    interface.private_ip_addresses[0]["PrivateIpAddress"] = address
    if interface.public_ip:
        interface.public_ip = address


# A device may be given without a size: it then has that of the AMI.
EC2Response._validate_block_device_mapping = staticmethod(lambda mapping: None)


@replaces(InstanceBackend)
class Launching:
    """A new instance is a new container."""

    def run_instances(self: t.Any, image_id: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        repeated = _repeated(self, options.get("client_token"))
        if repeated is not None:
            return repeated
        image_id = _resolved(self, image_id) if image_id else self._get_template_from_args(options["launch_template"]).image_id
        ami = self.describe_images(ami_ids=[image_id])[0]
        if ami.state != "available":
            refuse("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is not available")
        options["block_device_mappings"] = _volumes(ami, options.get("block_device_mappings", []))
        reservation = Launching.was.run_instances(self, image_id, *arguments, **options)
        given = {interface.get("NetworkInterfaceId") for interface in options.get("nics", [])}
        for instance in reservation.instances:
            for interface in instance.nics.values():
                interface.delete_on_termination = interface.id not in given
            pair = self.key_pairs.get(instance.key_name or "")
            instance.ena_support, instance.boot_mode = getattr(ami, "ena_support", True), ami.boot_mode
            PLATFORM.containers.boot(instance.id, root_snapshot(ami), [pair.public_key] if pair else [], str(instance.user_data or ""))
            _adopt_address(instance)
        return reservation


@replaces(Instance)
class States:
    """Its container does as it is told."""

    def start(self: t.Any) -> t.Any:
        PLATFORM.containers.start(self.id)
        before = States.was.start(self)
        _adopt_address(self)
        return before

    def stop(self: t.Any) -> t.Any:
        PLATFORM.containers.stop(self.id)
        return States.was.stop(self)

    def reboot(self: t.Any) -> None:
        PLATFORM.containers.stop(self.id)
        PLATFORM.containers.start(self.id)
        _adopt_address(self)
        States.was.reboot(self)

    def terminate(self: t.Any) -> t.Any:
        PLATFORM.containers.remove(self.id)
        if self.state == "terminated":
            return copy.copy(self._state)
        for request in self.ec2_backend.spot_instance_requests.values():
            if request.instance is self:
                request.state = "closed"
        return States.was.terminate(self)


@replaces(EC2Response)
class Calls:
    """The calls."""

    def get_console_output(self: t.Any) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        text = PLATFORM.containers.console(instance.id) if instance.state == "running" else ""
        return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "Output": base64.b64encode(text.encode()).decode()})

    def get_password_data(self: t.Any) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        pair = self.ec2_backend.key_pairs.get(instance.key_name or "")
        key = load_ssh_public_key(pair.material_public) if pair else None
        data = ""
        if instance.platform == "windows" and isinstance(key, rsa.RSAPublicKey):
            data = base64.b64encode(key.encrypt(PLATFORM.behaviour.windows_password.encode(), padding.PKCS1v15())).decode()
        return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "PasswordData": data})

    def modify_instance_attribute(self: t.Any) -> t.Any:
        support = self._get_param("EnaSupport")
        if support is None:
            return Calls.was.modify_instance_attribute(self)
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        if instance.state != "stopped":
            refuse("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")
        instance.ena_support = support["Value"]
        return EmptyResult()


@replaces(Ec2InstanceConnectResponse)
class Connect:
    """EC2 Instance Connect."""

    def send_ssh_public_key(self: t.Any) -> str:
        """The key is good for 60 seconds only, as there."""
        instance, user, key = (self._get_param(name) for name in ("InstanceId", "InstanceOSUser", "SSHPublicKey"))
        ec2_backends[self.current_account][self.region].get_instance(instance)
        line = key.strip().replace("'", "")
        file = f"/home/{user}/.ssh/authorized_keys"
        later = f"(sleep 60; grep -vF '{line}' {file} > {file}.new; cat {file}.new > {file}; rm {file}.new) &"
        PLATFORM.containers.run(instance, f"echo '{line}' >> {file}\n{later}")
        return '{"RequestId": "rig", "Success": true}'
