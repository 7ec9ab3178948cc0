package telemetry

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sluice/internal/ingest"
)

// Metrics counts what the server does. All methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	uploads  *prometheus.CounterVec
	received *prometheus.CounterVec
	tasks    *prometheus.CounterVec
	requests *prometheus.HistogramVec
}

// NewMetrics returns counters on a registry of their own, beside the usual ones
// of process and runtime.
func NewMetrics(v Version) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		uploads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_uploads_total", Help: "Files that ended their way in, by door and outcome.",
		}, []string{"door", "outcome"}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_received_bytes_total", Help: "Bytes of files that arrived, by door.",
		}, []string{"door"}),
		tasks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sluice_tasks_total", Help: "Changes of state of processing tasks, by kind and new state.",
		}, []string{"kind", "state"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sluice_http_request_seconds", Help: "Duration of requests, by route and status.",
			Buckets: []float64{0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600},
		}, []string{"route", "status"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "sluice_build_info", Help: "Always 1; the labels say which build runs.",
	}, []string{"version", "revision", "go"})
	build.WithLabelValues(v.Version, v.Revision, v.Go).Set(1)
	m.registry.MustRegister(m.uploads, m.received, m.tasks, m.requests, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in the Prometheus text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Upload counts a file that ended its way in.
func (m *Metrics) Upload(door ingest.Door, outcome ingest.UploadOutcome) {
	m.uploads.WithLabelValues(string(door), string(outcome)).Inc()
}

// Received counts bytes of files.
func (m *Metrics) Received(door ingest.Door, bytes int64) {
	m.received.WithLabelValues(string(door)).Add(float64(bytes))
}

// Task counts a task that came to a state.
func (m *Metrics) Task(kind ingest.TaskKind, state ingest.TaskState) {
	m.tasks.WithLabelValues(string(kind), string(state)).Inc()
}

// Request records a request. Route is the pattern that matched; requests that
// matched none count together, and so do methods nobody serves, so that clients
// cannot make labels.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	} else if !strings.Contains(route, " ") {
		route = knownMethod(method) + " " + route
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}
