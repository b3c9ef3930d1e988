package node

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
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
		n.ask(q)
	}
}
