// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// extra is the value of a key of extraConfig.
func (vm *VirtualMachine) extra(key string) string {
	for _, option := range vm.Config.ExtraConfig {
		if one := option.GetOptionValue(); one.Key == key {
			text, _ := one.Value.(string)
			return text
		}
	}
	return ""
}

// local is the file behind a datastore path; empty for an unknown datastore.
func (vm *VirtualMachine) local(name string) string {
	var p object.DatastorePath
	if !p.FromString(name) {
		return ""
	}
	ds := vm.datastoreNamed(p.Datastore)
	if ds == nil {
		return ""
	}
	return path.Join(ds.Info.GetDatastoreInfo().Url, p.Path)
}

func (vm *VirtualMachine) datastoreNamed(name string) *Datastore {
	host := Map.Get(*vm.Runtime.Host).(*HostSystem)
	ds, _ := Map.FindByName(name, host.Datastore).(*Datastore)
	return ds
}

var guestID = regexp.MustCompile(`^(alma|amazon|asianux|centos|coreos|crx|debian|fedora|freebsd|oracle|other|photon|rhel|rocky|sles|ubuntu|vmware|win)\w*Guest(64)?$`)

// validateGuestID takes newer ones than the simulator knows.
func validateGuestID(id string) types.BaseMethodFault {
	if guestID.MatchString(id) {
		return nil
	}
	return stockValidateGuestID(id)
}

func childNamed(f *mo.Folder, name string) mo.Entity { return Map.FindByName(name, f.ChildEntity) }

func namesTaken(f *mo.Folder, name string) types.BaseMethodFault {
	if taken := childNamed(f, name); taken != nil {
		return &types.DuplicateName{Name: name, Object: taken.Reference()}
	}
	return nil
}

// Run refuses what vCenter refuses before anything exists, and leaves nothing of a VM that could not be made.
func (c *createVM) Run(task *Task) (types.AnyType, types.BaseMethodFault) {
	spec := &c.req.Config
	if !c.register {
		if fault := namesTaken(&c.Folder.Folder, spec.Name); fault != nil {
			return nil, fault
		}
	}
	if spec.GuestId != "" {
		if fault := validateGuestID(spec.GuestId); fault != nil {
			return nil, fault
		}
	}
	if spec.Files != nil && spec.Files.VmPathName != "" {
		var p object.DatastorePath
		dc := Map.getEntityDatacenter(c.Folder)
		if !p.FromString(spec.Files.VmPathName) || Map.FindByName(p.Datastore, dc.Datastore) == nil {
			return nil, &types.InvalidDatastorePath{DatastorePath: spec.Files.VmPathName}
		}
	}
	res, fault := c.stockRun(task)
	if fault != nil && !c.register {
		if file, unknown := Map.FileManager().resolve(&Map.getEntityDatacenter(c.Folder).Self, spec.Files.VmPathName); unknown == nil && path.Ext(file) == ".vmx" {
			_ = os.RemoveAll(path.Dir(file))
		}
	}
	return res, fault
}

// applyExtraConfig replaces values of known keys, and forgets keys with empty values.
func (vm *VirtualMachine) applyExtraConfig(spec *types.VirtualMachineConfigSpec) {
	given := map[string]bool{}
	var kept, added []types.BaseOptionValue
	for _, option := range spec.ExtraConfig {
		one := option.GetOptionValue()
		given[one.Key] = true
		if one.Value != "" {
			added = append(added, option)
		}
	}
	for _, option := range vm.Config.ExtraConfig {
		if !given[option.GetOptionValue().Key] {
			kept = append(kept, option)
		}
	}
	vm.Config.ExtraConfig = kept
	vm.stockApplyExtraConfig(&types.VirtualMachineConfigSpec{ExtraConfig: added})
	Map.Update(vm, []types.PropertyChange{{Name: "config.extraConfig", Val: vm.Config.ExtraConfig}})
}

// apply keeps vApp properties too.
func (vm *VirtualMachine) apply(spec *types.VirtualMachineConfigSpec) {
	vm.stockApply(spec)
	if spec.VAppConfig == nil {
		return
	}
	wanted := spec.VAppConfig.GetVmConfigSpec()
	info := new(types.VmConfigInfo)
	if vm.Config.VAppConfig != nil {
		info = vm.Config.VAppConfig.GetVmConfigInfo()
	}
	for _, change := range wanted.Property {
		kept := info.Property[:0:0]
		for _, one := range info.Property {
			if change.Info != nil && one.Key == change.Info.Key || change.RemoveKey != nil && change.RemoveKey == interface{}(one.Key) {
				continue
			}
			kept = append(kept, one)
		}
		if change.Info != nil {
			kept = append(kept, *change.Info)
		}
		info.Property = kept
	}
	for _, change := range wanted.Product {
		if change.Info != nil {
			info.Product = append(info.Product, *change.Info)
		}
	}
	if wanted.OvfEnvironmentTransport != nil {
		info.OvfEnvironmentTransport = wanted.OvfEnvironmentTransport
	}
	vm.Config.VAppConfig = info
}

func invalidBacking() types.BaseMethodFault {
	return &types.InvalidDeviceBacking{InvalidDeviceSpec: types.InvalidDeviceSpec{InvalidVmConfig: types.InvalidVmConfig{Property: "deviceChange.device.backing"}}}
}

// configureDevice refuses unknown networks and files that are not there.
func (vm *VirtualMachine) configureDevice(devices object.VirtualDeviceList, spec *types.VirtualDeviceConfigSpec) types.BaseMethodFault {
	switch backing := spec.Device.GetVirtualDevice().Backing.(type) {
	case *types.VirtualEthernetCardNetworkBackingInfo:
		if Map.FindByName(backing.DeviceName, Map.getEntityDatacenter(Map.Get(*vm.Parent).(mo.Entity)).Network) == nil {
			return invalidBacking()
		}
	case *types.VirtualEthernetCardDistributedVirtualPortBackingInfo:
		if Map.Get(types.ManagedObjectReference{Type: "DistributedVirtualPortgroup", Value: backing.Port.PortgroupKey}) == nil {
			return invalidBacking()
		}
	case *types.VirtualCdromIsoBackingInfo, *types.VirtualFloppyImageBackingInfo:
		name := backing.(types.BaseVirtualDeviceFileBackingInfo).GetVirtualDeviceFileBackingInfo().FileName
		if _, err := os.Stat(vm.local(name)); err != nil {
			return &types.FileNotFound{FileFault: types.FileFault{File: name}}
		}
	}
	return vm.stockConfigureDevice(devices, spec)
}

// configureDevices refuses to shrink disks.
func (vm *VirtualMachine) configureDevices(spec *types.VirtualMachineConfigSpec) types.BaseMethodFault {
	devices := object.VirtualDeviceList(vm.Config.Hardware.Device)
	for i, change := range spec.DeviceChange {
		one := change.GetVirtualDeviceConfigSpec()
		if one.Operation != types.VirtualDeviceConfigSpecOperationEdit {
			continue
		}
		device := one.Device.GetVirtualDevice()
		known := devices.FindByKey(device.Key)
		if known != nil && device.DeviceInfo == nil {
			device.DeviceInfo = &types.Description{Label: devices.Name(known)}
		}
		disk, edited := one.Device.(*types.VirtualDisk)
		if was, ok := known.(*types.VirtualDisk); ok && edited && getDiskSize(disk) < getDiskSize(was) {
			return &types.InvalidDeviceOperation{
				InvalidDeviceSpec: types.InvalidDeviceSpec{DeviceIndex: int32(i)}, BadOp: types.VirtualDeviceConfigSpecOperationEdit,
			}
		}
	}
	return vm.stockConfigureDevices(spec)
}

// customize tells of it as vCenter does for a guest with tools; guest.customization has it fail.
func (vm *VirtualMachine) customize() {
	wanted, tools := vm.imc != nil, vm.Guest.ToolsRunningStatus == "guestToolsRunning"
	vm.stockCustomize()
	if !wanted || !tools {
		return
	}
	about := types.CustomizationEvent{VmEvent: vm.event()}
	events := []types.BaseEvent{&types.CustomizationStartedEvent{CustomizationEvent: about}}
	if order := rigAsk("guest.customization"); order == nil {
		events = append(events, &types.CustomizationSucceeded{CustomizationEvent: about})
	} else {
		about.FullFormattedMessage = order.Message
		events = append(events, &types.CustomizationFailed{CustomizationEvent: about})
	}
	internalContext.postEvent(events...)
}

// typeMatches knows types of events by their full names too.
func (c *EventHistoryCollector) typeMatches(event types.BaseEvent, spec *types.EventFilterSpec) bool {
	short := *spec
	short.EventTypeId = nil
	for _, id := range spec.EventTypeId {
		short.EventTypeId = append(short.EventTypeId, strings.TrimPrefix(id, "vim.event."))
	}
	return c.stockTypeMatches(event, &short)
}

func customizedName(vm *VirtualMachine, name string) string {
	switch identity := vm.imc.Identity.(type) {
	case *types.CustomizationLinuxPrep:
		return customizeName(vm, identity.HostName)
	case *types.CustomizationSysprep:
		return customizeName(vm, identity.UserData.ComputerName)
	}
	return name
}

func customizedAddress(vm *VirtualMachine) string {
	for _, nic := range vm.imc.NicSettingMap {
		if fixed, ok := nic.Adapter.Ip.(*types.CustomizationFixedIp); ok {
			return fixed.IpAddress
		}
	}
	return ""
}
