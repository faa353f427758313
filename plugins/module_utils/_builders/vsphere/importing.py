# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a machine of a package, OVA or OVF: its description goes to vCenter, its disks over a lease to a host."""

from __future__ import annotations

import pathlib
import typing as t

from ..._appliance.package import Package, open_package
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from . import lease
from .errors import doing, text_of
from .marks import extra_config as as_extra_config
from .places import Place
from .sdk import Managed, vim
from .session import VCenter
from .transfers import Meter, upload

__all__ = ["Place", "check_package", "import_package"]

_DISK = "application/x-vnd.vmware-streamVmdk"
_MOST_OF_DESCRIPTOR = 16 * 1024**2


def check_package(path: pathlib.Path, context: Context) -> Package:
    """A package that is whole and as its manifest says; reads all of it.

    :raises BuilderError: when it is not, or has what vCenter does not take.
    """
    package = open_package(path)
    packed = [file.href for file in package.descriptor.files if file.compression]
    if packed:
        raise BuilderError(f"{packed[0]} of {path} is compressed by itself ({path.name} says gzip)", hint="Make the package again without that")
    context.say(f"checking {path.name}")
    package.verify()
    return package


def import_package(
    vcenter: VCenter,
    path: pathlib.Path,
    name: str,
    place: Place,
    context: Context,
    *,
    extra_config: t.Mapping[str, str] | None = None,
    properties: t.Mapping[str, str] | None = None,
    disk_provisioning: str = "thin",
    waiter: Waiter,
    option: str = "transfer_wait",
    annotation: str | None = None,
    deployment_option: str | None = None,
) -> Managed:
    """A machine of a package; the caller has journalled it by its name.

    :param extra_config: that it has from its creation on, its marks among them.
    :param properties: vApp properties, by the ids of the description.
    :param waiter: for vCenter to be ready for the transfer.
    :param option: the option that it was made of.
    :raises BuilderError: when vCenter does not take it; what it has made is removed.
    """
    package = check_package(path, context)
    spec = import_spec(vcenter, package, name, place, properties or {}, disk_provisioning, deployment_option, context)
    config = spec.importSpec.configSpec
    config.extraConfig = [*(config.extraConfig or ()), *as_extra_config(extra_config or {})]
    if annotation is not None:
        config.annotation = annotation

    def start() -> Managed:
        return place.pool.ImportVApp(spec=spec.importSpec, folder=place.folder, host=place.host)

    with vcenter.kept_alive(), lease.opened(vcenter, f"import of {name}", start, context, waiter, option) as moved:
        _send(vcenter, package, moved, spec.fileItem or (), path.name, context)
        return moved.entity


def import_spec(
    vcenter: VCenter,
    package: Package,
    name: str,
    place: Place,
    properties: t.Mapping[str, str],
    disk_provisioning: str,
    deployment_option: str | None,
    context: Context,
) -> t.Any:
    """What vCenter makes of a description; warns of what it says about it.

    :raises BuilderError: with its reasons, when it takes it not at all.
    """
    params = vim.OvfManager.CreateImportSpecParams(
        locale="",
        entityName=name,
        deploymentOption=deployment_option or "",
        diskProvisioning=disk_provisioning,
        hostSystem=place.host,
        propertyMapping=[vim.KeyValue(key=key, value=value) for key, value in properties.items()],
        networkMapping=[
            vim.OvfManager.NetworkMapping(name=network, network=chosen)
            for network, chosen in ((network, place.network_for(network)) for network in package.descriptor.networks)
            if chosen is not None
        ],
    )
    text = package.read(package.descriptor_name, _MOST_OF_DESCRIPTOR).decode("utf-8", "replace")
    with doing(f"read the description in {package.path.name}"):
        spec = vcenter.content.ovfManager.CreateImportSpec(text, place.pool, place.datastore, params)
    for warning in spec.warning or ():
        context.warn(f"{package.path.name}: {text_of(warning)}")
    if spec.error:
        raise BuilderError(
            f"vSphere does not take {package.path.name}: {'; '.join(dict.fromkeys(text_of(error) for error in spec.error))}",
            hint="Check its networks, its hardware version, and what the host supports",
        )
    return spec


def _send(vcenter: VCenter, package: Package, moved: lease.Lease, items: t.Sequence[t.Any], what: str, context: Context) -> None:
    by_device = {item.deviceId: item for item in items}
    targets = [(url, by_device[url.import_key]) for url in moved.urls if url.import_key in by_device]
    missing = set(by_device) - {url.import_key for url, _item in targets}
    if missing:
        raise BuilderError(f"vSphere told no address for {', '.join(sorted(by_device[key].path for key in missing))} of {what}")
    meter = Meter(f"uploading {what}", sum(package.member(item.path).size for _url, item in targets), context.say)
    for url, item in targets:
        size = package.member(item.path).size
        headers = {"Content-Type": _DISK, **({"Overwrite": "t"} if item.create else {})}
        with package.stream(item.path) as stream:
            counted = _Counted(stream, moved, meter)
            upload(
                vcenter, url.url, t.cast(t.BinaryIO, counted), size, meter, method="PUT" if item.create else "POST", headers=headers, thumbprint=url.thumbprint
            )


class _Counted:
    """A stream that keeps the lease informed."""

    def __init__(self, stream: t.BinaryIO, moved: lease.Lease, meter: Meter) -> None:
        self._stream = stream
        self._moved = moved
        self._meter = meter

    def read(self, count: int) -> bytes:
        """As of any stream."""
        self._moved.percent = self._meter.percent
        return self._stream.read(count)
