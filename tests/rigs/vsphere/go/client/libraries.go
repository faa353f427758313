// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"sort"

	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/tags"
)

type libraryItem struct {
	ID, Name, Type, Description string
	Version, ContentVersion     string
	Files                       map[string]int64 // sizes
	Tags                        []string
}

func (c *client) libraries(told *answer) error {
	told.Libraries = map[string][]libraryItem{}
	m := library.NewManager(c.rest)
	libraries, err := m.GetLibraries(c)
	if err != nil {
		return err
	}
	for _, one := range libraries {
		items, err := m.GetLibraryItems(c, one.ID)
		if err != nil {
			return err
		}
		told.Libraries[one.Name] = []libraryItem{}
		for _, item := range items {
			files, err := m.ListLibraryItemFiles(c, item.ID)
			if err != nil {
				return err
			}
			sizes := map[string]int64{}
			for _, file := range files {
				sizes[file.Name] = 0
				if file.Size != nil {
					sizes[file.Name] = *file.Size
				}
			}
			told.Libraries[one.Name] = append(told.Libraries[one.Name], libraryItem{
				ID: item.ID, Name: item.Name, Type: item.Type, Description: item.Description,
				Version: item.Version, ContentVersion: item.ContentVersion, Files: sizes,
			})
		}
	}
	return nil
}

// tags tells the tags by their categories, and what they are attached to.
func (c *client) tags(told *answer) error {
	told.Categories = map[string][]string{}
	m := tags.NewManager(c.rest)
	categories, err := m.GetCategories(c)
	if err != nil {
		return err
	}
	for _, category := range categories {
		all, err := m.GetTagsForCategory(c, category.ID)
		if err != nil {
			return err
		}
		told.Categories[category.Name] = []string{}
		for _, tag := range all {
			name := category.Name + "/" + tag.Name
			told.Categories[category.Name] = append(told.Categories[category.Name], tag.Name)
			objects, err := m.ListAttachedObjects(c, tag.ID)
			if err != nil {
				return err
			}
			for _, tagged := range objects {
				for i := range told.VMs {
					if told.VMs[i].ID == tagged.Reference().Value {
						told.VMs[i].Tags = append(told.VMs[i].Tags, name)
						sort.Strings(told.VMs[i].Tags)
					}
				}
				for _, items := range told.Libraries {
					for i := range items {
						if items[i].ID == tagged.Reference().Value {
							items[i].Tags = append(items[i].Tags, name)
						}
					}
				}
			}
		}
		sort.Strings(told.Categories[category.Name])
	}
	return nil
}
