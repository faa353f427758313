// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"net/url"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	gibibyte = 1 << 20 // in KiB
	path     = "[LocalDS_0]"
)

// stock makes what every test finds: datastores in a cluster of datastores, and guests to build from.
//
// Templates debian-12 (in /DC0/vm/templates), one of the name twins in each of two folders, and windows (whose content is not to be
// had); the VM debian-vm, with the snapshots base and later.
func stock(server *url.URL) error {
	ctx := context.Background()
	client, err := govmomi.NewClient(ctx, server, true)
	if err != nil {
		return err
	}
	defer client.Logout(ctx)
	finder := find.NewFinder(client.Client)
	dc, err := finder.DefaultDatacenter(ctx)
	if err != nil {
		return err
	}
	finder.SetDatacenter(dc)
	folders, err := dc.Folders(ctx)
	if err != nil {
		return err
	}
	if err := cluster(ctx, finder); err != nil {
		return err
	}
	pool, err := finder.ResourcePool(ctx, "DC0_C0/Resources")
	if err != nil {
		return err
	}
	s := shelf{ctx, pool}
	templates, err := folders.VmFolder.CreateFolder(ctx, "templates")
	if err != nil {
		return err
	}
	old, err := folders.VmFolder.CreateFolder(ctx, "old-templates")
	if err != nil {
		return err
	}
	for _, one := range []struct {
		folder    *object.Folder
		name, os  string
		size      int64
		content   bool
		template  bool
		snapshots []string
	}{
		{templates, "debian-12", "debian11_64Guest", 1, true, true, nil},
		{templates, "twins", "debian11_64Guest", 1, true, true, nil},
		{old, "twins", "debian11_64Guest", 1, true, true, nil},
		{templates, "windows", "windows2019srv_64Guest", 1, false, true, nil},
		{folders.VmFolder, "debian-vm", "debian11_64Guest", 2, true, false, []string{"base", "later"}},
	} {
		if err := s.machine(one.folder, one.name, one.os, one.size, one.content, one.template, one.snapshots); err != nil {
			return err
		}
	}
	return nil
}

// cluster puts two of the datastores into the cluster of datastores.
func cluster(ctx context.Context, finder *find.Finder) error {
	pod, err := finder.DatastoreCluster(ctx, "DC0_POD0")
	if err != nil {
		return err
	}
	var members []types.ManagedObjectReference
	for _, name := range []string{"LocalDS_2", "LocalDS_3"} {
		ds, err := finder.Datastore(ctx, name)
		if err != nil {
			return err
		}
		members = append(members, ds.Reference())
	}
	task, err := pod.MoveInto(ctx, members)
	if err == nil {
		err = task.Wait(ctx)
	}
	return err
}

type shelf struct {
	ctx  context.Context
	pool *object.ResourcePool
}

// machine makes one, with a disk of so many GiB and one interface.
func (s shelf) machine(folder *object.Folder, name, os string, size int64, content, template bool, snapshots []string) error {
	var devices object.VirtualDeviceList
	scsi, err := devices.CreateSCSIController("pvscsi")
	if err != nil {
		return err
	}
	devices = append(devices, scsi)
	disk := devices.CreateDisk(scsi.(types.BaseVirtualController), types.ManagedObjectReference{}, "")
	disk.CapacityInKB = size * gibibyte
	disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo).ThinProvisioned = types.NewBool(true)
	devices = append(devices, disk)
	card, err := devices.CreateEthernetCard("vmxnet3", &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: "VM Network"},
	})
	if err != nil {
		return err
	}
	changes, err := append(devices, card).ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
	if err != nil {
		return err
	}
	task, err := folder.CreateVM(s.ctx, types.VirtualMachineConfigSpec{
		Name: name, GuestId: os, NumCPUs: 1, MemoryMB: 512, Annotation: "of the rig", DeviceChange: changes,
		Files: &types.VirtualMachineFileInfo{VmPathName: path},
	}, s.pool, nil)
	if err != nil {
		return err
	}
	made, err := task.WaitForResult(s.ctx, nil)
	if err != nil {
		return err
	}
	vm := object.NewVirtualMachine(folder.Client(), made.Result.(types.ManagedObjectReference))
	if content {
		simulator.RigStock(vm.Reference())
	}
	for _, snapshot := range snapshots {
		task, err := vm.CreateSnapshot(s.ctx, snapshot, "of the rig", false, false)
		if err == nil {
			err = task.Wait(s.ctx)
		}
		if err != nil {
			return err
		}
	}
	if template {
		return vm.MarkAsTemplate(s.ctx)
	}
	return nil
}
