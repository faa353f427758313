// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Tells, as JSON, what a vCenter has: a client for the tests that shares no code with the collection.
//
// The environment variable VCHECK_URL has the address with the account.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/url"
	"os"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/view"
)

// client has both of the vCenter's interfaces.
type client struct {
	context.Context
	*govmomi.Client
	rest *rest.Client
	view *view.ContainerView
}

// answer is what is told.
type answer struct {
	VMs        []machine
	Folders    []string
	Files      []string          // [datastore] path, folders with a slash at the end
	Datastores map[string]string // ids
	Libraries  map[string][]libraryItem
	Categories map[string][]string // names of tags
}

func main() {
	if err := tell(); err != nil {
		log.Fatal(err)
	}
}

func tell() error {
	ctx := context.Background()
	server, err := url.Parse(os.Getenv("VCHECK_URL"))
	if err != nil {
		return err
	}
	soap, err := govmomi.NewClient(ctx, server, true)
	if err != nil {
		return err
	}
	defer soap.Logout(ctx)
	c := &client{Context: ctx, Client: soap, rest: rest.NewClient(soap.Client)}
	if err := c.rest.Login(ctx, server.User); err != nil {
		return err
	}
	defer c.rest.Logout(ctx)
	if c.view, err = view.NewManager(soap.Client).CreateContainerView(ctx, soap.ServiceContent.RootFolder, nil, true); err != nil {
		return err
	}
	var told answer
	for _, ask := range []func(*answer) error{c.machines, c.folders, c.files, c.libraries, c.tags} {
		if err := ask(&told); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}
