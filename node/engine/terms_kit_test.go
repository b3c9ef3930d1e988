package engine_test

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// terms are those of a puppet that proposes what the test wants: the balance is
// what the puppet shall owe the engine, kept are rows of the puppet's ledger.
func (p *puppet) terms(owes int64, kept ...*friendship.Pending) *ledger.Terms {
	low, high := p.id, p.r.id
	balance := ledger.NewBalance(-owes)
	if high.Less(low) {
		low, high, balance = high, low, ledger.NewBalance(owes)
	}
	t := &ledger.Terms{Low: low, High: high, Base: p.book.Epoch(), Nonce: ledger.Nonce{byte(p.number), 7}}
	for t.Number = max(p.book.Highest(), p.r.disk.ledgers[p.id].Highest) + 1; t.Proposer() != p.id; {
		t.Number++
	}
	for _, k := range kept {
		t.Kept = append(t.Kept, ledger.Kept{Author: k.Author, Ordinal: k.Ordinal, Request: k.Request.Hash()})
	}
	slices.SortFunc(t.Kept, func(x, y ledger.Kept) int {
		if x.Author != y.Author {
			return int(x.Author) - int(y.Author)
		}
		return int(x.Ordinal) - int(y.Ordinal)
	})
	if owes != 0 || len(kept) > 0 {
		t.Balances = []ledger.TermsBalance{{Currency: eur, Balance: balance}}
	}
	return t
}

// propose sends terms to the engine, as its own ledger would not, and returns
// the answer: an Accept or a Refuse.
func (p *puppet) propose(t *ledger.Terms) ledger.Frame {
	p.r.t.Helper()
	p.manual, p.told = true, nil
	p.r.step(engine.FrameArrived{Friend: p.id, Link: p.link, Frame: &ledger.Propose{Terms: t}})
	for _, fr := range slices.Backward(p.told) {
		switch fr.(type) {
		case *ledger.Accept, *ledger.Refuse:
			return fr
		}
	}
	p.r.t.Fatalf("%s got no answer to its terms", p.name)
	return nil
}

func (p *puppet) wantRefused(t *ledger.Terms, reason ledger.RefuseReason) {
	p.r.t.Helper()
	if m, refused := p.propose(t).(*ledger.Refuse); !refused || m.Reason != reason {
		p.r.t.Fatalf("terms of %s were not refused because %v: %+v", p.name, reason, p.told)
	}
}

// accepted is propose for terms that cost the engine nothing, or what it allows.
func (p *puppet) accepted(t *ledger.Terms) *ledger.Opening {
	p.r.t.Helper()
	m, ok := p.propose(t).(*ledger.Accept)
	if !ok {
		p.r.t.Fatalf("terms of %s were refused: %+v", p.name, p.told[len(p.told)-1])
	}
	o := &ledger.Opening{Terms: t, Acceptor: m.Nonce}
	*o.SignatureOf(p.r.id) = m.Signature
	return o
}

// confirm opens the epoch on both sides.
func (p *puppet) confirm(o *ledger.Opening, kept ...*friendship.Pending) {
	p.r.t.Helper()
	confirm := signFrame(p.key, p.id, &ledger.Confirm{Epoch: o.ID()})
	p.r.step(engine.FrameArrived{Friend: p.id, Link: p.link, Frame: confirm})
	p.opened(o, kept...)
}

// opened puts the puppet into the epoch and connects it again. The engine may
// have to be told yet.
func (p *puppet) opened(o *ledger.Opening, kept ...*friendship.Pending) {
	p.r.t.Helper()
	s := friendship.Stored{Highest: o.Terms.Number, Opening: o}
	for _, k := range o.Terms.Kept {
		i := slices.IndexFunc(kept, func(q *friendship.Pending) bool { return q.Author == k.Author && q.Ordinal == k.Ordinal })
		s.Kept = append(s.Kept, friendship.KeptRequest{Author: k.Author, Request: kept[i].Request, Admitted: true})
	}
	book, err := friendship.New(p.id, p.r.id, s)
	if err != nil {
		p.r.t.Fatal(err)
	}
	p.down()
	p.book, p.manual = book, false
	p.connect()
	p.say(&ledger.Credit{Currency: eur, Limit: amount(10_000)})
}

// makeUp is accepted and confirm.
func (p *puppet) makeUp(owes int64, kept ...*friendship.Pending) {
	p.r.t.Helper()
	p.confirm(p.accepted(p.terms(owes, kept...)), kept...)
}

// sent returns a pending request of the puppet.
func (p *puppet) sent(r *ledger.Request) *friendship.Pending {
	p.r.t.Helper()
	q := p.book.PendingByPartLock(p.book.Me(), r.PartLock)
	if q == nil {
		p.r.t.Fatalf("%s has no such request pending", p.name)
	}
	return q
}

// now returns the request of the engine with this part lock that is pending at
// the puppet.
func (p *puppet) now(lock ledger.Lock) *friendship.Pending {
	p.r.t.Helper()
	q := p.book.PendingByPartLock(p.book.Me().Other(), lock)
	if q == nil {
		p.r.t.Fatalf("%s sees no such request pending", p.name)
	}
	return q
}

// lie makes the engine find the puppet's log illegal.
func (p *puppet) cheat() {
	p.r.t.Helper()
	st := p.book.Status()
	n := &ledger.Entry{
		Epoch: st.Epoch, Author: p.book.Me(), Seq: st.Mine.Seq + 1, Prev: st.Mine.Hash, Ack: st.Theirs,
		Ops: []ledger.Op{&ledger.Cancel{Ordinal: 1 << 40, Reason: ledger.NoRoute}},
	}
	p.r.step(p.input(signFrame(p.key, p.id, &ledger.SignedEntry{Body: n.Encode()})))
	if f, _ := p.r.eng.Friend(p.id); f.Evidence == nil || f.Disagreement == nil || f.Ready {
		p.r.t.Fatalf("the engine takes a lie: %+v", f)
	}
}

func collect(q *friendship.Pending, k keys) *ledger.Collect {
	return &ledger.Collect{Ordinal: q.Ordinal, Key: k.lock, PartKey: k.part}
}

// wantRows expects what the engine keeps of requests under way.
func (r *rig) wantRows(forwards, marks int) {
	r.t.Helper()
	if len(r.disk.forwards) != forwards || len(r.disk.marks) != marks {
		r.t.Errorf("%d forwards and %d marks on the disk, want %d and %d", len(r.disk.forwards), len(r.disk.marks), forwards, marks)
	}
}

// forgetful connects the puppet and lets it name no epoch: the engine may accept
// its terms and sign nothing else.
func (p *puppet) forgetful() {
	p.r.t.Helper()
	p.manual = true
	p.r.links++
	p.link, p.up = p.r.links, true
	p.absorb(p.book.LinkUp(p.env(), []byte("record")))
	p.queue = nil
	p.r.step(engine.LinkUp{Friend: p.id, Link: p.link, PeerRecord: []byte("record")}, engine.FrameArrived{
		Friend: p.id, Link: p.link, Frame: &ledger.Hello{Versions: []uint16{friendship.LinkVersion}, State: ledger.Fresh},
	})
}
