package app

import (
	"context"
	"io"
	"log/slog"

	"sluice/internal/engine"
	"sluice/internal/media/fault"
	"sluice/internal/media/metadata"
)

// metadataReader lets the workers of package jobs read metadata with the media runner.
type metadataReader struct {
	runner metadataRunner
	log    *slog.Logger
}

// metadataRunner is what the reader needs of media.Runner.
type metadataRunner interface {
	Metadata(ctx context.Context, src io.Reader, size int64, fileName string) (*metadata.Metadata, error)
}

// Metadata tells apart why there is none: a tool that is missing or cannot read the file is no news to those who asked
// for nothing; one that misbehaves is, and trouble of this machine may pass.
func (m metadataReader) Metadata(ctx context.Context, src io.Reader, size int64, fileName string) (*engine.Embedded, string, bool, *engine.Failure) {
	found, err := m.runner.Metadata(ctx, src, size, fileName)
	if err == nil {
		return embeddedIn(found), "", false, nil
	}
	class, reason := fault.ClassOf(err), reasonOf(err)
	switch class {
	case fault.Missing:
		return nil, reason, true, nil
	case fault.Corrupt, fault.Unsupported, fault.Refused, fault.TooLarge:
		return nil, "metadata was not read: " + reason, true, nil
	}
	m.log.InfoContext(ctx, "metadata was not read", "tool", toolOf(err), "class", string(class), "error", err)
	if toolOf(err) != "" {
		return nil, "metadata was not read: " + reason, false, nil
	}
	return nil, "", false, &engine.Failure{Reason: reason, Suspect: suspect(class)}
}

// embeddedIn translates what a file says of itself.
func embeddedIn(m *metadata.Metadata) *engine.Embedded {
	if m == nil {
		return nil
	}
	return &engine.Embedded{Values: m.Values, Packet: m.Packet}
}
