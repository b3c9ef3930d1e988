package relayd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/identity"
)

// Run serves as a relay until ctx ends; then it stops taking reservations,
// closes all circuits and returns nil. An error means that it could not start
// or that the HTTP endpoint failed.
func Run(ctx context.Context, cfg Config, log *slog.Logger) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	id, created, err := Identity(cfg)
	if err != nil {
		return err
	}
	if created {
		log.Info("made a new key; write its recovery words down (strelay ident --words)", "path", cfg.keyPath())
	}
	h, err := p2p.New(hostConfig(cfg, id, log))
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := relay.New(h,
		relay.WithResources(cfg.Resources),
		relay.WithMetricsTracer(relay.NewMetricsTracer(relay.WithRegisterer(h.Registry()))))
	if err != nil {
		return fmt.Errorf("starting relay service: %w", err)
	}
	defer func() { _ = r.Close() }()

	metrics, err := listenHTTP(ctx, cfg.HTTP)
	if err != nil {
		return err
	}
	// Everything that can refuse to start has started: the ticket holds.
	ticket := h.AddrInfo()
	if err := p2p.WriteTicket(cfg.TicketPath(), ticket); err != nil {
		if metrics != nil {
			_ = metrics.Close()
		}
		return err
	}
	log.Info("relay serves", "peer", ticket.ID, "ticket_file", cfg.TicketPath(), "addrs", ticket.Addrs)
	if cfg.Ready != nil {
		cfg.Ready(ticket)
	}
	err = await(ctx, h, metrics, log)
	log.Info("relay stops", "peer", ticket.ID)
	return err
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

// await runs what runs beside the relay service until ctx ends or one of them
// fails, and returns when both have ended.
func await(ctx context.Context, h *p2p.Host, metrics net.Listener, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg      sync.WaitGroup
		hostErr error
		httpErr error
	)
	wg.Go(func() {
		defer cancel()
		hostErr = h.Run(ctx)
	})
	if metrics != nil {
		wg.Go(func() {
			defer cancel()
			httpErr = serveHTTP(ctx, metrics, handler(h), log)
		})
	}
	wg.Wait()
	return errors.Join(hostErr, httpErr)
}
