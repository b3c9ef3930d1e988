package friendship_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
	"github.com/offset-p2p/offset/ledger/wire"
)

// Kinds of records of a hostile stream. The friend knows its key, so what has a
// place for its signature gets it, and what would fail at the first comparison
// is made to fit, for the fuzzer to reach what lies behind.
const (
	rawFrame   = iota // bytes of a frame, as they are
	signedBody        // body of an entry, signed
	fittedBody        // body of an entry that follows the log, signed
	fittedTerm        // terms with the right nodes, number and base
	agreement         // Accept or Confirm of what is out, signed; the payload picks
	passing           // time passes
	newStream         // the stream is cut and another comes
	ownAction         // the honest side does something itself
	recordKinds
)

// recordMax is how many records of an input are read.
const recordMax = 200

// FuzzStream: bytes of a friend that knows its key → frames → the machine. It
// never panics, stores only what a plain replica holds for legal, is never worth
// less, starts from its disk as it is, and spends memory in proportion to what
// it is sent.
func FuzzStream(f *testing.F) {
	for _, s := range streams(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		w := hostileScene(t)
		v := w.sides[0]
		for n := 0; len(b) >= 3 && n < recordMax; n++ {
			kind, size := b[0], int(binary.BigEndian.Uint16(b[1:]))
			payload := b[3:][:min(size, len(b)-3)]
			b = b[3+len(payload):]
			if err := v.record(kind%recordKinds, payload); err != nil {
				t.Fatalf("record %d, kind %d, %x: %v", n, kind%recordKinds, payload, err)
			}
			if err := v.check(); err != nil {
				t.Fatalf("after record %d, kind %d, %x: %v", n, kind%recordKinds, payload, err)
			}
		}
		if err := v.audit(); err != nil {
			t.Fatal(err)
		}
	})
}

// hostileScene returns two friends with a few requests of both pending. Side 1 is
// hostile from here on, and its machine stands still.
func hostileScene(t testing.TB) *scene {
	t.Helper()
	w, err := newScene(3)
	must(t, err)
	must(t, w.heal())
	say := func(i int, ops ...ledger.Op) {
		n := w.sides[i]
		for _, op := range ops {
			if r, is := op.(*ledger.Request); is {
				w.deals[r.PartLock] = &deal{keys: len(w.deals) + 1, currency: r.Currency, amount: units(r.Amount)}
			}
		}
		eff, err := n.f.Append(w.env(n), ops)
		must(t, err)
		must(t, n.perform(eff))
		must(t, w.settle())
	}
	for i := range w.sides {
		say(i, ledgertest.Credit(ledgertest.EUR, 500))
	}
	say(0, ledgertest.Request(ledgertest.EUR, 40, 1), ledgertest.Request(ledgertest.EUR, 50, 2))
	say(1, ledgertest.Request(ledgertest.EUR, 60, 3), ledgertest.Request(ledgertest.EUR, 70, 4))
	w.sides[0].decide(ledgertest.Request(ledgertest.EUR, 60, 3).PartLock)
	w.sides[0].purse.worth = w.sides[0].value()
	w.hostile = true
	return w
}

// record carries out one record. Only a fault of the machine is an error.
func (n *node) record(kind byte, payload []byte) error {
	friend := n.w.other(n)
	switch kind {
	case rawFrame:
		f, err := wire.Decode(payload)
		if err != nil {
			return nil
		}
		return n.bounded(len(payload), friend.withSignature(f))
	case signedBody:
		return n.bounded(len(payload), friend.entryOf(payload))
	case fittedBody:
		if e, err := ledger.DecodeEntry(payload); err == nil {
			return n.bounded(len(payload), friend.entryOf(n.fitted(e).Encode()))
		}
	case fittedTerm:
		t, err := ledger.DecodeTerms(payload)
		if err != nil {
			return nil
		}
		t.Low, t.High, t.Number = n.w.sides[0].id, friend.id, n.f.Highest()+1
		if t.Number += t.Number % 2; !t.Base.IsZero() {
			t.Base = n.f.Epoch()
		}
		return n.bounded(len(payload), &ledger.Propose{Terms: t})
	case agreement:
		return n.agreement(payload)
	case passing:
		n.w.mono += time.Duration(len(payload)) * time.Second
		return n.perform(n.f.Tick(n.w.env(n)))
	case newStream:
		n.w.cut(0)
		n.stream = 1
		return n.perform(n.f.LinkUp(n.w.env(n), nil))
	case ownAction:
		return n.actsItself(payload)
	}
	return nil
}

// bounded hands over a frame, unless its amounts are too large for a replica in
// int64, and wants that little memory is spent. What is pending bounds what an
// answer may hold besides.
func (n *node) bounded(size int, f ledger.Frame) error {
	if f == nil || tooLarge(f) {
		return nil
	}
	var err error
	if spent := allocated(func() { err = n.hand(f) }); spent > uint64(2*allocPerByte*size+2*allocBase) {
		return fmt.Errorf("%d bytes for a frame %T of %d", spent, f, size)
	}
	return err
}

// withSignature fills in the friend's signature where there is a place for it.
func (n *node) withSignature(f ledger.Frame) ledger.Frame {
	switch m := f.(type) {
	case *ledger.SignedEntry:
		return n.entryOf(m.Body)
	case *ledger.Accept:
		m.Signature = ledgertest.Sign(n.key, m.Epoch)
	case *ledger.Confirm:
		m.Signature = ledgertest.Sign(n.key, m.Epoch)
	case *ledger.Opened:
		if s := m.Opening.SignatureOf(n.id); s != nil {
			*s = ledgertest.Sign(n.key, m.Opening.ID())
		}
	}
	return f
}

// entryOf signs a body; nil when it is no entry, which is for Verify to say.
func (n *node) entryOf(body []byte) ledger.Frame {
	if _, err := ledger.DecodeEntry(body); err != nil {
		return nil
	}
	hash := ledger.EntryHash(body)
	n.w.lies[hash] = true // or not: the machine judges, and the replica
	return &ledger.SignedEntry{Body: body, Signature: ledgertest.Sign(n.key, hash)}
}

// fitted makes an entry the next one of the friend's log, which has seen all of
// mine, with right totals if its operations are legal.
func (n *node) fitted(e *ledger.Entry) *ledger.Entry {
	st := n.f.Status()
	e.Epoch, e.Author, e.Seq, e.Prev, e.Ack = st.Epoch, n.me().Other(), st.Theirs.Seq+1, st.Theirs.Hash, st.Mine
	if !tooLarge(&ledger.SignedEntry{Body: e.Encode()}) {
		view := n.there.clone()
		for _, mine := range n.unseen {
			view.force(mine)
		}
		view.wouldTake(e)
		e.Totals = view.totals()
	}
	return e
}

// agreement accepts what this side proposes, or confirms what it has accepted,
// in the name of the friend.
func (n *node) agreement(payload []byte) error {
	friend := n.w.other(n)
	if a := n.disk.Load().Acceptance; a != nil {
		return n.hand(&ledger.Confirm{Epoch: a.ID(), Signature: ledgertest.Sign(friend.key, a.ID())})
	}
	if n.proposed == nil {
		return nil
	}
	m := &ledger.Accept{Terms: n.proposed.Hash(), Highest: uint64(len(payload))}
	copy(m.Nonce[:], payload)
	m.Epoch = n.proposed.EpochID(m.Nonce)
	m.Signature = ledgertest.Sign(friend.key, m.Epoch)
	return n.hand(m)
}

// actsItself resolves a request, makes one, or lets the user decide.
func (n *node) actsItself(payload []byte) error {
	if len(payload) == 0 {
		return n.perform(n.f.Allow(n.w.env(n), nil))
	}
	pick := func(author ledger.Author) *friendship.Pending {
		for p := range n.f.AllPending(author) {
			if n.w.deals[p.Request.PartLock] != nil && !p.Again() {
				return p
			}
		}
		return nil
	}
	var op ledger.Op
	theirs := pick(n.me().Other())
	switch k := payload[0] % 5; {
	case k == 0:
		return n.allow(1)
	case k == 1 && theirs != nil && n.purse.decided[theirs.Request.PartLock]:
		op = n.keys(theirs)
	case k == 2 && theirs != nil && !n.purse.decided[theirs.Request.PartLock]:
		op = ledgertest.Cancel(theirs.Ordinal)
	case k == 3:
		p := picker{n: n, used: map[string]bool{}}
		op = p.fixedRequest()
	case k == 4:
		op = ledgertest.Credit(ledgertest.EUR, uint64(len(payload)))
	}
	if op == nil {
		return nil
	}
	eff, err := n.f.Append(n.w.env(n), []ledger.Op{op})
	if err != nil { // not ready, window full, another currency: for other tests
		return nil
	}
	return n.perform(eff)
}

// fixedRequest is the next request in EUR, if that is active.
func (p *picker) fixedRequest() ledger.Op {
	c, active := p.n.here.active("EUR")
	if !active {
		return nil
	}
	d := &deal{keys: len(p.n.w.deals) + 1, currency: c, amount: 5}
	r := ledgertest.Request(c, 5, d.keys)
	p.n.w.deals[r.PartLock] = d
	return r
}

// tooLarge reports amounts that sums of int64 could not hold.
func tooLarge(f ledger.Frame) bool {
	big := func(a ledger.Amount) bool { return !a.Less(ledger.NewAmount(1 << 40)) }
	switch m := f.(type) {
	case *ledger.SignedEntry:
		e, err := ledger.DecodeEntry(m.Body)
		if err != nil {
			return true
		}
		for _, op := range e.Ops {
			switch o := op.(type) {
			case *ledger.Request:
				if big(o.Amount) {
					return true
				}
			case *ledger.Credit:
				if big(o.Limit) {
					return true
				}
			}
		}
	case *ledger.Supply:
		for _, r := range m.Requests {
			if big(r.Amount) {
				return true
			}
		}
	case *ledger.Propose:
		for _, b := range m.Terms.Balances {
			if big(b.Balance.Magnitude()) {
				return true
			}
		}
	}
	return false
}

// streams returns hostile streams made of what two friends say, honest and not.
func streams(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	record := func(kind byte, payload []byte) []byte {
		head := []byte{kind, byte(len(payload) >> 8), byte(len(payload))}
		return append(head, payload...)
	}
	w := hostileScene(t)
	st := w.sides[0].f.Status()
	hello := record(rawFrame, wire.Encode(&ledger.Hello{
		Versions: []uint16{1}, Number: st.Number, Epoch: st.Epoch, State: ledger.Inconsistent, Mine: st.Theirs, Yours: st.Mine,
	}))
	body := func(ops ...ledger.Op) []byte {
		return record(fittedBody, (&ledger.Entry{Seq: 1, Ops: ops}).Encode())
	}
	terms := record(fittedTerm, (&ledger.Terms{
		Low: w.sides[0].id, High: w.sides[1].id, Number: 2, Base: st.Epoch, Balances: w.sides[0].here.terms(0),
		Kept: func() []ledger.Kept {
			k, _ := w.sides[1].keptLies(w.sides[0], &ledger.Terms{}, rand.New(rand.NewPCG(1, 1)))
			return k
		}(),
	}).Encode())
	collect := body(ledgertest.Collect(1, 1))
	good := body(ledgertest.Collect(1, 1), ledgertest.Cancel(2), request(9), &ledger.Withdraw{Ordinal: 1}, &ledger.Commit{Ordinal: 2})
	bad := body(request(8), ledgertest.Collect(1, 2))
	act := func(k byte) []byte { return record(ownAction, []byte{k}) }
	wait := record(passing, make([]byte, 61))
	link := record(newStream, nil)
	for _, parts := range [][][]byte{
		{good, act(1), act(2), act(3), wait},
		{bad, link, hello, wait, record(agreement, []byte{1}), act(4)},
		{hello, link, hello, record(agreement, nil), collect},
		{link, hello, terms, act(0), terms, record(agreement, nil), act(3), collect},
		{terms, collect, record(agreement, nil), link, wait, good},
		{collect, terms, terms, record(agreement, nil), hello},
	} {
		out = append(out, bytes.Join(parts, nil))
	}
	return out
}

// TestStreamsReachEverything: the seeds alone get the machine to collect, to
// accuse, to open epochs and to keep requests, so that the fuzzer starts there.
func TestStreamsReachEverything(t *testing.T) {
	var all tally
	for _, b := range streams(t) {
		w := hostileScene(t)
		before := w.count
		v := w.sides[0]
		for len(b) >= 3 {
			size := int(binary.BigEndian.Uint16(b[1:]))
			must(t, v.record(b[0], b[3:3+size]))
			must(t, v.check())
			b = b[3+size:]
		}
		w.count.openings -= before.openings
		all.add(w.count)
	}
	if all.collects == 0 || all.evidence == 0 || all.openings < 2 || all.kept == 0 {
		t.Fatalf("%+v", all)
	}
}
