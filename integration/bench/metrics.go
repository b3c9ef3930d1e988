package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/node/api"
)

// syncsOf asks a node how often it has waited for stable storage.
func syncsOf(ctx context.Context, n *harness.Node) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(n.Dir, api.SocketName))
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://node/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("asking %s for its counters: %w", n.Name, err)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("asking %s for its counters: %w", n.Name, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, metricsBytesMax))
	if err != nil {
		return 0, fmt.Errorf("asking %s for its counters: %w", n.Name, err)
	}
	count, err := field(string(text), "offset_store_syncs_total ")
	if err != nil {
		return 0, fmt.Errorf("reading the counters of %s: %w", n.Name, err)
	}
	return count, nil
}
