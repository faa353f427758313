// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strings"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type device struct {
	Type, Name, Label string
	Summary           string
	Key, Controller   int32
	Unit              int32
	Connected         bool
	File              string // of a disk, an ISO or a floppy
	Parent            string // the file of the disk that this one is a child of
	Thin              bool
	CapacityKB        int64
	MAC               string
}

type machine struct {
	ID, Name, Path, Folder string
	Template               bool
	Power, Address         string
	Annotation, GuestID    string
	Firmware               string
	CPUs, Memory           int32
	BootOrder              []string
	Extra                  map[string]string
	Custom                 map[string]string
	Devices                []device
	Snapshots              []string
	Tags                   []string
}

func (c *client) machines(told *answer) error {
	var vms []mo.VirtualMachine
	wanted := []string{"name", "parent", "config", "runtime", "guest", "snapshot", "customValue", "availableField"}
	if err := c.view.Retrieve(c, []string{"VirtualMachine"}, wanted, &vms); err != nil {
		return err
	}
	for _, vm := range vms {
		path, err := find.InventoryPath(c, c.Client.Client, vm.Self)
		if err != nil {
			return err
		}
		one := machine{
			ID: vm.Self.Value, Name: vm.Name, Path: path, Folder: vm.Parent.Value, Template: vm.Config.Template,
			Power: string(vm.Runtime.PowerState), Annotation: vm.Config.Annotation, GuestID: vm.Config.GuestId, Firmware: vm.Config.Firmware,
			CPUs: vm.Config.Hardware.NumCPU, Memory: vm.Config.Hardware.MemoryMB, Extra: map[string]string{}, Custom: map[string]string{},
		}
		if vm.Guest != nil {
			one.Address = vm.Guest.IpAddress
		}
		for _, option := range vm.Config.ExtraConfig {
			if text, ok := option.GetOptionValue().Value.(string); ok {
				one.Extra[option.GetOptionValue().Key] = text
			}
		}
		for _, value := range vm.CustomValue {
			if text, ok := value.(*types.CustomFieldStringValue); ok {
				one.Custom[field(vm.AvailableField, text.Key)] = text.Value
			}
		}
		devices := object.VirtualDeviceList(vm.Config.Hardware.Device)
		for _, each := range devices {
			one.Devices = append(one.Devices, describe(devices, each))
		}
		if options := vm.Config.BootOptions; options != nil {
			one.BootOrder = bootOrder(devices, options.BootOrder)
		}
		if vm.Snapshot != nil {
			one.Snapshots = names(vm.Snapshot.RootSnapshotList, "")
		}
		told.VMs = append(told.VMs, one)
	}
	return nil
}

func field(fields []types.CustomFieldDef, key int32) string {
	for _, one := range fields {
		if one.Key == key {
			return one.Name
		}
	}
	return ""
}

func describe(devices object.VirtualDeviceList, each types.BaseVirtualDevice) device {
	base := each.GetVirtualDevice()
	one := device{Type: devices.TypeName(each), Name: devices.Name(each), Key: base.Key, Controller: base.ControllerKey}
	if base.DeviceInfo != nil {
		one.Label, one.Summary = base.DeviceInfo.GetDescription().Label, base.DeviceInfo.GetDescription().Summary
	}
	if base.UnitNumber != nil {
		one.Unit = *base.UnitNumber
	}
	if base.Connectable != nil {
		one.Connected = base.Connectable.Connected || base.Connectable.StartConnected
	}
	if file, ok := base.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
		one.File = file.GetVirtualDeviceFileBackingInfo().FileName
	}
	switch special := each.(type) {
	case *types.VirtualDisk:
		one.CapacityKB = special.CapacityInKB
		if flat, ok := base.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok {
			one.Thin = flat.ThinProvisioned != nil && *flat.ThinProvisioned
			if flat.Parent != nil {
				one.Parent = flat.Parent.FileName
			}
		}
	case types.BaseVirtualEthernetCard:
		one.MAC = special.GetVirtualEthernetCard().MacAddress
	}
	return one
}

// names are those of snapshots, with a slash below each parent.
func names(tree []types.VirtualMachineSnapshotTree, above string) (found []string) {
	for _, one := range tree {
		found = append(found, above+one.Name)
		found = append(found, names(one.ChildSnapshotList, above+one.Name+"/")...)
	}
	return
}

func (c *client) folders(told *answer) error {
	var folders []mo.Folder
	if err := c.view.Retrieve(c, []string{"Folder"}, []string{"name"}, &folders); err != nil {
		return err
	}
	for _, one := range folders {
		path, err := find.InventoryPath(c, c.Client.Client, one.Self)
		if err != nil {
			return err
		}
		told.Folders = append(told.Folders, path)
	}
	return nil
}

func (c *client) files(told *answer) error {
	var stores []mo.Datastore
	if err := c.view.Retrieve(c, []string{"Datastore"}, []string{"name", "browser"}, &stores); err != nil {
		return err
	}
	told.Datastores = map[string]string{}
	for _, store := range stores {
		told.Datastores[store.Name] = store.Self.Value
		browser := object.NewHostDatastoreBrowser(c.Client.Client, store.Browser)
		task, err := browser.SearchDatastoreSubFolders(c, "["+store.Name+"]", &types.HostDatastoreBrowserSearchSpec{
			MatchPattern: []string{"*"}, Details: &types.FileQueryFlags{FileType: true},
		})
		if err != nil {
			return err
		}
		found, err := task.WaitForResult(c, nil)
		if err != nil {
			return err
		}
		for _, folder := range found.Result.(types.ArrayOfHostDatastoreBrowserSearchResults).HostDatastoreBrowserSearchResults {
			at := strings.TrimSuffix(folder.FolderPath, "/")
			for _, file := range folder.File {
				name := file.GetFileInfo().Path
				if _, ok := file.(*types.FolderFileInfo); ok {
					name += "/"
				}
				if strings.HasSuffix(at, "]") {
					told.Files = append(told.Files, at+" "+name)
				} else {
					told.Files = append(told.Files, at+"/"+name)
				}
			}
		}
	}
	return nil
}

// bootOrder names kinds of devices, or labels of disks and interfaces.
func bootOrder(devices object.VirtualDeviceList, order []types.BaseVirtualMachineBootOptionsBootableDevice) (told []string) {
	for _, one := range order {
		switch bootable := one.(type) {
		case *types.VirtualMachineBootOptionsBootableDiskDevice:
			told = append(told, devices.Name(devices.FindByKey(bootable.DeviceKey)))
		case *types.VirtualMachineBootOptionsBootableEthernetDevice:
			told = append(told, devices.Name(devices.FindByKey(bootable.DeviceKey)))
		case *types.VirtualMachineBootOptionsBootableCdromDevice:
			told = append(told, "cdrom")
		case *types.VirtualMachineBootOptionsBootableFloppyDevice:
			told = append(told, "floppy")
		}
	}
	return
}
