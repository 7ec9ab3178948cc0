package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/test/bench/tusdpeer"
)

// mode is what a bare handler does with a body before it acknowledges it.
type mode string

const (
	modeDiscard    mode = "discard"     // read it
	modeWrite      mode = "write"       // write it to the page cache
	modeSync       mode = "sync"        // write, fdatasync, rename, sync the directory
	modeDirect     mode = "direct"      // the same with O_DIRECT, writing beside reading
	modeHashSync   mode = "hash-sync"   // sync with SHA-256 beside the copy
	modeDirectHash mode = "direct-hash" // direct with SHA-256 beside the copy
	modeTusd       mode = "tusd"        // tusd's own handler and file store
	modeBase64     mode = "base64"      // decode the data of a SOAP chunk and forget it
	modeForm       mode = "form"        // sync for the file in a form
)

// bareModes lists the modes that bound a Go server, the cheapest first.
func bareModes() []mode {
	return []mode{modeDiscard, modeWrite, modeSync, modeDirect, modeHashSync, modeDirectHash}
}

// handlerCommand serves one mode until ctx ends.
func handlerCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench handler", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:18090", "listen `address`, on 127.0.0.1")
	dir := flags.String("dir", "", "existing `directory` that takes the files")
	name := flags.String("mode", string(modeDiscard), "discard, write, sync, direct, hash-sync, direct-hash, base64, form or tusd")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(*addr); err != nil || host != "127.0.0.1" {
		return fmt.Errorf("address %q: a bare handler serves anybody and only listens on 127.0.0.1", *addr)
	}
	handler, err := newHandler(mode(*name), *dir)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// newHandler makes the handler of a mode over a directory.
func newHandler(m mode, dir string) (http.Handler, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	if m == modeBase64 {
		return &chunkDecoder{}, nil
	}
	if m == modeForm {
		return newFormHandler(dir), nil
	}
	if m == modeTusd {
		return tusdpeer.New(dir, tusPath)
	}
	for _, known := range bareModes() {
		if m == known {
			return newBareHandler(m, dir), nil
		}
	}
	return nil, fmt.Errorf("unknown handler mode %q", m)
}

// bareHandler is the least that a net/http server has to do for an upload:
// PUT stores a body under the last segment of the path, GET gives it back.
type bareHandler struct {
	mode    mode
	dir     string
	buffers *bufferPool
}

func newBareHandler(m mode, dir string) *bareHandler {
	return &bareHandler{mode: m, dir: dir, buffers: newBufferPool()}
}

func (h *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/")
	if !ok || !safeName(name) {
		http.Error(w, "the path must be one plain file name", http.StatusBadRequest)
		return
	}
	switch r.Method {
	case http.MethodPut:
		sum, err := h.store(name, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if sum != nil {
			w.Header().Set("X-Content-Sha256", fmt.Sprintf("%x", sum))
		}
		w.WriteHeader(http.StatusCreated)
	case http.MethodGet:
		http.ServeFile(w, r, filepath.Join(h.dir, name))
	default:
		http.Error(w, "only PUT and GET", http.StatusMethodNotAllowed)
	}
}

// safeName accepts short names of letters, digits, dots, dashes and
// underscores that do not start with a dot.
func safeName(name string) bool {
	if name == "" || len(name) > 128 || name[0] == '.' {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", c)
	})
}
