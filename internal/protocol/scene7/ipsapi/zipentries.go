package ipsapi

import (
	"context"

	"sluice/internal/protocol/scene7"
)

func (s *Service) zipEntries(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	entries, err := s.Engine.ArchiveEntries(ctx, c.reader, c.company.Number, asset)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(entries))
	for i, entry := range entries {
		modified := entry.Modified
		if modified.IsZero() {
			modified = s.Engine.Now()
		}
		rows[i] = record("ZipEntry", "name", entry.Name, "isDirectory", entry.Directory, "lastModified", modified,
			"compressedSize", entry.Compressed, "uncompressedSize", entry.Size)
	}
	return record("getZipEntriesReturn", "zipArray", array("ZipEntryArray", rows)), nil
}
