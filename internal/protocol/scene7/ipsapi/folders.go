package ipsapi

import (
	"cmp"
	"context"
	"slices"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// assetTypes reads a list of asset types; nil when it is absent or empty.
func assetTypes(in *scene7.Record, field string) ([]ingest.AssetType, error) {
	var types []ingest.AssetType
	for _, word := range items(in, field) {
		kind, ok := ingest.AssetTypeNamed(word)
		if !ok {
			return nil, invalid(field+"/items", "%q is no asset type", clip(word))
		}
		types = append(types, kind)
	}
	return types, nil
}

// folderQuery reads what the two operations on trees have in common.
func folderQuery(c *call, depth int) (engine.FolderQuery, error) {
	types, err := assetTypes(c.in, "assetTypeArray")
	return engine.FolderQuery{Path: pathInCompany(c.company, c.in.Text("folderPath")), Depth: depth, Types: types}, err
}

// folderTree answers one folder with those below it; nothing for an unknown path.
func (s *Service) folderTree(ctx context.Context, c *call) (*scene7.Record, error) {
	q, err := folderQuery(c, c.in.Int("depth"))
	if err != nil {
		return nil, err
	}
	root, sets, err := s.Engine.FolderTree(ctx, c.reader, c.company.Number, q)
	if err != nil {
		return nil, err
	}
	answer := record("getFolderTreeReturn", "permissionSetArray", permissionSets(sets))
	if root != nil {
		answer.Fields = append(answer.Fields, scene7.Entry{Name: "folders", Value: folderRecord(c, root, true)})
	}
	return answer, nil
}

// folderRecord shows a folder, with those below it where a tree is asked for.
func folderRecord(c *call, node *engine.FolderNode, tree bool) *scene7.Record {
	r := record("Folder", "folderHandle", folderHandle(c.company, node.Path), "path", shownPath(c.company, node.Path),
		"lastModified", node.Modified, "childLastModified", node.ChildModified, "hasSubfolders", node.HasChildren)
	if node.Permissions != 0 {
		r.Fields = append(r.Fields, scene7.Entry{Name: "permissionSetHandle", Value: permissionSetHandle(node.Permissions)})
	}
	if tree {
		below := make([]*scene7.Record, len(node.Children))
		for i, child := range node.Children {
			below[i] = folderRecord(c, child, true)
		}
		r.Fields = append(r.Fields, scene7.Entry{Name: "subfolderArray", Value: array("FolderArray", below)})
	}
	return r
}

func permissionSetHandle(n ingest.Number) string {
	return scene7.NumberHandle(scene7.PrefixPermissionSet, int64(n))
}

func permissionSets(sets map[ingest.Number][]engine.GroupPermission) *scene7.Record {
	var rows []*scene7.Record
	for number, entries := range sets {
		rows = append(rows, record("PermissionSet", "permissionSetHandle", permissionSetHandle(number), "permissionArray", permissionRecords(entries)))
	}
	slices.SortFunc(rows, func(a, b *scene7.Record) int {
		return cmp.Compare(a.Text("permissionSetHandle"), b.Text("permissionSetHandle"))
	})
	return array("PermissionSetArray", rows)
}

// folders answers the folder of a path and all below it as a flat list.
func (s *Service) folders(ctx context.Context, c *call) (*scene7.Record, error) {
	q, err := folderQuery(c, -1)
	if err != nil {
		return nil, err
	}
	root, sets, err := s.Engine.FolderTree(ctx, c.reader, c.company.Number, q)
	if err != nil {
		return nil, err
	}
	var rows []*scene7.Record
	var list func(*engine.FolderNode)
	list = func(node *engine.FolderNode) {
		rows = append(rows, folderRecord(c, node, false))
		for _, child := range node.Children {
			list(child)
		}
	}
	if root != nil {
		list(root)
	}
	return record("getFoldersReturn", "folderArray", array("FolderArray", rows), "permissionSetArray", permissionSets(sets)), nil
}

func (s *Service) createFolder(ctx context.Context, c *call) (*scene7.Record, error) {
	path, err := s.Engine.CreateFolder(ctx, c.caller, c.company.Number, c.in.Text("folderPath"))
	return folderReturn(c, path, err)
}

func folderReturn(c *call, path string, err error) (*scene7.Record, error) {
	if err != nil {
		return nil, err
	}
	return record(c.op.Name+"Return", "folderHandle", folderHandle(c.company, path)), nil
}

func (s *Service) renameFolder(ctx context.Context, c *call) (*scene7.Record, error) {
	path, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	moved, err := s.Engine.RenameFolder(ctx, c.caller, c.company.Number, path, c.in.Text("folderName"))
	return folderReturn(c, moved, err)
}

func (s *Service) moveFolder(ctx context.Context, c *call) (*scene7.Record, error) {
	path, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	into, err := folderPath(c.company, "destFolderHandle", c.in.Text("destFolderHandle"))
	if err != nil {
		return nil, err
	}
	moved, err := s.Engine.MoveFolder(ctx, c.caller, c.company.Number, path, into)
	return folderReturn(c, moved, err)
}

func (s *Service) deleteFolder(ctx context.Context, c *call) (*scene7.Record, error) {
	path, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteFolder(ctx, c.caller, c.company.Number, path)
}
