package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"sluice/internal/config"
)

// Limits of a connection outside of bodies, whose pace the guard keeps.
const (
	headerTime = 15 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10 // bytes
	// partingTime is how long requests may take to put down what they hold after
	// their connections were closed.
	partingTime = 10 * time.Second
)

// front is the listening server.
type front struct {
	server   *http.Server
	listener net.Listener
	scheme   string
	running  sync.WaitGroup // requests
	log      *slog.Logger
}

// listen opens the address. Requests are served from front.serve on.
func listen(cfg config.Config, handler http.Handler, memory *memory, log *slog.Logger) (*front, error) {
	f := &front{scheme: "http", log: log}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	f.server = &http.Server{
		Handler:           f.counted(handler),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		Protocols:         &protocols,
		ConnState:         memory.follow,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var certificates []tls.Certificate
	if cfg.TLSSelfSigned && cfg.TLSCert == "" {
		pair, err := selfSigned(cfg.DataDir, time.Now())
		if err != nil {
			return nil, fmt.Errorf("TLS certificate: %w", err)
		}
		certificates = append(certificates, pair)
	}
	if cfg.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("TLS certificate: %w", err)
		}
		certificates = append(certificates, pair)
	}
	var err error
	if f.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", cfg.Listen, err)
	}
	if certificates != nil {
		f.scheme = "https"
		f.listener = tls.NewListener(f.listener, &tls.Config{
			Certificates: certificates, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	return f, nil
}

// counted lets the end of the server wait for its requests.
func (f *front) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.running.Add(1)
		defer f.running.Done()
		next.ServeHTTP(w, r)
	})
}

// url is an address under which the server can be reached from its own machine.
func (f *front) url() string {
	addr, ok := f.listener.Addr().(*net.TCPAddr)
	if !ok {
		return f.scheme + "://" + f.listener.Addr().String()
	}
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "localhost"
	}
	return f.scheme + "://" + net.JoinHostPort(host, strconv.Itoa(addr.Port))
}

// serve answers requests until ctx ends. Then it stops accepting and lets open
// requests end within the grace; after that their connections are closed, so
// that doors which can resume put down what has arrived. It returns nil when
// the server ended because it was told to.
func (f *front) serve(ctx context.Context, health *health, grace time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- f.server.Serve(f.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving %s: %w", f.url(), err)
	case <-ctx.Done():
	}
	health.open.Store(false)
	f.log.Info("stopping", "grace", grace)
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := f.server.Shutdown(patience); errors.Is(err, context.DeadlineExceeded) {
		f.log.Warn("closing connections that are still open after the grace")
		_ = f.server.Close()
	}
	f.part()
	f.log.Info("stopped")
	return nil
}

// part waits for requests whose connections were closed.
func (f *front) part() {
	done := make(chan struct{})
	go func() {
		f.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(partingTime):
		f.log.Error("requests did not end", "waited", partingTime)
	}
}
