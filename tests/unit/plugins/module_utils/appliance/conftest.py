# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small appliances as the versions of OVF have them."""

from __future__ import annotations

import io
import tarfile
import typing as t

import pytest

_RASD = 'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"'
_OTHERS = f'{_RASD} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:vbox="http://www.virtualbox.org/ovf/machine"'
_REFERENCES = '<References><File ovf:id="file1" ovf:href="web-disk001.vmdk" ovf:size="7"/></References>'
_DISK = '<Info>Disks</Info><Disk ovf:capacity="64" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="d1" ovf:fileRef="file1" ovf:format="http://disk"/>'
_HARDWARE = (
    "<Item><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>"
    "<Item><rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType>"
    "<rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>"
)
_MACHINE = """<vbox:Machine ovf:required="false" name="guest-1"><Description>old</Description>
<ExtraData><ExtraDataItem name="golden/guest" value="x"/><ExtraDataItem name="mine" value="y"/></ExtraData>
<Hardware><Network><Adapter slot="0" enabled="true" MACAddress="080027AABBCC"><NAT><Forwarding name="golden-ssh" hostport="2222"/>
<Forwarding name="web" hostport="80"/></NAT></Adapter><Adapter slot="1" enabled="false" MACAddress="080027000000"/></Network></Hardware></vbox:Machine>"""

OVF1 = f"""<?xml version="1.0"?>
<Envelope ovf:version="1.0" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" {_OTHERS}>
  <!-- a remark -->
  {_REFERENCES}
  <DiskSection>{_DISK}</DiskSection>
  <NetworkSection><Info>Networks</Info><Network ovf:name="NAT"/></NetworkSection>
  <VirtualSystem ovf:id="guest-1">
    <Info>A machine</Info>
    <OperatingSystemSection ovf:id="96"><Info>OS</Info><Description>Debian_64</Description></OperatingSystemSection>
    <VirtualHardwareSection><Info>Hardware</Info>{_HARDWARE}</VirtualHardwareSection>
    {_MACHINE}
  </VirtualSystem>
</Envelope>"""

OVF09 = f"""<?xml version="1.0"?>
<Envelope ovf:version="0.9" xmlns="http://www.vmware.com/schema/ovf/1/envelope" xmlns:ovf="http://www.vmware.com/schema/ovf/1/envelope" {_OTHERS}>
  {_REFERENCES}
  <Section xsi:type="ovf:DiskSection_Type">{_DISK}</Section>
  <Content xsi:type="ovf:VirtualSystem_Type" ovf:id="guest-1">
    <Info>A machine</Info>
    <Section xsi:type="ovf:OperatingSystemSection_Type" ovf:id="96"><Info>OS</Info><Description>Debian_64</Description></Section>
    <Section xsi:type="ovf:VirtualHardwareSection_Type"><Info>Hardware</Info>{_HARDWARE}</Section>
    {_MACHINE}
  </Content>
</Envelope>"""

OVF2 = OVF1.replace("ovf/envelope/1", "ovf/envelope/2").replace('ovf:version="1.0"', 'ovf:version="2.0"')

#: Every element with a prefix, as some tools write it.
PREFIXED = """<ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
<ovf:References><ovf:File ovf:id="file1" ovf:href="web-disk001.vmdk" ovf:size="7"/></ovf:References>
<ovf:DiskSection><ovf:Info/>
<ovf:Disk ovf:capacity="64" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="d1" ovf:fileRef="file1" ovf:format="http://disk"/></ovf:DiskSection>
<ovf:VirtualSystem ovf:id="guest-1"><ovf:Info/><ovf:Name>guest-1</ovf:Name></ovf:VirtualSystem></ovf:Envelope>"""

ALL = {"0.9": OVF09, "1.0": OVF1, "2.0": OVF2, "prefixed": PREFIXED}


@pytest.fixture(params=sorted(ALL))
def described(request: pytest.FixtureRequest) -> bytes:
    """The description of an appliance, once in each version."""
    return ALL[request.param].encode()


@pytest.fixture
def ovf() -> bytes:
    """A description as most have it."""
    return OVF1.encode()


@pytest.fixture
def ova(tmp_path) -> t.Callable[..., t.Any]:
    """Writes an OVA: name to content, or a ready tar entry."""

    def write(files: dict[str, bytes], *entries: tarfile.TarInfo) -> t.Any:
        path = tmp_path / "web.ova"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            for entry in entries:
                archive.addfile(entry)
        return path

    return write
