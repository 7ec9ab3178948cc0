// Package telemetry makes what an operator watches: the log, the metrics and
// the version. It keeps no global state; app hands its parts to those who
// report.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLog returns a logger that writes lines of key=value ("text") or JSON
// objects ("json"), of the level debug, info, warn or error and above.
func NewLog(w io.Writer, level, format string) (*slog.Logger, error) {
	var from slog.Level
	if err := from.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: use debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: from}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("log format %q: use text or json", format)
}
