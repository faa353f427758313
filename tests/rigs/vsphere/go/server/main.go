// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// The vCenter of the tests: govmomi's simulator with the overlay of this rig, faults that tests order, and a log of calls.
package main

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/vmware/govmomi/pbm/simulator"
	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

// settings is what the rig's Python side tells, as JSON in the file that the only argument names.
type settings struct {
	Listen, User, Password, Certificate, Folder string
	Docker                                      []string
	Network, Label, Stock, Boot                 string
	GuestUser, GuestPassword                    string
}

func main() {
	var told settings
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &told)
	}
	if err != nil {
		log.Fatal(err)
	}
	rig := &simulator.Rig
	rig.Docker, rig.Network, rig.Label, rig.Stock, rig.Boot, rig.Folder = told.Docker, told.Network, told.Label, told.Stock, told.Boot, told.Folder
	rig.User, rig.Secret = told.GuestUser, told.GuestPassword
	model := simulator.VPX()
	model.Autostart, model.Machine, model.Datastore, model.Pod = false, 0, 4, 1
	about := &model.ServiceContent.About
	about.ApiVersion, about.Version = "7.0.3.0", "7.0.3"
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	defer model.Remove()
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate()}}
	model.Service.RegisterEndpoints = true
	model.Service.Listen = &url.URL{Host: told.Listen, User: url.UserPassword(told.User, told.Password)}
	server := model.Service.NewServer()
	server.Config.Handler = faults(server.Config.Handler)
	defer server.Close()
	if err := stock(server.URL); err != nil {
		log.Fatalf("inventory: %s", err)
	}
	rig.Ask = ask
	// Last of all: who waits for the file finds everything there.
	text = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(told.Certificate, text, 0o644); err != nil {
		log.Fatal(err)
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM)
	<-end
}
