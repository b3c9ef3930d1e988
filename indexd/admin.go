package indexd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// statusPath is where the admin socket tells the Status.
const statusPath = "/status"

// statusBytesMax bounds what a client reads of a status: hundreds of trusted
// servers and thousands of currencies.
const statusBytesMax = 8 << 20

// adminHandler answers the operator.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+statusPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		// The header is out; a client that went away is nobody's trouble.
		_ = json.NewEncoder(w).Encode(s.Status())
	})
	return mux
}

// ReadStatus asks the index server that runs in a directory how it stands, and
// returns its Status as JSON.
func ReadStatus(ctx context.Context, dir string) (json.RawMessage, error) {
	client := rpc.UnixClient(filepath.Join(dir, socketName))
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rpc.BaseURL+statusPath, nil)
	if err != nil {
		return nil, fmt.Errorf("asking the index server: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the index server in %s (is it running?): %w", dir, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, statusBytesMax))
	if err != nil {
		return nil, fmt.Errorf("reading the status: %w", err)
	}
	if resp.StatusCode != http.StatusOK || !json.Valid(body) {
		return nil, fmt.Errorf("asking the index server: it answered %s", resp.Status)
	}
	return body, nil
}

// health is what /healthz answers.
type health struct {
	Peer     string `json:"peer"`
	Sessions int    `json:"sessions"`
}

// httpHandler serves /metrics and /healthz.
func (s *Server) httpHandler(h *p2p.Host) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.Registry(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(health{Peer: h.ID().String(), Sessions: s.Status().Sessions})
	})
	return mux
}

// serveHTTP serves on a TCP address until ctx ends.
func serveHTTP(ctx context.Context, addr string, handler http.Handler, log *slog.Logger) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening for HTTP on %s: %w", addr, err)
	}
	log.Info("metrics and health", "addr", ln.Addr())
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: httpHeaderTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		closing, cancel := context.WithTimeout(context.Background(), httpShutdownTimeout)
		defer cancel()
		if srv.Shutdown(closing) != nil {
			_ = srv.Close()
		}
	})
	err = srv.Serve(ln)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving HTTP on %s: %w", addr, err)
}
