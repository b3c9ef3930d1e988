package gossip

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	pubsub "github.com/libp2p/go-libp2p-pubsub"

	"github.com/offset-p2p/offset/gossip/capacity"
)

// Federation exchanges capacity pages with the servers of mutual trust. Its
// methods are safe for concurrent use; what is published before Run waits.
type Federation struct {
	host  host.Host
	cfg   Config
	log   *slog.Logger
	trust *Trust
	out   *outbox
	count counters

	mu    sync.Mutex // guards links
	links map[peer.ID]*link

	wake chan struct{} // 1-buffered: somebody became trusted
}

// link is what is remembered of a trusted peer while the operator lists it.
type link struct {
	pace    *rate.Limiter // pages
	strikes int
}

// New returns a Federation on a host; nothing happens before Run. The error is
// that of Config.Validate.
func New(h host.Host, cfg Config) (*Federation, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	f := &Federation{
		host:  h,
		cfg:   cfg,
		log:   cfg.Log,
		out:   newOutbox(cfg.OutboxPages),
		links: make(map[peer.ID]*link),
		wake:  make(chan struct{}, 1),
	}
	f.trust = NewTrust(f.trustChanged)
	return f, nil
}

// Trust returns the table of who lists whom. Changing it takes effect at once;
// the caller also disconnects peers with whom trust has ended, after telling
// them.
func (f *Federation) Trust() *Trust { return f.trust }

// Publish sends pages that were admitted here (from a node, or in a catch-up)
// to all servers of mutual trust, in batches. It keeps the bodies, which must
// not change any more.
func (f *Federation) Publish(shard int, pages ...capacity.SignedPage) {
	f.count.add(pagesNoRoom, f.out.add(shard, pages...))
}

// Counts returns how often what has happened since the start, by reason. The
// names are stable and few.
func (f *Federation) Counts() map[string]uint64 { return f.count.snapshot() }

// trustChanged is told by the trust table.
func (f *Federation) trustChanged(id peer.ID, state TrustState) {
	switch state {
	case TrustMutual:
		select {
		case f.wake <- struct{}{}:
		default:
		}
	case TrustNone, TrustTheirs:
		// No longer listed. A link that is only down keeps its strikes, so
		// that reconnecting does not wipe them out.
		f.mu.Lock()
		delete(f.links, id)
		f.mu.Unlock()
	case TrustOurs, TrustCut:
	}
	if f.cfg.OnTrust != nil {
		f.cfg.OnTrust(id, state)
	}
}

// Run speaks gossip until ctx ends, which is no error. pubsub's goroutines end
// with ctx too; libp2p offers no way to wait for them.
func (f *Federation) Run(ctx context.Context) error {
	g, err := newGate(f.host, f.trust.Mutual, func(peer.ID) { f.count.add(streamsRefused, 1) })
	if err != nil {
		return err
	}
	defer g.close()
	ps, err := pubsub.NewGossipSub(ctx, g, f.options()...)
	if err != nil {
		return fmt.Errorf("starting pubsub: %w", err)
	}
	joined, err := f.join(ps)
	if ctx.Err() != nil {
		return nil // it ended before it had begun
	}
	if err != nil {
		return err
	}
	tick := time.NewTicker(f.cfg.BatchDelay)
	defer tick.Stop()
	again := time.NewTicker(announceEvery)
	defer again.Stop()
	f.announce(g)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			f.flush(ctx, joined)
		case <-f.out.full:
			f.flush(ctx, joined)
		case <-f.wake:
			f.announce(g)
		case <-again.C:
			f.announce(g)
		}
	}
}

// join subscribes to every shard without receiving: validators see all
// messages, and a subscription would only add a queue that drops.
func (f *Federation) join(ps *pubsub.PubSub) ([]*pubsub.Topic, error) {
	joined := make([]*pubsub.Topic, capacity.Shards)
	for shard, name := range topics() {
		// Inline: pubsub's workers, one per core, with a queue in front; that
		// is the back-pressure, and goroutines per message would have none.
		if err := ps.RegisterTopicValidator(name, f.validator(shard), pubsub.WithValidatorInline(true)); err != nil {
			return nil, fmt.Errorf("registering the validator of %s: %w", name, err)
		}
		topic, err := ps.Join(name)
		if err != nil {
			return nil, fmt.Errorf("joining %s: %w", name, err)
		}
		if _, err := topic.Relay(); err != nil {
			return nil, fmt.Errorf("relaying %s: %w", name, err)
		}
		joined[shard] = topic
	}
	return joined, nil
}

// flush sends what has been collected.
func (f *Federation) flush(ctx context.Context, joined []*pubsub.Topic) {
	for shard, batches := range f.out.take() {
		for _, pages := range batches {
			if err := f.send(ctx, joined[shard], pages); err != nil {
				f.count.add(batchesUnsent, 1)
				if ctx.Err() == nil {
					f.log.Warn("gossip batch not sent", "shard", shard, "err", err)
				}
				continue
			}
			f.count.add(batchesSent, 1)
		}
	}
}

func (f *Federation) send(ctx context.Context, topic *pubsub.Topic, pages []capacity.SignedPage) error {
	data, err := encodeBatch(pages)
	if err != nil {
		return fmt.Errorf("encoding a batch: %w", err)
	}
	return topic.Publish(ctx, data)
}

// announce names every connected peer of mutual trust to pubsub.
func (f *Federation) announce(g *gate) {
	for _, p := range f.trust.Peers() {
		if p.State != TrustMutual || f.host.Network().Connectedness(p.Peer) != network.Connected {
			continue
		}
		if err := g.announce(p.Peer); err != nil {
			f.log.Warn("announcing a peer to pubsub", "peer", p.Peer, "err", err)
		}
	}
}
