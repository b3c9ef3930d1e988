package indexd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// Run is an index server until ctx ends; then it ends all sessions and returns
// nil. It loads or makes the key, starts the host, serves, and writes the
// server's ticket to the file "ticket" in its directory, for operators to hand
// out. An error means that it could not start, or that something it cannot do
// without has failed.
func Run(ctx context.Context, cfg Config, log *slog.Logger) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	id, created, err := Identity(cfg)
	if err != nil {
		return err
	}
	if created {
		log.Info("made a new key; write its recovery words down (stindex ident --words)", "path", cfg.keyPath())
	}
	// First the socket: it tells whether another server runs in this
	// directory.
	admin, err := rpc.ListenUnix(cfg.SocketPath())
	if err != nil {
		return fmt.Errorf("opening the admin socket: %w", err)
	}
	err = runHost(ctx, cfg, id, admin, log)
	if closeErr := admin.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		log.Warn("closing the admin socket", "err", closeErr)
	}
	return err
}

// runHost runs the server on a host of its own.
func runHost(ctx context.Context, cfg Config, id *identity.Identity, admin net.Listener, log *slog.Logger) error {
	h, err := p2p.New(hostConfig(cfg, id, log))
	if err != nil {
		return err
	}
	defer h.Close()
	cfg.Server.Log = log
	s, err := NewServer(h, cfg.Server)
	if err != nil {
		return err
	}
	if err := h.Registry().Register(s); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	trusted := &trustedList{server: s, fixed: cfg.Trusted, path: cfg.TrustedFile}
	if err := trusted.load(); err != nil {
		return err
	}
	ticket := h.AddrInfo()
	return await(ctx, []func(context.Context) error{
		h.Run,
		s.Run,
		func(ctx context.Context) error {
			return rpc.Serve(ctx, rpc.DefaultConfig(s.adminHandler()), admin)
		},
		func(ctx context.Context) error {
			trusted.watch(ctx)
			return nil
		},
		func(ctx context.Context) error {
			if cfg.HTTP == "" {
				<-ctx.Done()
				return nil
			}
			return serveHTTP(ctx, cfg.HTTP, s.httpHandler(h), log)
		},
		func(ctx context.Context) error {
			// Last, when the protocols are served.
			select {
			case <-s.Serving():
			case <-ctx.Done():
				return nil
			}
			if err := p2p.WriteTicket(cfg.TicketPath(), ticket); err != nil {
				return err
			}
			log.Info("index server serves", "peer", ticket.ID, "ticket_file", cfg.TicketPath(), "addrs", ticket.Addrs)
			if cfg.Ready != nil {
				cfg.Ready(ticket)
			}
			<-ctx.Done()
			log.Info("index server stops", "peer", ticket.ID)
			return nil
		},
	})
}

func hostConfig(cfg Config, id *identity.Identity, log *slog.Logger) p2p.Config {
	c := p2p.DefaultConfig()
	c.Identity = id
	c.Listen = cfg.Listen
	c.Announce = cfg.Announce
	c.Limits = cfg.Limits
	c.Log = log
	c.Options = cfg.Options
	return c
}

// await runs all parts until ctx ends or one of them returns, and returns when
// all have ended.
func await(ctx context.Context, parts []func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() {
			defer cancel()
			errs[i] = part(ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
