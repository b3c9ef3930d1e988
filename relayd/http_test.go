package relayd

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/p2p/p2ptest"
)

func TestHealthAndMetrics(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(3)
		h := handler(hosts[0])

		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		var got health
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if want := (health{Peer: hosts[0].ID().String(), Connections: 2}); rec.Code != http.StatusOK || got != want {
			t.Errorf("%d %+v, want %+v", rec.Code, got, want)
		}

		rec = httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "libp2p_swarm_connections_opened_total") {
			t.Errorf("metrics: %d, %d bytes", rec.Code, rec.Body.Len())
		}

		rec = httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/healthz", nil))
		if rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST: %d", rec.Code)
		}
	})
}
