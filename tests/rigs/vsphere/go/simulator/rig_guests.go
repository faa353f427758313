// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"sync"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// RigTyped has the key events that VMs were sent, by name.
var RigTyped = struct {
	sync.Mutex
	Keys map[string][]types.UsbScanCodeSpecKeyEvent
}{Keys: map[string][]types.UsbScanCodeSpecKeyEvent{}}

func (vm *VirtualMachine) needsPower() *soap.Fault {
	if state := vm.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOn {
		return Fault("", &types.InvalidPowerState{RequestedState: types.VirtualMachinePowerStatePoweredOn, ExistingState: state})
	}
	return nil
}

func (vm *VirtualMachine) needsTools() *soap.Fault {
	if fault := vm.needsPower(); fault != nil {
		return fault
	}
	if vm.Guest.ToolsRunningStatus != "guestToolsRunning" {
		return Fault("", new(types.ToolsUnavailable))
	}
	return nil
}

// PutUsbScanCodes notes what is typed.
func (vm *VirtualMachine) PutUsbScanCodes(req *types.PutUsbScanCodes) soap.HasFault {
	body := new(methods.PutUsbScanCodesBody)
	if body.Fault_ = vm.needsPower(); body.Fault_ == nil {
		RigTyped.Lock()
		RigTyped.Keys[vm.Name] = append(RigTyped.Keys[vm.Name], req.Spec.KeyEvents...)
		RigTyped.Unlock()
		body.Res = &types.PutUsbScanCodesResponse{Returnval: int32(len(req.Spec.KeyEvents))}
	}
	return body
}

// ShutdownGuest asks the guest, which ends in its own time.
func (vm *VirtualMachine) ShutdownGuest(ctx *Context, req *types.ShutdownGuest) soap.HasFault {
	body := new(methods.ShutdownGuestBody)
	if body.Fault_ = vm.needsTools(); body.Fault_ == nil {
		if id := vm.run.id; rigAsk("guest.shutdown") == nil {
			go func() { _, _ = docker("stop", "--time", "1", id) }()
		}
		body.Res = new(types.ShutdownGuestResponse)
	}
	return body
}

// RebootGuest asks the guest.
func (vm *VirtualMachine) RebootGuest(ctx *Context, req *types.RebootGuest) soap.HasFault {
	body := new(methods.RebootGuestBody)
	if body.Fault_ = vm.needsTools(); body.Fault_ == nil {
		vm.run.boots++
		_, _ = docker("restart", "--time", "1", vm.run.id)
		vm.run.started(vm)
		body.Res = new(types.RebootGuestResponse)
	}
	return body
}

// MountToolsInstaller does as if there was one.
func (vm *VirtualMachine) MountToolsInstaller(*types.MountToolsInstaller) soap.HasFault {
	return &methods.MountToolsInstallerBody{Res: new(types.MountToolsInstallerResponse)}
}

// AnswerVM takes an answer to the question that RigQuestion asked.
func (vm *VirtualMachine) AnswerVM(req *types.AnswerVM) soap.HasFault {
	body := new(methods.AnswerVMBody)
	question := vm.Runtime.Question
	if question == nil || question.Id != req.QuestionId {
		body.Fault_ = Fault("", &types.InvalidArgument{InvalidProperty: "questionId"})
		return body
	}
	for _, choice := range question.Choice.ChoiceInfo {
		if choice.GetElementDescription().Key == req.AnswerChoice {
			vm.run.answer = choice.GetElementDescription().Label
			vm.setQuestion(nil)
			if vm.run.answered != nil {
				close(vm.run.answered)
				vm.run.answered = nil
			}
			body.Res = new(types.AnswerVMResponse)
			return body
		}
	}
	body.Fault_ = Fault("", &types.InvalidArgument{InvalidProperty: "answerChoice"})
	return body
}

// PowerOnVMTask asks first what was ordered to be asked: the task goes on with the answer.
func (vm *VirtualMachine) PowerOnVMTask(ctx *Context, req *types.PowerOnVM_Task) soap.HasFault {
	order := rigAsk("guest.question")
	if order == nil || vm.Config.Template {
		return vm.stockPowerOnVMTask(ctx, req)
	}
	vm.run.answered = make(chan struct{})
	vm.RigAskQuestion(order.Message, order.Choices)
	runner := &powerVMTask{vm, types.VirtualMachinePowerStatePoweredOn, ctx}
	task := CreateTask(vm, "powerOn", runner.Run)
	task.goOn = vm.run.answered
	return &methods.PowerOnVM_TaskBody{Res: &types.PowerOnVM_TaskResponse{Returnval: task.Run()}}
}

func (vm *VirtualMachine) setQuestion(question *types.VirtualMachineQuestionInfo) {
	var value types.AnyType
	if question != nil {
		value = *question
	}
	vm.Runtime.Question, vm.Summary.Runtime.Question = question, question
	if value != nil {
		Map.Update(vm, []types.PropertyChange{{Name: "runtime.question", Val: value}, {Name: "summary.runtime.question", Val: value}})
	} else {
		Map.Update(vm, []types.PropertyChange{{Name: "runtime.question", Val: nil}, {Name: "summary.runtime.question", Val: nil}})
	}
}

// machineNamed is the VM of a name; nil when there is none.
func machineNamed(name string) *VirtualMachine {
	for _, entity := range Map.All("VirtualMachine") {
		if vm := entity.(*VirtualMachine); vm.Name == name {
			return vm
		}
	}
	return nil
}

// RigOn does something with the VM of a name; false when there is none.
func RigOn(name string, do func(*VirtualMachine)) bool {
	vm := machineNamed(name)
	if vm != nil {
		Map.WithLock(vm, func() { do(vm) })
	}
	return vm != nil
}

// RigAskQuestion blocks the VM with a question.
func (vm *VirtualMachine) RigAskQuestion(text string, choices []string) {
	question := &types.VirtualMachineQuestionInfo{Id: "1", Text: text}
	for i, label := range choices {
		key := string(rune('0' + i))
		question.Choice.ChoiceInfo = append(question.Choice.ChoiceInfo, &types.ElementDescription{Description: types.Description{Label: label, Summary: label}, Key: key})
	}
	vm.setQuestion(question)
}

// RigAnswer is the label of the answer that was given.
func (vm *VirtualMachine) RigAnswer() string { return vm.run.answer }

// RigInstall does what an installer does at its end: the disks hold a stock guest, which boots, or the VM is off.
func (vm *VirtualMachine) RigInstall(off bool) {
	vm.run.become(Rig.Stock)
	if !off {
		vm.run.start(vm)
		return
	}
	Map.Update(vm, []types.PropertyChange{
		{Name: "runtime.powerState", Val: types.VirtualMachinePowerStatePoweredOff},
		{Name: "summary.runtime.powerState", Val: types.VirtualMachinePowerStatePoweredOff},
	})
}

// RigContent is what the disks hold, as an image.
func (vm *VirtualMachine) RigContent() string { return vm.run.content(vm) }

// RigCrash ends the guest from inside.
func (vm *VirtualMachine) RigCrash() {
	if vm.run.id != "" {
		go func(id string) { _, _ = docker("kill", id) }(vm.run.id)
	}
}

// RigStock gives a VM the content of a stock guest.
func RigStock(ref types.ManagedObjectReference) { Map.Get(ref).(*VirtualMachine).run.become(Rig.Stock) }

// RigReport has the tools tell these addresses, one list for each interface.
func (vm *VirtualMachine) RigReport(address string, nics [][]string) {
	told := append([]types.GuestNicInfo{}, vm.Guest.Net...)
	for i := range told {
		if i < len(nics) {
			told[i].IpAddress = nics[i]
			told[i].IpConfig = new(types.NetIpConfigInfo)
			for _, one := range nics[i] {
				told[i].IpConfig.IpAddress = append(told[i].IpConfig.IpAddress, types.NetIpConfigInfoIpAddress{IpAddress: one, PrefixLength: 24, State: "preferred"})
			}
		}
	}
	Map.Update(vm, []types.PropertyChange{
		{Name: "guest.ipAddress", Val: address}, {Name: "summary.guest.ipAddress", Val: address}, {Name: "guest.net", Val: told},
	})
}

// RigExpireSessions ends every session, as after some idle time.
func RigExpireSessions() {
	sessionMutex.Lock()
	defer sessionMutex.Unlock()
	sessions := Map.SessionManager().sessions
	for id := range sessions {
		delete(sessions, id)
	}
}

// RigSessions counts the sessions.
func RigSessions() int {
	sessionMutex.Lock()
	defer sessionMutex.Unlock()
	return len(Map.SessionManager().sessions)
}
