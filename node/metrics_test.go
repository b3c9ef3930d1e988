package node

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/offset-p2p/offset/node/store"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// Counters and profiles are for local users; applications are served as ever.
func TestMetricsAreLocal(t *testing.T) {
	s, err := store.Open(t.Context(), t.TempDir(), nodeID(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	registry, c := prometheus.NewRegistry(), new(counts)
	c.steps.Add(7)
	registry.MustRegister(tally{s, c})
	apps := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "apps") })
	h := handler(apps, registry)
	get := func(caller *rpc.Caller, path string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if caller != nil {
			r = r.WithContext(rpc.WithCaller(r.Context(), *caller))
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	localUser, remote := &rpc.Caller{Local: true}, &rpc.Caller{Peer: "somebody"}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine"} {
		if code, _ := get(localUser, path); code != http.StatusOK {
			t.Errorf("%s answers a local user with %d", path, code)
		}
		for _, caller := range []*rpc.Caller{remote, nil} {
			if code, text := get(caller, path); code != http.StatusNotFound || strings.Contains(text, "offset") {
				t.Errorf("%s answers %v with %d", path, caller, code)
			}
		}
	}
	if _, text := get(remote, "/offset.app.v1/Info"); text != "apps" {
		t.Errorf("an application got %q", text)
	}
	_, text := get(localUser, "/metrics")
	for _, want := range []string{"offset_node_steps_total 7\n", "offset_store_commits_total 1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "offset_store_syncs_total 0\n") {
		t.Error("a database on disk was made without a sync")
	}
}
