package link

import (
	"context"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/wire"
)

// receive checks one frame and hands it over. An error ends the link.
func (l *link) receive(ctx context.Context, msg message) error {
	l.hear()
	switch f := msg.frame.(type) {
	case *ledger.Ping:
		return l.send(wire.Encode(&ledger.Pong{Nonce: f.Nonce}))
	case *ledger.Pong:
		if sent := l.pinged.Load(); sent != 0 && f.Nonce == uint64(sent) {
			l.rtt.Store(int64(time.Since(l.start)) - sent)
		}
		return nil
	case *ledger.Hello:
		if err := learn(l.m.host, l.f.peer, f.PeerRecord); err != nil {
			return l.fault(err)
		}
		l.m.mu.Lock()
		l.answered = true
		l.m.mu.Unlock()
	}
	if !l.greeted() {
		return l.fault(errNoHello)
	}
	if signed, ok := msg.frame.(*ledger.SignedEntry); ok {
		return l.receiveEntry(ctx, signed, msg.size)
	}
	return l.hand(func() error { return l.m.cfg.Handler.Frame(ctx, l.f.id, l.number, msg.frame, msg.size) })
}

// receiveEntry checks an entry, the cheap part first, and hands it over.
func (l *link) receiveEntry(ctx context.Context, signed *ledger.SignedEntry, size int) error {
	number, err := ledger.PeekEntry(signed.Body)
	if err != nil {
		return l.fault(fmt.Errorf("reading entry: %w", err))
	}
	due, err := l.entries.next(number)
	if err != nil {
		return l.fault(err)
	}
	if !due {
		return nil
	}
	entry, err := l.verify(signed)
	if err != nil {
		return l.fault(err)
	}
	entry.Bytes = size
	return l.hand(func() error { return l.m.cfg.Handler.Entry(ctx, l.f.id, l.number, entry) })
}

func (l *link) greeted() bool {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	return l.answered
}

// fault counts what the friend did wrong.
func (l *link) fault(err error) error {
	l.m.counts.faults.Add(1)
	return err
}

// verify checks an entry's signature and opens the parts that end here.
func (l *link) verify(signed *ledger.SignedEntry) (Entry, error) {
	verified, err := friendship.Verify(l.f.id, signed)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Verified: verified, Parts: OpenParts(l.m.cfg.Opener, verified.Entry().Ops)}, nil
}

// OpenParts opens the sealed parts of those requests among ops that end at this
// node. Those that do not open are absent: what a buyer sealed wrongly says
// nothing against the friend that carried it.
func OpenParts(opener Opener, ops []ledger.Op) map[ledger.Lock]*ledger.Part {
	var out map[ledger.Lock]*ledger.Part
	for _, op := range ops {
		r, ok := op.(*ledger.Request)
		if !ok || r.Path.Version != ledger.PathPlain || len(r.Path.Hops) != 0 {
			continue
		}
		part, err := opener.OpenPart(r.Lock, r.PartLock, r.Sealed)
		if err != nil {
			continue
		}
		if out == nil {
			out = map[ledger.Lock]*ledger.Part{}
		}
		out[r.PartLock] = part
	}
	return out
}
