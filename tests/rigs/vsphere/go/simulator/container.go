// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// container is what a VM's disks hold, and the container that plays the VM once it was started.
type container struct {
	id       string        // empty until the first boot from this content
	image    string        // the content; empty for blank disks
	boots    int           // tells one run from the next
	answer   string        // to the last question
	answered chan struct{} // closed by the answer that a power-on waits for
}

const guestPrefix = "/guestFile/"

// ServeGuest refuses: guests of the rig are reached by their own connections only.
func ServeGuest(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

func (c *container) prepareGuestOperation(*VirtualMachine, types.BaseGuestAuthentication) types.BaseMethodFault {
	return new(types.GuestOperationsUnavailable)
}

// bootFolder is where a VM's guest finds what it is told at boot.
func bootFolder(vm *VirtualMachine) string { return path.Join(Rig.Folder, vm.Self.Value) }

var (
	instanceID = regexp.MustCompile(`(?m)["']?instance-id["']?\s*:\s*["']?([^"',\s}]+)`)
	hostName   = regexp.MustCompile(`(?m)["']?local-hostname["']?\s*:\s*["']?([^"',\s}]+)`)
)

// guestInfo reads a variable of the VMware data source as cloud-init does, with its encoding.
func guestInfo(vm *VirtualMachine, key string) string {
	value, encoding := vm.extra(key), strings.ToLower(vm.extra(key+".encoding"))
	switch encoding {
	case "base64", "b64":
		decoded, _ := base64.StdEncoding.DecodeString(value)
		return string(decoded)
	case "gzip+base64", "gz+b64":
		packed, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(value)))
		if err != nil {
			log.Printf("%s: %s: %s", vm.Name, key, err)
			return ""
		}
		decoded, _ := io.ReadAll(packed)
		return string(decoded)
	}
	return value
}

// metadata is what the guest is told: from guestinfo, else from a seed on a CD, else nothing.
func metadata(vm *VirtualMachine) (told map[string]interface{}, name string) {
	meta, user := guestInfo(vm, "guestinfo.metadata"), guestInfo(vm, "guestinfo.userdata")
	id := vm.uid.String()
	if meta == "" && user == "" {
		if seed := vm.seed(); seed != "" {
			meta, user = readText(seed, "meta-data"), readText(seed, "user-data")
		} else {
			id = "iid-datasource-none"
		}
	}
	if found := instanceID.FindStringSubmatch(meta); found != nil {
		id = found[1]
	}
	if found := hostName.FindStringSubmatch(meta); found != nil {
		name = found[1]
	}
	return map[string]interface{}{
		"id": id, "user": Rig.User, "password": Rig.Secret, "keys": []string{}, "user_data": base64.StdEncoding.EncodeToString([]byte(user)),
	}, name
}

func readText(folder, name string) string {
	text, _ := os.ReadFile(path.Join(folder, name))
	return string(text)
}

// seed is a folder with the content of an inserted CD that is labelled as a seed of cloud-init.
func (vm *VirtualMachine) seed() string {
	for _, device := range vm.Config.Hardware.Device {
		cdrom, ok := device.(*types.VirtualCdrom)
		if !ok || cdrom.Connectable == nil || !(cdrom.Connectable.Connected || cdrom.Connectable.StartConnected) {
			continue
		}
		if backing, ok := cdrom.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
			iso := vm.local(backing.GetVirtualDeviceFileBackingInfo().FileName)
			label, err := run("xorriso", "-indev", iso, "-pvd_info")
			if err != nil || !strings.Contains(strings.ToLower(label), "cidata") {
				continue
			}
			folder := path.Join(bootFolder(vm), "seed")
			_ = os.RemoveAll(folder)
			if _, err := run("xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/", folder); err == nil {
				return folder
			}
		}
	}
	return ""
}

// start boots the VM, or wakes it.
func (c *container) start(vm *VirtualMachine) {
	if c.image == "" && c.id == "" || rigAsk("guest.boot") != nil {
		return
	}
	if c.id != "" && vm.Runtime.PowerState == types.VirtualMachinePowerStateSuspended {
		_, _ = docker("unpause", c.id)
		return
	}
	told, name := metadata(vm)
	text, _ := json.Marshal(told)
	folder := bootFolder(vm)
	_ = os.MkdirAll(folder, 0o755)
	_ = os.WriteFile(path.Join(folder, "metadata.json"), text, 0o644)
	address := ""
	if vm.imc != nil {
		name, address = customizedName(vm, name), customizedAddress(vm)
	}
	var err error
	if c.id == "" {
		args := []string{"run", "--detach", "--init", "--name", "golden-vsphere-" + vm.Self.Value, "--network", Rig.Network, "--label", Rig.Label}
		args = append(args, "--volume", folder+":/run/instance:ro", "--entrypoint", "/usr/bin/python3")
		if name != "" {
			args = append(args, "--hostname", name)
		}
		if address != "" {
			args = append(args, "--ip", address)
		}
		c.id, err = docker(append(args, c.image, "-c", Rig.Boot)...)
	} else {
		_, err = docker("start", c.id)
	}
	if err == nil {
		c.boots++
		c.started(vm)
	}
}

// started tells what the tools of a running guest tell, and waits for its end.
func (c *container) started(vm *VirtualMachine) {
	address, _ := docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", c.id)
	host, _ := docker("inspect", "--format", "{{.Config.Hostname}}", c.id)
	if rigAsk("guest.address") != nil {
		address = ""
	}
	vm.report("guestToolsRunning", types.VirtualMachineToolsStatusToolsOk, host, address)
	id, boots := c.id, c.boots
	go func() {
		_, _ = docker("wait", id)
		Map.WithLock(vm, func() {
			if c.id == id && c.boots == boots {
				vm.report("guestToolsNotRunning", types.VirtualMachineToolsStatusToolsNotRunning, "", "")
				Map.Update(vm, []types.PropertyChange{
					{Name: "runtime.powerState", Val: types.VirtualMachinePowerStatePoweredOff},
					{Name: "summary.runtime.powerState", Val: types.VirtualMachinePowerStatePoweredOff},
				})
			}
		})
	}()
}

// report sets what the guest's tools say; without an address there is none of any interface.
func (vm *VirtualMachine) report(running string, status types.VirtualMachineToolsStatus, host, address string) {
	nics := append([]types.GuestNicInfo{}, vm.Guest.Net...)
	for i := range nics {
		nics[i].IpAddress, nics[i].IpConfig = nil, nil
		if i == 0 && address != "" {
			nics[i].IpAddress = []string{address}
			nics[i].IpConfig = &types.NetIpConfigInfo{IpAddress: []types.NetIpConfigInfoIpAddress{{IpAddress: address, PrefixLength: 24, State: "preferred"}}}
		}
	}
	Map.Update(vm, []types.PropertyChange{
		{Name: "guest.toolsRunningStatus", Val: running},
		{Name: "guest.toolsStatus", Val: status},
		{Name: "guest.toolsVersionStatus2", Val: "guestToolsUnmanaged"},
		{Name: "guest.hostName", Val: host},
		{Name: "guest.ipAddress", Val: address},
		{Name: "guest.net", Val: nics},
		{Name: "summary.guest.toolsRunningStatus", Val: running},
		{Name: "summary.guest.toolsStatus", Val: status},
		{Name: "summary.guest.hostName", Val: host},
		{Name: "summary.guest.ipAddress", Val: address},
	})
}

// stop cuts the power.
func (c *container) stop(vm *VirtualMachine) {
	c.boots++
	if c.id != "" {
		_, _ = docker("kill", c.id)
		_, _ = docker("wait", c.id)
	}
	if vm.Guest.ToolsRunningStatus == "guestToolsRunning" {
		vm.report("guestToolsNotRunning", types.VirtualMachineToolsStatusToolsNotRunning, "", "")
	}
}

func (c *container) pause(*VirtualMachine) {
	if c.id != "" {
		_, _ = docker("pause", c.id)
	}
}

func (c *container) remove(vm *VirtualMachine) {
	c.boots++
	if c.id != "" {
		_, _ = docker("rm", "--force", "--volumes", c.id)
	}
	c.id, c.image = "", ""
	_ = os.RemoveAll(bootFolder(vm))
}

// content is what the disks hold now, as an image.
func (c *container) content(vm *VirtualMachine) string {
	if c.id == "" {
		return c.image
	}
	image, err := docker("commit", "--change", "LABEL "+Rig.Label, c.id)
	if err != nil {
		return c.image
	}
	if vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOff {
		c.become(image)
	}
	return image
}

// become gives the disks another content; the next boot is from it.
func (c *container) become(image string) {
	c.boots++
	if c.id != "" {
		_, _ = docker("rm", "--force", "--volumes", c.id)
	}
	c.id, c.image = "", image
}
