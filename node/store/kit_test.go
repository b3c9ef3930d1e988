package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	ds "github.com/ipfs/go-datastore"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/identity"
)

var (
	me    = identity.FromSeed([32]byte{1})
	anna  = identity.FromSeed([32]byte{2})
	bert  = identity.FromSeed([32]byte{3})
	eur   = ledger.Currency{Name: "EUR", Decimals: 2}
	start = time.Unix(1_700_000_000, 0).UTC()
)

func node(id *identity.Identity) ledger.NodeID { return ledger.NodeID(id.Raw()) }

func signed(id *identity.Identity, h ledger.Hash) ledger.Signature {
	return ledger.Signature(id.Sign(h[:]))
}

// reopener opens the same database again.
type reopener func(t *testing.T) *Store

// backends runs a test on every backend. The reopener closes the store that is
// open and opens it again, so that what it then holds came from the backend.
func backends(t *testing.T, test func(t *testing.T, open reopener)) {
	t.Run("pebble", func(t *testing.T) {
		dir := t.TempDir()
		var last *Store
		closeLast := func() {
			if last != nil {
				if err := last.Close(); err != nil {
					t.Error(err)
				}
			}
			last = nil
		}
		t.Cleanup(closeLast)
		test(t, func(t *testing.T) *Store {
			t.Helper()
			closeLast()
			s, err := Open(t.Context(), dir, node(me), nil)
			if err != nil {
				t.Fatal(err)
			}
			last = s
			return s
		})
	})
	t.Run("memory", func(t *testing.T) {
		db := Memory()
		test(t, func(t *testing.T) *Store { return newStore(t, db) })
	})
}

func newStore(t *testing.T, db Backend) *Store {
	t.Helper()
	s, err := New(t.Context(), db, node(me))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t *testing.T, s *Store, writes ...engine.Write) {
	t.Helper()
	if err := s.Commit(t.Context(), writes); err != nil {
		t.Fatal(err)
	}
}

func mustLoad(t *testing.T, s *Store) engine.Stored {
	t.Helper()
	out, err := s.Load(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func friendOf(id *identity.Identity, name string) engine.FriendRecord {
	return engine.FriendRecord{
		Friend: node(id), Name: name, Addresses: []string{"/ip4/192.0.2.1/tcp/1/p2p/" + id.PeerID().String()}, Added: start,
		Currencies: []engine.CurrencySetting{{Currency: eur, Limit: ledger.NewAmount(1000), Rate: ledger.Rate{Mul: 7, Add: 1 << 63}}},
	}
}

// opening makes an opening with a friend, signed by the friend only, as the
// engine stores it.
func opening(friend *identity.Identity, number uint64, nonce byte) *ledger.Opening {
	terms := &ledger.Terms{Low: node(me), High: node(friend), Number: number, Nonce: ledger.Nonce{nonce}}
	if terms.High.Less(terms.Low) {
		terms.Low, terms.High = terms.High, terms.Low
	}
	o := &ledger.Opening{Terms: terms, Acceptor: ledger.Nonce{9}}
	*o.SignatureOf(node(friend)) = signed(friend, o.ID())
	return o
}

// logOf writes count empty entries by one side, in a chain.
func logOf(by, other *identity.Identity, o *ledger.Opening, count int) []friendship.Write {
	var out []friendship.Write
	var prev ledger.Hash
	author := ledger.AuthorOf(node(by), node(other))
	for seq := uint64(1); seq <= uint64(count); seq++ {
		body := (&ledger.Entry{Epoch: o.ID(), Author: author, Seq: seq, Prev: prev}).Encode()
		prev = ledger.EntryHash(body)
		w := friendship.PutEntry{Author: author, Seq: seq, Body: body}
		if by != me {
			w.Signature = signed(by, prev)
		}
		out = append(out, w)
	}
	return out
}

func ledgerWrites(friend *identity.Identity, writes ...friendship.Write) []engine.Write {
	var out []engine.Write
	for _, w := range writes {
		out = append(out, engine.PutLedger{Friend: node(friend), Write: w})
	}
	return out
}

// friendship writes for a friend with an open epoch and both logs.
func openLedger(friend *identity.Identity, o *ledger.Opening, entries int) []engine.Write {
	return ledgerWrites(friend, slices.Concat(
		[]friendship.Write{friendship.PutHighest{Number: o.Terms.Number}, friendship.PutOpening{Opening: o}},
		logOf(me, friend, o, entries), logOf(friend, me, o, entries),
	)...)
}

// sale makes an invoice of this node.
func sale(n byte, created time.Time, state engine.InvoiceState) engine.InvoiceRecord {
	key := ledger.Key{n}
	v := &ledger.Invoice{
		ID: ledger.InvoiceID{n}, Currency: eur, Amount: ledger.NewAmount(uint64(n)), Seller: node(me), Lock: key.Lock(),
		Created: created.Unix(), Expires: created.Add(time.Hour).Unix(),
	}
	v.Signature = signed(me, v.Hash())
	return engine.InvoiceRecord{Invoice: v, Key: key, State: state}
}

// purchase makes a payment of an invoice of anna's.
func purchase(n, invoice byte, created time.Time, state engine.PaymentState) engine.PaymentRecord {
	key := ledger.Key{invoice}
	v := &ledger.Invoice{
		ID: ledger.InvoiceID{invoice}, Currency: eur, Amount: ledger.NewAmount(50), Seller: node(anna), Lock: key.Lock(),
		Created: start.Unix(), Expires: start.Add(time.Hour).Unix(),
	}
	v.Signature = signed(anna, v.Hash())
	p := engine.PaymentRecord{
		ID: ledger.PaymentID{n}, Invoice: v, State: state, MaxFee: ledger.NewAmount(5), Created: created.UTC(), Deadline: created.Add(time.Minute).UTC(),
		Attempts: 1,
		Parts: []engine.PartRecord{{
			PartLock: ledger.Lock{n}, Friend: node(bert), Amount: ledger.NewAmount(52), Share: ledger.NewAmount(50),
			Path: ledger.NewPath(ledger.Hop{Node: node(anna), Amount: ledger.NewAmount(50)}), Collected: state == engine.Settled,
		}},
		Exclude: []engine.Edge{{From: node(me), To: node(bert)}},
	}
	if state == engine.Settled {
		p.Key = &key
	}
	return p
}

// faulty lets a backend fail.
type faulty struct {
	Backend
	batch, commit error
	committed     int
}

func (f *faulty) Batch(ctx context.Context) (ds.Batch, error) {
	if f.batch != nil {
		return nil, f.batch
	}
	b, err := f.Backend.Batch(ctx)
	return &faultyBatch{b, f}, err
}

type faultyBatch struct {
	ds.Batch
	f *faulty
}

func (b *faultyBatch) Commit(ctx context.Context) error {
	if b.f.commit != nil {
		return b.f.commit
	}
	b.f.committed++
	return b.Batch.Commit(ctx)
}

var errDisk = errors.New("no space left on device")
