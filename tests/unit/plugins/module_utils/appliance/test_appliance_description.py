# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of appliances: read, and changed without changing the rest."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._appliance import records
from ansible_collections.golden.images.plugins.module_utils._appliance.descriptor import DescribedFile, Descriptor, Disk, Product
from ansible_collections.golden.images.plugins.module_utils._appliance.editing import Edit
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError


def test_every_version_is_read(described):
    found = Descriptor.parse(described, "web.ovf")
    assert found.name == "guest-1"
    assert found.files == (DescribedFile("file1", "web-disk001.vmdk", 7),)
    assert found.disks == (Disk("d1", 64 * 2**20, "http://disk", "file1"),)
    assert found.data == described
    assert found.product == Product()


def test_what_the_hardware_is(ovf):
    found = Descriptor.parse(ovf, "web.ovf")
    assert (found.version, found.cpus, found.memory, found.os_type) == ("1.0", 2, 512, "Debian_64")
    assert (found.networks, found.macs) == (("NAT",), ("080027AABBCC",))


@pytest.mark.parametrize(("unit", "memory"), [("byte * 2^30", 2048), ("GigaBytes", 2048), ("MegaBytes", 2), ("byte * 2^10", 1)])
def test_units_of_memory(ovf, unit, memory):
    changed = ovf.replace(b"MegaBytes", unit.encode()).replace(b"<rasd:VirtualQuantity>512<", b"<rasd:VirtualQuantity>2<")
    assert Descriptor.parse(changed, "web.ovf").memory == memory


def test_every_version_is_changed(described):
    edit = Edit(Descriptor.parse(described, "web.ovf"))
    product = Product("Web <1>", "We", "1.4.0", "https://example.org/web", "")
    edit.set_product(product)
    edit.set_properties("golden", {"image": "web", "version": "1.4.0"})
    edit.set_annotation("a & b\nsecond line")
    edit.set_eula("the licence")
    edit.set_name("web")
    edit.set_file("web-disk001.vmdk", new_href="web.vmdk", size=9)
    changed = edit.finish()
    assert changed.products == (product, Product())
    assert changed.properties == {"golden.image": "web", "golden.version": "1.4.0"}
    assert (changed.annotation, changed.eula, changed.name) == ("a & b\nsecond line", "the licence", "web")
    assert changed.files == (DescribedFile("file1", "web.vmdk", 9),)
    assert changed.version == Descriptor.parse(described, "web.ovf").version


def test_changing_again_replaces(described):
    edit = Edit(Descriptor.parse(described, "web.ovf"))
    edit.set_properties("golden", {"image": "old", "source": "iso"})
    edit.set_product(Product("old", "maker"))
    edit = Edit(edit.finish())
    edit.set_properties("golden", {"image": "web"})
    edit.set_product(Product("web"))
    changed = edit.finish()
    assert changed.properties == {"golden.image": "web"}
    assert changed.product == Product("web")


def test_the_rest_stays_as_it_was(ovf):
    edit = Edit(Descriptor.parse(ovf, "web.ovf"))
    edit.set_properties("golden", {"image": "web"})
    changed = edit.finish().data.decode()
    for kept in ("<!-- a remark -->", '<vbox:Machine ovf:required="false"', 'xmlns:vbox="http://www.virtualbox.org/ovf/machine"', "<rasd:ResourceType>4<"):
        assert kept in changed
    assert changed.index("ProductSection") < changed.index("OperatingSystemSection")


def test_what_only_the_build_knew_is_forgotten(ovf):
    edit = Edit(Descriptor.parse(ovf, "web.ovf"))
    edit.drop_extra_data("golden/")
    edit.drop_port_forwards({"golden-ssh"})
    changed = edit.finish().data.decode()
    assert "golden" not in changed
    assert '<ExtraDataItem name="mine" value="y"/>' in changed
    assert '<Forwarding name="web" hostport="80"/>' in changed


def test_a_file_that_is_not_there_cannot_be_renamed(ovf):
    with pytest.raises(BuilderError, match=r"names no file other\.vmdk"):
        Edit(Descriptor.parse(ovf, "web.ovf")).set_file("other.vmdk", size=1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<Envelope", "no description of an appliance"),
        (b"", "no description of an appliance"),
        (b"<domain/>", "begins with domain"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Envelope/>', "declares a document type"),
        (b"<Envelope/>", "describes 0 virtual machines"),
        (b"<Envelope><VirtualSystem/><VirtualSystem/></Envelope>", "describes 2 virtual machines"),
        (b"<Envelope><DiskSection><Disk diskId='d'/></DiskSection><VirtualSystem/></Envelope>", "capacity of the disk d cannot be read"),
        (b" " * (16 * 2**20 + 1), "too large"),
    ],
)
def test_what_is_no_description(data, message):
    with pytest.raises(BuilderError, match=message):
        Descriptor.parse(data, "web.ovf")


def test_the_record_of_a_build_is_read_back(described):
    build = {"image": "web", "builder": "vbox", "version": "1.4.0", "name": "web.vbox", "fingerprint": "sha256:1", "source": {"description": "an <iso>"}}
    record = records.record_of(build, "2026-01-31T12:00:00Z")
    edit = Edit(Descriptor.parse(described, "web.ovf"))
    edit.set_properties(records.CLASS, record)
    assert records.read_record(edit.finish()) == record
    assert record["source"] == "an <iso>"
    assert records.read_record(Descriptor.parse(described, "web.ovf")) == {}


def test_properties_of_others_are_read(ovf):
    given = b'<ProductSection ovf:class="c" ovf:instance="i"><Info/><Property ovf:key="k" ovf:value="v"/>'
    given += b'<Property ovf:key="l"><Value ovf:value="w"/></Property></ProductSection>'
    found = Descriptor.parse(ovf.replace(b"<OperatingSystemSection", given + b"<OperatingSystemSection"), "web.ovf")
    assert found.properties == {"c.k.i": "v", "c.l.i": "w"}


def test_the_record_survives_in_a_description():
    record = {"image": "web", "version": "1.4.0", "source": "two\nlines"}
    text = records.described("A web server\nwith = signs\n", record)
    assert text == "A web server\nwith = signs\n\ngolden.image=web\ngolden.version=1.4.0\ngolden.source=two lines"
    assert records.read_description(text) == {**record, "source": "two lines"}
    assert records.described("", {}) == ""
    assert records.read_description("golden.other=x\nimage=web") == {}
