package sim

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/node/engine"
)

// edge is two nodes that are, were, or will be friends, and the link between
// them.
type edge struct {
	s       *Sim
	ends    [2]*node
	latency time.Duration
	up      bool
	link    engine.LinkID
	lastAt  [2]time.Duration // arrival of the newest frame to each end: streams are FIFO
	cuts    int              // faults that keep the two apart
	dialing bool
	making  bool // their people look at what they disagree about
	paused  bool // by its people, who have removed one another
}

func (n *node) edgeTo(id ledger.NodeID) *edge {
	for _, e := range n.edges {
		if e.other(n).id == id {
			return e
		}
	}
	return nil
}

func (e *edge) other(n *node) *node {
	if e.ends[0] == n {
		return e.ends[1]
	}
	return e.ends[0]
}

func (e *edge) end(n *node) int {
	if e.ends[0] == n {
		return 0
	}
	return 1
}

// hostile reports whether one of the two is a villain.
func (e *edge) hostile() bool { return e.ends[0].villain != nil || e.ends[1].villain != nil }

// dial tries until the link is up.
func (e *edge) dial() {
	if e.dialing || e.up {
		return
	}
	e.dialing = true
	e.s.after(dialMin+e.s.spread(dialSpread), func() {
		e.dialing = false
		if e.cuts > 0 || e.paused {
			return // who repairs it dials
		}
		if !e.ends[0].up() || !e.ends[1].up() || !e.known() {
			e.dial()
			return
		}
		e.connect()
	})
}

// known reports whether the two call one another friends.
func (e *edge) known() bool {
	return e.ends[0].disk.friend(e.ends[1].id).there && e.ends[1].disk.friend(e.ends[0].id).there
}

func (e *edge) connect() {
	e.s.links++
	e.up, e.link = true, e.s.links
	for _, n := range e.ends {
		n.feed(engine.LinkUp{Friend: e.other(n).id, Link: e.link, PeerRecord: []byte(n.name)})
	}
}

// breakLink ends the link and what is on its way. Each side sees it later, or
// never when the next link is up before.
func (e *edge) breakLink() {
	if e.up {
		e.up = false
		down := e.link
		for _, n := range e.ends {
			peer := e.other(n).id
			n.later(e.s.spread(noticeMax), func() { n.feed(engine.LinkDown{Friend: peer, Link: down}) })
		}
	}
	e.dial()
}

// cut keeps the two apart until mend.
func (e *edge) cut() {
	e.cuts++
	e.breakLink()
}

func (e *edge) mend() {
	e.cuts--
	e.dial()
}

// carry brings a frame of n to the other end.
func (e *edge) carry(n *node, fr ledger.Frame) {
	to, link := e.other(n), e.link
	if se, ok := fr.(*ledger.SignedEntry); ok {
		e.s.mix(se.Signature[:8])
	} else {
		b := wire.Encode(fr)
		e.s.mix(b)
		var err error
		if fr, err = wire.Decode(b); err != nil {
			e.s.fail("%s sends a frame that does not decode: %v", n.name, err)
			return
		}
	}
	i := e.end(to)
	at := max(e.lastAt[i], e.s.now+e.latency+e.s.spread(jitter))
	e.lastAt[i] = at
	e.s.after(at-e.s.now, func() {
		if e.up && e.link == link {
			to.arrives(n, link, fr)
		}
	})
}

// arrives is the receiver's link: it checks signatures and opens sealed parts.
func (n *node) arrives(from *node, link engine.LinkID, fr ledger.Frame) {
	se, ok := fr.(*ledger.SignedEntry)
	if !ok {
		n.feed(engine.FrameArrived{Friend: from.id, Link: link, Frame: fr})
		return
	}
	v, err := friendship.Verify(from.id, se)
	if err != nil {
		n.s.fail("%s sent %s an entry that does not verify: %v", from.name, n.name, err)
		return
	}
	in := engine.EntryArrived{Friend: from.id, Link: link, Entry: v, Parts: map[ledger.Lock]*ledger.Part{}}
	for _, op := range v.Entry().Ops {
		if r, ok := op.(*ledger.Request); ok {
			n.open(in.Parts, r)
		}
	}
	n.feed(in)
}
