package indexd

import (
	"maps"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// tally counts events by name. Names are from the code, never from a peer, so
// their number is bounded. It is safe for concurrent use.
type tally struct {
	mu sync.Mutex // guards n
	n  map[string]uint64
}

func newTally() *tally { return &tally{n: make(map[string]uint64)} }

func (t *tally) add(name string, n uint64) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	t.n[name] += n
	t.mu.Unlock()
}

func (t *tally) snapshot() map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}

var (
	eventsDesc = prometheus.NewDesc("offset_index_events_total", "What has happened since the start, by event.", []string{"event"}, nil)
	sizeDesc   = prometheus.NewDesc("offset_index_size", "How much the server holds now, by what.", []string{"what"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) {
	ch <- eventsDesc
	ch <- sizeDesc
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	status := s.Status()
	for event, n := range status.Events {
		ch <- prometheus.MustNewConstMetric(eventsDesc, prometheus.CounterValue, float64(n), event)
	}
	mutual := 0
	for _, t := range status.Trust {
		if t.State == "mutual" {
			mutual++
		}
	}
	for what, n := range map[string]int{
		"sessions":     status.Sessions,
		"nodes":        status.Pages.Nodes,
		"pages":        status.Pages.Pages,
		"entries":      status.Pages.Entries,
		"currencies":   status.Pages.Currencies,
		"mutual_trust": mutual,
	} {
		ch <- prometheus.MustNewConstMetric(sizeDesc, prometheus.GaugeValue, float64(n), what)
	}
}
