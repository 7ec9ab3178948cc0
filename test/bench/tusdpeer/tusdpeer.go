// Package tusdpeer serves tusd's own handler over its file store, so that the
// benchmark has this peer without any further program. It adds nothing: no
// hooks, no limits, no request log, no sync.
package tusdpeer

import (
	"io"
	"log"
	"net/http"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
)

// New makes a handler that stores uploads in dir and serves them under path,
// which ends in a slash. It silences the process's standard logger, which is
// where tusd reports every request.
func New(dir, path string) (http.Handler, error) {
	log.SetOutput(io.Discard)
	composer := handler.NewStoreComposer()
	filestore.New(dir).UseIn(composer)
	memorylocker.New().UseIn(composer)
	tusd, err := handler.NewHandler(handler.Config{BasePath: path, StoreComposer: composer})
	if err != nil {
		return nil, err
	}
	return http.StripPrefix(path, tusd), nil
}
