package node

import (
	"context"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
	"github.com/offset-p2p/offset/p2p/address"
)

var _ outlet = (*node)(nil)

// sign implements outlet.
func (n *node) sign(f ledger.Frame) ledger.Frame { return link.Sign(n.identity, f) }

// release implements outlet.
func (n *node) release(fx engine.Effects) {
	for _, o := range fx.Frames {
		n.links.Send(o.Friend, uint64(o.Link), o.Frame)
	}
	for _, d := range fx.Drops {
		n.links.Drop(d.Friend, uint64(d.Link), d.Why)
	}
	if len(fx.Capacities) > 0 {
		n.market.Update(edges(fx.Capacities))
	}
	if len(fx.Events) > 0 {
		n.apps.Publish(fx.Events)
	}
	for _, q := range fx.Questions {
		select {
		case n.questions <- q:
		default: // the engine asks one question per payment and friend: a bug, not load
			n.log.Error("question of the engine dropped: the queue is full", "queue", questionsMax)
		}
	}
}

// configure implements outlet. Tickets were checked when their user gave them:
// one that is not readable any more is left out.
func (n *node) configure(c engine.Config) {
	friends := make([]link.Friend, 0, len(c.Friends))
	for _, f := range c.Friends {
		friends = append(friends, link.Friend{ID: f.Friend, Addresses: f.Addresses})
	}
	if err := n.links.SetFriends(friends); err != nil {
		n.log.Error("friends not taken over by the links", "err", err)
	}
	if err := n.host.SetRelays(n.peers(c.Settings.Relays)); err != nil {
		n.log.Error("relays not taken over by the host", "err", err)
	}
	if err := n.market.SetServers(n.peers(c.Settings.IndexServers)); err != nil {
		n.log.Error("index servers not taken over by the market", "err", err)
	}
	n.apps.SetApps(c.Apps)
	n.apps.NetworkChanged()
}

// peers reads tickets, those of one peer together.
func (n *node) peers(tickets []string) []peer.AddrInfo {
	var out []peer.AddrInfo
	at := make(map[peer.ID]int)
	for _, t := range tickets {
		list, err := address.Parse(t)
		if err != nil {
			n.log.Error("stored ticket is not readable", "err", err)
			continue
		}
		for _, p := range list {
			if i, ok := at[p.ID]; ok {
				out[i].Addrs = append(out[i].Addrs, p.Addrs...)
				continue
			}
			at[p.ID] = len(out)
			out = append(out, p)
		}
	}
	return out
}

// work answers questions of the engine until ctx ends.
func (n *node) work(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case q := <-n.questions:
			if err := n.loop.input(ctx, n.answer(ctx, q)); err != nil {
				return nil // the node is stopping
			}
		}
	}
}

func (n *node) answer(ctx context.Context, q engine.Question) engine.Input {
	switch q := q.(type) {
	case *engine.PlanQuestion:
		return n.plan(ctx, q)
	case *engine.OpenQuestion:
		return n.openParts(q)
	default:
		panic("node: question of an unknown kind")
	}
}

// openParts opens sealed parts again after a restart.
func (n *node) openParts(q *engine.OpenQuestion) engine.PartsOpened {
	out := engine.PartsOpened{Friend: q.Friend, Parts: make(map[ledger.Lock]*ledger.Part)}
	for _, r := range q.Requests {
		if p, err := n.keys.OpenPart(r.Lock, r.PartLock, r.Sealed); err == nil {
			out.Parts[r.PartLock] = p
		}
	}
	return out
}
