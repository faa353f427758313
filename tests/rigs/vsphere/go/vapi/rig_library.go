// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"archive/tar"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/nfc"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vapi/internal"
	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vapi/vcenter"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// counted is the number after a version's.
func counted(version string) string {
	number, _ := strconv.Atoi(version)
	return strconv.Itoa(number + 1)
}

// changed gives an item a new version of its content.
func (i *item) changed() {
	i.ContentVersion, i.Version, i.LastModifiedTime = counted(i.ContentVersion), counted(i.Version), types.NewTime(time.Now())
	i.Size = 0
	for _, file := range i.File {
		i.Size += *file.Size
	}
}

// keep notes a file of the item's, in the place of one with the same name.
func (i *item) keep(name string, size int64) {
	file := library.File{Cached: types.NewBool(true), Name: name, Size: types.NewInt64(size), Version: counted(i.ContentVersion)}
	for n := range i.File {
		if i.File[n].Name == name {
			i.File[n] = file
			return
		}
	}
	i.File = append(i.File, file)
}

func (l *content) named(name string) *item {
	for _, one := range l.Item {
		if one.Name == name {
			return one
		}
	}
	return nil
}

// libraryItem counts versions from 1.
func (s *handler) libraryItem(w http.ResponseWriter, r *http.Request) {
	s.stockLibraryItem(w, r)
	for _, l := range s.Library {
		for _, one := range l.Item {
			if one.Version == "" {
				one.Version, one.ContentVersion, one.MetadataVersion = "1", "1", "1"
			}
		}
	}
}

// libraryItemID counts versions of the metadata.
func (s *handler) libraryItemID(w http.ResponseWriter, r *http.Request) {
	s.stockLibraryItemID(w, r)
	if l := s.itemLibrary(s.id(r)); l != nil && r.Method == http.MethodPatch {
		one := s.Library[l.ID].Item[s.id(r)]
		one.MetadataVersion, one.Version = counted(one.MetadataVersion), counted(one.Version)
	}
}

// libraryItemUpdateSessionID gives an item that was written to a new version.
func (s *handler) libraryItemUpdateSessionID(w http.ResponseWriter, r *http.Request) {
	up, ok := s.Update[s.id(r)]
	if ok && s.action(r) == "complete" && len(up.File) > 0 {
		s.Library[up.Library.ID].Item[up.Session.LibraryItemID].changed()
	}
	s.stockLibraryItemUpdateSessionID(w, r)
}

// libraryItemUpdateSessionFileID takes a file away from the item.
func (s *handler) libraryItemUpdateSessionFileID(w http.ResponseWriter, r *http.Request) {
	up, ok := s.Update[s.id(r)]
	if !ok || s.action(r) != "remove" {
		s.stockLibraryItemUpdateSessionFileID(w, r)
		return
	}
	var spec struct {
		Name string `json:"file_name"`
	}
	if !s.decode(r, w, &spec) {
		return
	}
	one := s.Library[up.Library.ID].Item[up.Session.LibraryItemID]
	kept := one.File[:0:0]
	for _, file := range one.File {
		if file.Name != spec.Name {
			kept = append(kept, file)
		}
	}
	one.File = kept
	_ = os.Remove(path.Join(libraryPath(up.Library, one.ID), spec.Name))
	OK(w)
}

// libraryItemFileCreate keeps a file, or those in a package.
func (s *handler) libraryItemFileCreate(up *update, name string, body io.ReadCloser) error {
	defer body.Close()
	dir := libraryPath(up.Library, up.Session.LibraryItemID)
	one := s.Library[up.Library.ID].Item[up.Session.LibraryItemID]
	save := func(name string, from io.Reader) error {
		size, err := simulator.RigSave(path.Join(dir, name), from)
		if err == nil {
			one.keep(name, size)
		}
		return err
	}
	if path.Ext(name) != ".ova" {
		return save(name, body)
	}
	members := tar.NewReader(body)
	for {
		member, err := members.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = save(path.Base(member.Name), members)
		}
		if err != nil {
			return err
		}
	}
}

// libraryDeploy gives the VM what the item's first disk holds.
func (s *handler) libraryDeploy(ctx context.Context, c *vim25.Client, lib *library.Library, item *item, deploy vcenter.Deploy) (*nfc.LeaseInfo, error) {
	info, err := s.stockLibraryDeploy(ctx, c, lib, item, deploy)
	if err != nil {
		return nil, err
	}
	for _, file := range item.File {
		if path.Ext(file.Name) == ".vmdk" {
			simulator.RigFillFrom(info.Entity, path.Join(libraryPath(lib, item.ID), file.Name))
			break
		}
	}
	return info, nil
}

func failed(class, message string) *vcenter.DeploymentError {
	return &vcenter.DeploymentError{Errors: []vcenter.OVFError{{
		Category: "SERVER",
		Error:    &vcenter.Error{Class: "com.vmware.vapi.std.errors." + class, Messages: []rest.LocalizableMessage{{DefaultMessage: message}}},
	}}}
}

// libraryItemOVF captures a VM as an item with files, or as a new version of one.
func (s *handler) libraryItemOVF(w http.ResponseWriter, r *http.Request) {
	var wanted vcenter.OVF
	if !s.decode(r, w, &wanted) {
		return
	}
	l, one := s.Library[wanted.Target.LibraryID], (*item)(nil)
	if id := wanted.Target.LibraryItemID; id != "" {
		if found := s.itemLibrary(id); found != nil {
			l, one = s.Library[found.ID], s.Library[found.ID].Item[id]
		}
	}
	if l == nil || wanted.Target.LibraryItemID != "" && one == nil {
		http.NotFound(w, r)
		return
	}
	if one == nil {
		if l.named(wanted.Spec.Name) != nil {
			OK(w, vcenter.CreateResult{Error: failed("already_exists", "An item named "+wanted.Spec.Name+" already exists in the library.")})
			return
		}
		one = &item{Item: &library.Item{
			ID: uuid.New().String(), LibraryID: l.Library.ID, Name: wanted.Spec.Name, Description: wanted.Spec.Description,
			Type: library.ItemTypeOVF, CreationTime: types.NewTime(time.Now()), MetadataVersion: "1",
		}}
	}
	dir := libraryPath(l.Library, one.ID)
	files, err := simulator.RigCapture(wanted.Source.Value, dir, one.Name)
	if err != nil {
		if one.Version == "" {
			_ = os.RemoveAll(dir)
		}
		OK(w, vcenter.CreateResult{Error: failed("not_allowed_in_current_state", err.Error())})
		return
	}
	if wanted.Spec.Description != "" {
		one.Description = wanted.Spec.Description
	}
	former := one.File
	one.File = nil
	kept := map[string]bool{}
	for _, file := range files {
		one.keep(file.Path, file.Size)
		kept[file.Path] = true
	}
	for _, file := range former {
		if !kept[file.Name] {
			_ = os.Remove(path.Join(dir, file.Name))
		}
	}
	one.changed()
	l.Item[one.ID] = one
	OK(w, vcenter.CreateResult{Succeeded: true, ID: one.ID})
}

// libraryItemCreateTemplate captures a VM as a template that the library has.
func (s *handler) libraryItemCreateTemplate(w http.ResponseWriter, r *http.Request) {
	var spec struct {
		vcenter.Template `json:"spec"`
	}
	if !s.decode(r, w, &spec) {
		return
	}
	l, ok := s.Library[spec.Library]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if spec.Placement == nil || spec.Placement.Folder == "" {
		BadRequest(w, "com.vmware.vapi.std.errors.invalid_argument")
		return
	}
	if l.named(spec.Name) != nil {
		BadRequest(w, "com.vmware.vapi.std.errors.already_exists")
		return
	}
	ref, err := s.cloneVM(spec.SourceVM, spec.Name, spec.Placement, &vcenter.DiskStorage{Datastore: l.Library.Storage[0].DatastoreID})
	if err != nil {
		BadRequest(w, err.Error())
		return
	}
	one := &item{Template: ref, Item: &library.Item{
		ID: uuid.New().String(), LibraryID: l.Library.ID, Name: spec.Name, Description: spec.Description, Type: library.ItemTypeVMTX,
		CreationTime: types.NewTime(time.Now()), MetadataVersion: "1",
	}}
	one.changed()
	l.Item[one.ID] = one
	OK(w, one.ID)
}

// libraryItemTemplateID tells which template an item is.
func (s *handler) libraryItemTemplateID(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, rest.Path+internal.VCenterVMTXLibraryItem+"/")
	if r.Method != http.MethodGet || strings.Contains(id, "/") {
		s.stockLibraryItemTemplateID(w, r)
		return
	}
	l := s.itemLibrary(id)
	if l == nil || s.Library[l.ID].Item[id].Template == nil {
		http.NotFound(w, r)
		return
	}
	ref := *s.Library[l.ID].Item[id].Template
	OK(w, json.RawMessage(`{"vm_template": "`+ref.Value+`", "guest_OS": "OTHER_64"}`))
}
