package node

import (
	"net/http"
	"net/http/pprof"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/offset-p2p/offset/node/store"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// counts are what the loop has done since the start.
type counts struct {
	steps  atomic.Uint64 // of the engine
	inputs atomic.Uint64 // taken by them
	frames atomic.Uint64 // let out to friends
}

// tally shows the node's counters to Prometheus.
type tally struct {
	store *store.Store
	loop  *counts
}

var (
	stepsDesc   = prometheus.NewDesc("offset_node_steps_total", "Steps of the engine.", nil, nil)
	inputsDesc  = prometheus.NewDesc("offset_node_inputs_total", "Inputs that steps have taken.", nil, nil)
	framesDesc  = prometheus.NewDesc("offset_node_frames_total", "Frames given to friend links.", nil, nil)
	commitsDesc = prometheus.NewDesc("offset_store_commits_total", "Batches committed to the database.", nil, nil)
	rowsDesc    = prometheus.NewDesc("offset_store_rows_total", "Database rows written or deleted.", nil, nil)
	syncsDesc   = prometheus.NewDesc("offset_store_syncs_total", "Waits for stable storage.", nil, nil)
)

// Describe implements prometheus.Collector.
func (t tally) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{stepsDesc, inputsDesc, framesDesc, commitsDesc, rowsDesc, syncsDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (t tally) Collect(ch chan<- prometheus.Metric) {
	stats := t.store.Stats()
	count := func(d *prometheus.Desc, n uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n))
	}
	count(stepsDesc, t.loop.steps.Load())
	count(inputsDesc, t.loop.inputs.Load())
	count(framesDesc, t.loop.frames.Load())
	count(commitsDesc, stats.Commits)
	count(rowsDesc, stats.Rows)
	count(syncsDesc, stats.Syncs)
}

// handler serves applications and, to users of this machine only, /metrics for
// Prometheus and Go's profiles under /debug/pprof/: both tell a lot about what
// the node does.
func handler(apps http.Handler, registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", apps)
	mux.Handle("GET /metrics", local(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	mux.Handle("GET /debug/pprof/", local(http.HandlerFunc(pprof.Index)))
	mux.Handle("GET /debug/pprof/profile", local(http.HandlerFunc(pprof.Profile)))
	mux.Handle("GET /debug/pprof/trace", local(http.HandlerFunc(pprof.Trace)))
	serveFaults(mux)
	return mux
}

// local hides a handler from everybody but local users.
func local(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if caller, ok := rpc.CallerFrom(r.Context()); !ok || !caller.Local {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
