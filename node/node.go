package node

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
	"github.com/offset-p2p/offset/node/market"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/node/store"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// node holds the parts of a running node.
type node struct {
	cfg      Config
	log      *slog.Logger
	identity *identity.Identity
	id       ledger.NodeID
	keys     *seal.Keys
	store    *store.Store
	host     *p2p.Host
	links    *link.Manager
	market   *market.Market
	apps     *apiserver.Server
	loop     *loop
	plans    *questions[*engine.PlanQuestion]
	openings *questions[*engine.OpenQuestion]
	settings settings
}

// Run runs a node until ctx ends, which is no error. It makes the directory
// and, on the first start, the key. When it returns, everything it started has
// ended and the database is closed. An error means that the node could not
// start, or that its database failed: then nothing left the process that is not
// on disk.
func Run(ctx context.Context, cfg Config, log *slog.Logger) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	id, created, err := Identity(cfg)
	if err != nil {
		return err
	}
	if created {
		log.Info("made a new key; write its recovery words down (stnode ident --words)", "path", cfg.KeyPath())
	}
	n := &node{
		cfg: cfg, log: log, identity: id, id: ledger.NodeID(id.Raw()), keys: seal.NewKeys(id),
		plans: newQuestions[*engine.PlanQuestion](), openings: newQuestions[*engine.OpenQuestion](),
	}
	if n.store, err = store.Open(ctx, filepath.Join(cfg.Dir, dataDir), n.id, log); err != nil {
		return err
	}
	defer func() {
		if err := n.store.Close(); err != nil {
			log.Error("closing the database", "err", err)
		}
	}()
	hostConfig := cfg.host()
	hostConfig.Identity, hostConfig.Log = id, log
	if n.host, err = p2p.New(hostConfig); err != nil {
		return err
	}
	defer n.host.Close()
	if err := n.build(ctx); err != nil {
		return err
	}
	return n.run(ctx)
}

// Identity loads the node's key, or makes the directory and a new key on the
// first start, which created reports.
func Identity(cfg Config) (id *identity.Identity, created bool, err error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, false, fmt.Errorf("making the node's directory: %w", err)
	}
	return identity.Open(cfg.KeyPath(), cfg.Passphrase)
}

// build loads the engine and makes the parts around it; nothing runs yet.
func (n *node) build(ctx context.Context) error {
	stored, err := n.store.Load(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("loading the node's state: %w", err)
	}
	machine, err := engine.New(n.id, stored)
	if err != nil {
		return fmt.Errorf("loading the node's state: %w", err)
	}
	n.loop = newLoop(machine, n.store, n)
	n.links, err = link.New(link.Config{
		Host: n.host, Identity: n.identity, Opener: n.keys, Handler: links{n.loop}, Log: n.log,
	})
	if err != nil {
		return err
	}
	n.market, err = market.New(market.Config{
		Host: n.host, Identity: n.identity, Keys: n.keys, Epochs: n.store, Log: n.log,
	})
	if err != nil {
		return err
	}
	n.apps, err = apiserver.New(apiserver.Config{Backend: backend{n}, ParseTickets: address.Parse, Log: n.log})
	return err
}

// run runs all parts until ctx ends or one of them fails.
func (n *node) run(ctx context.Context) error {
	socket, err := rpc.ListenUnix(n.cfg.SocketPath())
	if err != nil {
		return err
	}
	peers := rpc.ListenPeers(n.host, api.Protocol, n.apps.Allowed)
	if err := n.host.Registry().Register(tally{n.store, &n.loop.counts}); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	serving := rpc.DefaultConfig(handler(n.apps.Handler(), n.host.Registry()))
	serving.Log = n.log

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.loop.run(ctx) })
	group.Go(func() error { return n.host.Run(ctx) })
	group.Go(func() error { return n.links.Run(ctx) })
	group.Go(func() error { return n.market.Run(ctx) })
	group.Go(func() error { return rpc.Serve(ctx, serving, socket, peers) })
	for range planners {
		group.Go(func() error { return work(ctx, n.loop, n.plans, n.plan) })
	}
	for range openers {
		group.Go(func() error { return work(ctx, n.loop, n.openings, n.openParts) })
	}
	n.log.Info("node serves", "peer", n.id, "socket", n.cfg.SocketPath())
	err = group.Wait()
	n.log.Info("node stops", "peer", n.id)
	return err
}
