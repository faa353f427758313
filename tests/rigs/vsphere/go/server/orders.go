// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/vmware/govmomi/simulator"
	vapi "github.com/vmware/govmomi/vapi/simulator"
)

// order is what a test tells a VM.
type order struct {
	VM        string
	Text      string     // of a question
	Choices   []string   // its answers
	PowerOff  bool       // an installer ends so, rather than in a reboot
	Address   string     // that the tools tell
	Addresses [][]string // of each interface
}

// control is the tests' own side, below /rig/.
type control struct{}

var orders control

func (c control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A connection that is closed with something unread is reset, and the end of a long answer lost.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch name := r.URL.Path[len("/rig/"):]; {
	case name == "rule" && r.Method == http.MethodDelete:
		known.forget()
	case name == "rule":
		one := new(rule)
		if err := json.NewDecoder(r.Body).Decode(one); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		known.order(one)
	case name == "calls":
		known.Lock()
		defer known.Unlock()
		reply(w, append([]string{}, known.calls...))
	case name == "typed":
		simulator.RigTyped.Lock()
		defer simulator.RigTyped.Unlock()
		reply(w, simulator.RigTyped.Keys)
	case name == "expire":
		simulator.RigExpireSessions()
		vapi.RigExpireSessions()
	case name == "sessions":
		reply(w, map[string]int{"soap": simulator.RigSessions(), "rest": vapi.RigSessions()})
	default:
		c.machine(w, r, name)
	}
}

// machine does something with a VM.
func (c control) machine(w http.ResponseWriter, r *http.Request, name string) {
	told := new(order)
	if err := json.NewDecoder(r.Body).Decode(told); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	does := map[string]func(*simulator.VirtualMachine){
		"question":  func(vm *simulator.VirtualMachine) { vm.RigAskQuestion(told.Text, told.Choices) },
		"answer":    func(vm *simulator.VirtualMachine) { reply(w, vm.RigAnswer()) },
		"content":   func(vm *simulator.VirtualMachine) { reply(w, vm.RigContent()) },
		"install":   func(vm *simulator.VirtualMachine) { vm.RigInstall(told.PowerOff) },
		"crash":     func(vm *simulator.VirtualMachine) { vm.RigCrash() },
		"addresses": func(vm *simulator.VirtualMachine) { vm.RigReport(told.Address, told.Addresses) },
	}[name]
	if does == nil || !simulator.RigOn(told.VM, does) {
		http.NotFound(w, r)
	}
}

func reply(w http.ResponseWriter, value interface{}) { _ = json.NewEncoder(w).Encode(value) }
