// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"path"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// CloneVMTask copies a VM, or what one of its snapshots holds.
func (vm *VirtualMachine) CloneVMTask(ctx *Context, req *types.CloneVM_Task) soap.HasFault {
	task := CreateTask(vm, "cloneVm", func(*Task) (types.AnyType, types.BaseMethodFault) { return vm.clone(ctx, req) })
	return &methods.CloneVM_TaskBody{Res: &types.CloneVM_TaskResponse{Returnval: task.Run()}}
}

func (vm *VirtualMachine) clone(ctx *Context, req *types.CloneVM_Task) (types.AnyType, types.BaseMethodFault) {
	folder, ok := Map.Get(req.Folder).(*Folder)
	if !ok {
		return nil, &types.ManagedObjectNotFound{Obj: req.Folder}
	}
	source, content := vm.Config, ""
	linked := req.Spec.Location.DiskMoveType == string(types.VirtualMachineRelocateDiskMoveOptionsCreateNewChildDiskBacking)
	if req.Spec.Snapshot != nil {
		snapshot, ok := Map.Get(*req.Spec.Snapshot).(*VirtualMachineSnapshot)
		if !ok || snapshot.Vm != vm.Self {
			return nil, &types.InvalidArgument{InvalidProperty: "spec.snapshot"}
		}
		source, content = &snapshot.Config, snapshot.content
	} else if linked {
		return nil, &types.InvalidArgument{InvalidProperty: "spec.snapshot"}
	}
	pool, fault := vm.poolOf(&req.Spec)
	if fault != nil {
		return nil, fault
	}
	vmx := object.DatastorePath{Datastore: vm.vmx(nil).Datastore, Path: req.Name}
	if wanted := req.Spec.Location.Datastore; wanted != nil {
		vmx.Datastore = Map.Get(*wanted).(*Datastore).Name
	}
	config, backings := clonedConfig(source, req.Name)
	config.Files = &types.VirtualMachineFileInfo{VmPathName: vmx.String()}
	created := NewTask(&createVM{folder, ctx, &types.CreateVM_Task{This: folder.Self, Config: *config, Pool: *pool, Host: req.Spec.Location.Host}, false})
	created.finish(nil)
	if created.Info.Error != nil {
		return nil, created.Info.Error.Fault
	}
	clone := Map.Get(created.Info.Result.(types.ManagedObjectReference)).(*VirtualMachine)
	if req.Spec.Snapshot == nil {
		content = vm.run.content(vm)
	}
	clone.run.image = content
	if fault := clone.afterwards(ctx, req, linked, backings); fault != nil {
		clone.DestroyTask(internalContext, &types.Destroy_Task{This: clone.Self})
		return nil, fault
	}
	return clone.Self, nil
}

// poolOf is where the clone runs; that of a template has to be told.
func (vm *VirtualMachine) poolOf(spec *types.VirtualMachineCloneSpec) (*types.ManagedObjectReference, types.BaseMethodFault) {
	switch {
	case spec.Location.Pool != nil:
		return spec.Location.Pool, nil
	case vm.ResourcePool != nil:
		return vm.ResourcePool, nil
	case spec.Template:
		return hostParent(&Map.Get(*vm.Runtime.Host).(*HostSystem).HostSystem).ResourcePool, nil
	}
	return nil, &types.InvalidArgument{InvalidProperty: "spec.location.pool"}
}

// clonedConfig is what the clone has of its source, and the backings of the source's disks in their order.
func clonedConfig(source *types.VirtualMachineConfigInfo, name string) (*types.VirtualMachineConfigSpec, []*types.VirtualDiskFlatVer2BackingInfo) {
	config := &types.VirtualMachineConfigSpec{
		Name: name, GuestId: source.GuestId, Version: source.Version, Firmware: source.Firmware, Annotation: source.Annotation,
		NumCPUs: source.Hardware.NumCPU, NumCoresPerSocket: source.Hardware.NumCoresPerSocket, MemoryMB: int64(source.Hardware.MemoryMB),
		BootOptions: source.BootOptions, NestedHVEnabled: source.NestedHVEnabled,
		CpuHotAddEnabled: source.CpuHotAddEnabled, MemoryHotAddEnabled: source.MemoryHotAddEnabled,
	}
	for _, option := range source.ExtraConfig {
		if option.GetOptionValue().Key != "govcsim" {
			config.ExtraConfig = append(config.ExtraConfig, option)
		}
	}
	if source.VAppConfig != nil {
		spec := new(types.VmConfigSpec)
		for _, property := range source.VAppConfig.GetVmConfigInfo().Property {
			one := property
			spec.Property = append(spec.Property, types.VAppPropertySpec{Info: &one})
		}
		config.VAppConfig = spec
	}
	var backings []*types.VirtualDiskFlatVer2BackingInfo
	stock, devices := object.VirtualDeviceList(esx.VirtualDevice), object.VirtualDeviceList(source.Hardware.Device)
	for _, device := range devices {
		if stock.Find(devices.Name(device)) != nil {
			continue
		}
		change := new(types.VirtualDeviceConfigSpec)
		deepCopy(&types.VirtualDeviceConfigSpec{Operation: types.VirtualDeviceConfigSpecOperationAdd, Device: device}, change)
		switch copied := change.Device.(type) {
		case *types.VirtualDisk:
			change.FileOperation = types.VirtualDeviceConfigSpecFileOperationCreate
			backing := copied.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
			was := *backing
			backings = append(backings, &was)
			backing.FileName, backing.Parent, backing.Datastore = "", nil, nil
		case types.BaseVirtualEthernetCard:
			if card := copied.GetVirtualEthernetCard(); card.AddressType != string(types.VirtualEthernetCardMacTypeManual) {
				card.MacAddress = ""
			}
		}
		config.DeviceChange = append(config.DeviceChange, change)
	}
	return config, backings
}

// afterwards is what the call wants of the new VM.
func (vm *VirtualMachine) afterwards(ctx *Context, req *types.CloneVM_Task, linked bool, backings []*types.VirtualDiskFlatVer2BackingInfo) types.BaseMethodFault {
	if linked {
		for i, disk := range object.VirtualDeviceList(vm.Config.Hardware.Device).SelectByType((*types.VirtualDisk)(nil)) {
			disk.GetVirtualDevice().Backing.(*types.VirtualDiskFlatVer2BackingInfo).Parent = backings[i]
		}
	}
	if fault := vm.configureDevices(&types.VirtualMachineConfigSpec{DeviceChange: req.Spec.Location.DeviceChange}); fault != nil {
		return fault
	}
	if wanted := req.Spec.Config; wanted != nil {
		config := *wanted
		config.Name, config.Files = "", nil
		if fault := vm.configure(&config); fault != nil {
			return fault
		}
	}
	if req.Spec.Customization != nil {
		body := vm.CustomizeVMTask(&types.CustomizeVM_Task{This: vm.Self, Spec: *req.Spec.Customization})
		if task := Map.Get(body.(*methods.CustomizeVM_TaskBody).Res.Returnval).(*Task); task.Info.Error != nil {
			return task.Info.Error.Fault
		}
	}
	if req.Spec.Template {
		vm.MarkAsTemplate(&types.MarkAsTemplate{This: vm.Self})
	} else if req.Spec.PowerOn {
		vm.PowerOnVMTask(ctx, &types.PowerOnVM_Task{This: vm.Self})
	}
	return nil
}

// CreateSnapshotTask keeps the content.
func (vm *VirtualMachine) CreateSnapshotTask(req *types.CreateSnapshot_Task) soap.HasFault {
	body := vm.stockCreateSnapshotTask(req).(*methods.CreateSnapshot_TaskBody)
	task := Map.Get(body.Res.Returnval).(*Task)
	if ref, ok := task.Info.Result.(types.ManagedObjectReference); ok {
		snapshot := Map.Get(ref).(*VirtualMachineSnapshot)
		snapshot.content = vm.run.content(vm)
		var config types.VirtualMachineConfigInfo
		deepCopy(vm.Config, &config)
		snapshot.Config = config
	}
	return body
}

// RevertToSnapshotTask gives the VM the content back.
func (v *VirtualMachineSnapshot) RevertToSnapshotTask(req *types.RevertToSnapshot_Task) soap.HasFault {
	body := v.stockRevertToSnapshotTask(req)
	vm := Map.Get(v.Vm).(*VirtualMachine)
	Map.WithLock(vm, func() {
		if vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOff {
			vm.run.become(v.content)
		}
	})
	return body
}

// RenameTask refuses a name that another child of the folder has.
func (vm *VirtualMachine) RenameTask(req *types.Rename_Task) soap.HasFault {
	task := CreateTask(vm, "rename", func(*Task) (types.AnyType, types.BaseMethodFault) {
		if folder, ok := asFolderMO(Map.Get(*vm.Parent)); ok {
			if taken := childNamed(folder, req.NewName); taken != nil && taken.Reference() != vm.Self {
				return nil, &types.DuplicateName{Name: req.NewName, Object: taken.Reference()}
			}
		}
		Map.Update(vm, []types.PropertyChange{
			{Name: "name", Val: req.NewName}, {Name: "config.name", Val: req.NewName}, {Name: "summary.config.name", Val: req.NewName},
		})
		return nil, nil
	})
	return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: task.Run()}}
}

// MoveIntoFolderTask refuses a name that another child of the folder has.
func (f *Folder) MoveIntoFolderTask(ctx *Context, req *types.MoveIntoFolder_Task) soap.HasFault {
	for _, ref := range req.List {
		if entity, ok := Map.Get(ref).(mo.Entity); ok {
			if fault := namesTaken(&f.Folder, entityName(entity)); fault != nil {
				return &methods.MoveIntoFolder_TaskBody{Fault_: Fault(path.Base(entityName(entity)), fault)}
			}
		}
	}
	return f.stockMoveIntoFolderTask(ctx, req)
}

// UnregisterAndDestroyTask removes a folder; the files of VMs that are in it stay.
func (f *Folder) UnregisterAndDestroyTask(ctx *Context, req *types.UnregisterAndDestroy_Task) soap.HasFault {
	task := CreateTask(f, "unregisterAndDestroy", func(*Task) (types.AnyType, types.BaseMethodFault) {
		for _, child := range append(f.ChildEntity[:0:0], f.ChildEntity...) {
			if vm, ok := Map.Get(child).(*VirtualMachine); ok {
				vm.UnregisterVM(ctx, &types.UnregisterVM{This: child})
			}
		}
		folderRemoveChild(ctx, &Map.Get(*f.Parent).(*Folder).Folder, f.Self)
		return nil, nil
	})
	return &methods.UnregisterAndDestroy_TaskBody{Res: &types.UnregisterAndDestroy_TaskResponse{Returnval: task.Run()}}
}
