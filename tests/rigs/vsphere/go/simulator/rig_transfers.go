// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ServeNFC gives and takes the files of a lease.
func ServeNFC(w http.ResponseWriter, r *http.Request) {
	id, name := path.Base(path.Dir(r.URL.Path)), path.Base(r.URL.Path)
	known, ok := nfcLease.Load(types.ManagedObjectReference{Type: "HttpNfcLease", Value: id})
	if !ok {
		http.NotFound(w, r)
		return
	}
	lease := known.(*HttpNfcLease)
	file, ok := lease.files[name]
	switch {
	case !ok:
		http.NotFound(w, r)
	case r.Method == http.MethodGet && !lease.importing:
		http.ServeFile(w, r, file)
	case (r.Method == http.MethodPut || r.Method == http.MethodPost) && lease.importing:
		if _, err := save(file, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
	default:
		http.Error(w, "", http.StatusMethodNotAllowed)
	}
}

// ExportVm leases the disks.
func (vm *VirtualMachine) ExportVm(ctx *Context, req *types.ExportVm) soap.HasFault {
	body := new(methods.ExportVmBody)
	if state := vm.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOff {
		body.Fault_ = Fault("", &types.InvalidPowerState{RequestedState: types.VirtualMachinePowerStatePoweredOff, ExistingState: state})
		return body
	}
	folder, err := os.MkdirTemp(Rig.Folder, "lease-")
	if err != nil {
		body.Fault_ = Fault(err.Error(), new(types.CannotAccessFile))
		return body
	}
	names, err := vm.RigDisks(folder, "disk")
	if err != nil {
		body.Fault_ = Fault(err.Error(), new(types.CannotAccessFile))
		return body
	}
	lease := NewHttpNfcLease(ctx, vm.Self)
	lease.Info.Lease, lease.folder = lease.Reference(), folder
	for i, disk := range vm.disks() {
		lease.files[names[i]] = path.Join(folder, names[i])
		lease.Info.TotalDiskCapacityInKB += getDiskSize(disk) / 1024
		lease.Info.DeviceUrl = append(lease.Info.DeviceUrl, types.HttpNfcLeaseDeviceUrl{
			Key: fmt.Sprintf("/%s/disk:%d", vm.Self.Value, i), Disk: types.NewBool(true), TargetId: names[i],
			Url: (&url.URL{Scheme: "https", Host: "*", Path: nfcPrefix + path.Join(lease.Self.Value, names[i])}).String(),
		})
	}
	body.Res = &types.ExportVmResponse{Returnval: lease.Self}
	return body
}

// HttpNfcLeaseGetManifest tells the checksums of what was exported.
func (l *HttpNfcLease) HttpNfcLeaseGetManifest(ctx *Context, req *types.HttpNfcLeaseGetManifest) soap.HasFault {
	res := new(types.HttpNfcLeaseGetManifestResponse)
	for _, device := range l.Info.DeviceUrl {
		f, err := os.Open(l.files[device.TargetId])
		if err != nil {
			continue
		}
		old, hash := sha1.New(), sha256.New()
		size, _ := io.Copy(io.MultiWriter(old, hash), f)
		f.Close()
		res.Returnval = append(res.Returnval, types.HttpNfcLeaseManifestEntry{
			Key: device.Key, Sha1: hex.EncodeToString(old.Sum(nil)), ChecksumType: "sha256", Checksum: hex.EncodeToString(hash.Sum(nil)), Size: size, Disk: true,
		})
	}
	return &methods.HttpNfcLeaseGetManifestBody{Res: res}
}

// HttpNfcLeaseComplete ends the lease; an imported VM then has what was uploaded.
func (l *HttpNfcLease) HttpNfcLeaseComplete(ctx *Context, req *types.HttpNfcLeaseComplete) soap.HasFault {
	if vm, ok := Map.Get(l.Info.Entity).(*VirtualMachine); ok && l.importing {
		if disks := vm.disks(); len(disks) > 0 {
			Map.WithLock(vm, func() { vm.RigFill(vm.local(diskFile(disks[0]))) })
		}
	}
	_ = os.RemoveAll(l.folder)
	return l.stockHttpNfcLeaseComplete(ctx, req)
}

// HttpNfcLeaseAbort ends the lease; an imported VM goes.
func (l *HttpNfcLease) HttpNfcLeaseAbort(ctx *Context, req *types.HttpNfcLeaseAbort) soap.HasFault {
	if vm, ok := Map.Get(l.Info.Entity).(*VirtualMachine); ok && l.importing {
		Map.WithLock(vm, func() { vm.DestroyTask(internalContext, &types.Destroy_Task{This: vm.Self}) })
	}
	_ = os.RemoveAll(l.folder)
	return l.stockHttpNfcLeaseAbort(ctx, req)
}

// ImportVApp refuses a name that is taken, and marks the lease as one that takes files.
func (p *ResourcePool) ImportVApp(ctx *Context, req *types.ImportVApp) soap.HasFault {
	body, ok := p.stockImportVApp(ctx, req).(*methods.ImportVAppBody)
	if ok && body.Res != nil {
		known, _ := nfcLease.Load(body.Res.Returnval)
		known.(*HttpNfcLease).importing = true
	}
	return body
}

// RigDescriptor is an OVF envelope for the VM.
//
// files has the name and the size of each exported disk, in the disks' order.
func (vm *VirtualMachine) RigDescriptor(name string, files []types.OvfFile) string {
	var references, disks, items, networks strings.Builder
	for i, disk := range vm.disks() {
		if i >= len(files) {
			break
		}
		fmt.Fprintf(&references, `<File ovf:href="%s" ovf:id="file%d" ovf:size="%d"/>`, files[i].Path, i+1, files[i].Size)
		fmt.Fprintf(&disks, `<Disk ovf:capacity="%d" ovf:capacityAllocationUnits="byte * 2^10" ovf:diskId="vmdisk%d" ovf:fileRef="file%d" `+
			`ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>`, getDiskSize(disk)/1024, i+1, i+1)
		item(&items, 17, 10+i, fmt.Sprintf("Hard disk %d", i+1),
			"AddressOnParent", fmt.Sprint(i), "HostResource", fmt.Sprintf("ovf:/disk/vmdisk%d", i+1), "Parent", "3")
	}
	seen := map[string]bool{}
	for i, nic := range vm.Guest.Net {
		network := nic.Network
		if network == "" {
			network = "VM Network"
		}
		if !seen[network] {
			fmt.Fprintf(&networks, `<Network ovf:name="%s"><Description>%s</Description></Network>`, network, network)
		}
		seen[network] = true
		item(&items, 10, 30+i, fmt.Sprintf("Network adapter %d", i+1), "Connection", network, "ResourceSubType", "VmxNet3")
	}
	var first strings.Builder
	hardware := vm.Config.Hardware
	item(&first, 3, 1, "cpu", "VirtualQuantity", fmt.Sprint(hardware.NumCPU))
	item(&first, 4, 2, "memory", "VirtualQuantity", fmt.Sprint(hardware.MemoryMB))
	item(&first, 6, 3, "SCSI controller", "ResourceSubType", "VirtualSCSI")
	const schema = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_"
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" `+
		`xmlns:rasd="`+schema+`ResourceAllocationSettingData" xmlns:vssd="`+schema+`VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>%s</References>
  <DiskSection><Info>List of the virtual disks</Info>%s</DiskSection>
  <NetworkSection><Info>The list of logical networks</Info>%s</NetworkSection>
  <VirtualSystem ovf:id="%s">
    <Info>A Virtual system</Info><Name>%s</Name>
    <OperatingSystemSection ovf:id="1" vmw:osType="%s"><Info>The operating system installed</Info></OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <System><vssd:ElementName>Virtual Hardware Family</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>`+
		`<vssd:VirtualSystemIdentifier>%s</vssd:VirtualSystemIdentifier><vssd:VirtualSystemType>%s</vssd:VirtualSystemType></System>
%s%s    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`, references.String(), disks.String(), networks.String(), name, name, vm.Config.GuestId, name, vm.Config.Version, first.String(), items.String())
}

// item writes an item of virtual hardware, whose elements have to be in alphabetical order.
func item(to *strings.Builder, kind, id int, name string, pairs ...string) {
	elements := map[string]string{"ElementName": name, "InstanceID": fmt.Sprint(id), "ResourceType": fmt.Sprint(kind)}
	for i := 0; i < len(pairs); i += 2 {
		elements[pairs[i]] = pairs[i+1]
	}
	to.WriteString("      <Item>")
	for _, key := range []string{"AddressOnParent", "Connection", "ElementName", "HostResource", "InstanceID", "Parent", "ResourceSubType", "ResourceType", "VirtualQuantity"} {
		if value, ok := elements[key]; ok {
			fmt.Fprintf(to, "<rasd:%s>%s</rasd:%s>", key, value, key)
		}
	}
	to.WriteString("</Item>\n")
}

// CreateDescriptor describes the VM with the files that the client says it downloaded.
func (m *OvfManager) CreateDescriptor(ctx *Context, req *types.CreateDescriptor) soap.HasFault {
	body := new(methods.CreateDescriptorBody)
	vm, ok := ctx.Map.Get(req.Obj).(*VirtualMachine)
	if !ok {
		body.Fault_ = Fault("", &types.ManagedObjectNotFound{Obj: req.Obj})
		return body
	}
	name := req.Cdp.Name
	if name == "" {
		name = vm.Name
	}
	var files []types.OvfFile
	for i := range vm.disks() {
		for _, file := range req.Cdp.OvfFiles {
			if file.DeviceId == fmt.Sprintf("/%s/disk:%d", vm.Self.Value, i) {
				files = append(files, file)
			}
		}
	}
	body.Res = &types.CreateDescriptorResponse{Returnval: types.OvfCreateDescriptorResult{OvfDescriptor: vm.RigDescriptor(name, files)}}
	return body
}

// ServeDatastore asks for a session.
func (s *Service) ServeDatastore(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(soap.SessionCookieName)
	if err == nil {
		if _, known := s.sm.getSession(strings.Trim(cookie.Value, `"`)); known {
			s.stockServeDatastore(w, r)
			return
		}
	}
	http.Error(w, "", http.StatusUnauthorized)
}

// RecommendDatastores recommends those of the cluster also where no disk is named.
func (m *StorageResourceManager) RecommendDatastores(req *types.RecommendDatastores) soap.HasFault {
	selection := &req.StorageSpec.PodSelectionSpec
	if len(selection.InitialVmConfig) == 0 && selection.StoragePod != nil {
		selection.InitialVmConfig = []types.VmPodConfigForPlacement{{StoragePod: *selection.StoragePod}}
	}
	return m.stockRecommendDatastores(req)
}
