package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says how listeners are served. Start from DefaultConfig.
type Config struct {
	// Handler answers the requests of all listeners.
	Handler http.Handler

	// Log receives what net/http reports about connections, at debug level;
	// nil logs nothing.
	Log *slog.Logger

	// Shutdown is how long running requests may go on after the context has
	// ended, over 0; default ShutdownTimeout.
	Shutdown time.Duration
}

// DefaultConfig serves this handler with the package's bounds and no log.
func DefaultConfig(handler http.Handler) Config {
	return Config{Handler: handler, Shutdown: ShutdownTimeout}
}

// Serve answers requests on all listeners until ctx ends, or until one of them
// fails, which is the error. It closes the listeners in any case, and when it
// returns no handler of Config runs any more, save one that ignores its
// context for longer than Config.Shutdown. After ctx has ended the error is
// nil. The contexts of requests end with ctx.
func Serve(ctx context.Context, cfg Config, listeners ...net.Listener) error {
	srv := newServer(ctx, cfg)
	failed := make(chan error, len(listeners))
	var wg sync.WaitGroup
	for _, ln := range listeners {
		wg.Go(func() {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving %s: %w", ln.Addr(), err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	shutdown(srv, cfg.Shutdown)
	wg.Wait()
	return err
}

// newServer is the one http.Server of all listeners.
func newServer(ctx context.Context, cfg Config) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	logger := cfg.Log
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler:           cfg.Handler,
		Protocols:         &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamsPerConnMax},
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytesMax,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       connCaller,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// shutdown waits for running requests and then cuts what is left.
func shutdown(srv *http.Server, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if srv.Shutdown(ctx) != nil {
		_ = srv.Close()
	}
}
