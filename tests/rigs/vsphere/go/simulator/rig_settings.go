// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"fmt"
	"log"
	"os/exec"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// RigOrder is what a test ordered for an event: a delay, an end in a fault, or both.
type RigOrder struct {
	Seconds float64 // negative for ever
	Fault   types.BaseMethodFault
	Message string
	Choices []string // of a question
}

// Rig is what the server tells this package.
var Rig struct {
	Docker  []string // command line of the client that reaches the daemon
	Network string   // where guests are
	Label   string   // of all that the rig makes in the daemon
	Stock   string   // the image with the content of a stock guest
	User    string   // the user of a stock guest
	Secret  string   // and the password
	Boot    string   // program that a guest runs as process 1
	Folder  string   // what guests are told at boot
	Ask     func(event string) *RigOrder
}

func rigAsk(event string) *RigOrder {
	if Rig.Ask == nil {
		return nil
	}
	return Rig.Ask(event)
}

// run runs a program and returns what it wrote.
func run(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%s: %s", err, exit.Stderr)
		}
		log.Printf("%s %s: %s", name, args, err)
	}
	return strings.TrimSpace(string(out)), err
}

func docker(args ...string) (string, error) {
	return run(Rig.Docker[0], append(Rig.Docker[1:len(Rig.Docker):len(Rig.Docker)], args...)...)
}
