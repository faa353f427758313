// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// A disk that the rig makes is a real one, whose first sector names the content; what really is in it stays in the daemon.
const diskMark = "disk of the rig: "

// disks are the VM's, in their order.
func (vm *VirtualMachine) disks() (found []*types.VirtualDisk) {
	for _, device := range vm.Config.Hardware.Device {
		if disk, ok := device.(*types.VirtualDisk); ok {
			found = append(found, disk)
		}
	}
	return
}

func diskFile(disk *types.VirtualDisk) string {
	return disk.Backing.(types.BaseVirtualDeviceFileBackingInfo).GetVirtualDeviceFileBackingInfo().FileName
}

// writeDisk writes a stream-optimized VMDK.
func writeDisk(file, content string, size int64) error {
	raw, err := os.CreateTemp("", "golden-disk-*.raw")
	if err != nil {
		return err
	}
	defer os.Remove(raw.Name())
	defer raw.Close()
	if err = raw.Truncate(size); err == nil && content != "" {
		_, err = raw.WriteString(diskMark + content + "\n")
	}
	if err == nil {
		_, err = run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw.Name(), file)
	}
	return err
}

// readDisk is the content that a VMDK names: that of a stock guest for one that the rig did not make, none for an empty file.
func readDisk(file string) string {
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		return ""
	}
	sector := path.Join(path.Dir(file), "."+path.Base(file)+".sector")
	defer os.Remove(sector)
	if _, err := run("qemu-img", "dd", "-O", "raw", "bs=512", "count=1", "if="+file, "of="+sector); err != nil {
		return Rig.Stock
	}
	text, _ := os.ReadFile(sector)
	line := strings.SplitN(string(text), "\n", 2)[0]
	if !strings.HasPrefix(line, diskMark) {
		return Rig.Stock
	}
	content := strings.TrimPrefix(line, diskMark)
	if _, err := docker("image", "inspect", "--format", "{{.Id}}", content); err != nil {
		return Rig.Stock
	}
	return content
}

// RigFill has a VM boot what its first disk's file names.
func (vm *VirtualMachine) RigFill(file string) {
	if content := readDisk(file); content != "" {
		vm.run.become(content)
	}
}

// RigDisks writes the VM's disks into a folder and returns their names.
func (vm *VirtualMachine) RigDisks(folder, base string) ([]string, error) {
	content := vm.run.content(vm)
	var names []string
	for i, disk := range vm.disks() {
		name := base + "-" + string(rune('1'+i)) + ".vmdk"
		if err := writeDisk(path.Join(folder, name), content, getDiskSize(disk)); err != nil {
			return nil, err
		}
		names, content = append(names, name), ""
	}
	return names, nil
}

// save keeps a body as a file.
func save(file string, body io.Reader) (int64, error) {
	if err := os.MkdirAll(path.Dir(file), 0o755); err != nil {
		return 0, err
	}
	to, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer to.Close()
	return io.Copy(to, body)
}

// RigSave keeps a body as a file.
func RigSave(file string, body io.Reader) (int64, error) { return save(file, body) }

// RigFillFrom has a VM boot what a file holds.
func RigFillFrom(ref types.ManagedObjectReference, file string) {
	if vm, ok := Map.Get(ref).(*VirtualMachine); ok {
		Map.WithLock(vm, func() { vm.RigFill(file) })
	}
}

// RigCapture writes a VM that is off as an OVF package, the descriptor last.
func RigCapture(id, folder, name string) (files []types.OvfFile, err error) {
	vm, ok := Map.Get(types.ManagedObjectReference{Type: "VirtualMachine", Value: id}).(*VirtualMachine)
	if !ok {
		return nil, fmt.Errorf("there is no VM %s", id)
	}
	Map.WithLock(vm, func() {
		if vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
			err = fmt.Errorf("the VM %s is not powered off", vm.Name)
			return
		}
		if err = os.MkdirAll(folder, 0o755); err != nil {
			return
		}
		var names []string
		if names, err = vm.RigDisks(folder, name); err != nil {
			return
		}
		for _, disk := range names {
			info, _ := os.Stat(path.Join(folder, disk))
			files = append(files, types.OvfFile{Path: disk, Size: info.Size()})
		}
		text := vm.RigDescriptor(name, files)
		files = append(files, types.OvfFile{Path: name + ".ovf", Size: int64(len(text))})
		err = os.WriteFile(path.Join(folder, name+".ovf"), []byte(text), 0o644)
	})
	return
}
