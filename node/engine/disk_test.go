package engine_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// disk is what a node has committed. Records are kept as JSON, as on a real
// disk, so that nothing survives a restart by sharing memory.
type disk struct {
	t        testing.TB
	settings []byte
	friends  map[ledger.NodeID][]byte
	ledgers  map[ledger.NodeID]friendship.Stored
	forwards map[ledger.Lock][]byte
	marks    map[markKey][]byte
	invoices map[ledger.InvoiceID][]byte
	payments map[ledger.PaymentID][]byte
	apps     map[ledger.NodeID][]byte
	income   map[string][]byte
}

type markKey struct {
	friend ledger.NodeID
	lock   ledger.Lock
}

func newDisk(t testing.TB) *disk {
	return &disk{
		t: t, friends: map[ledger.NodeID][]byte{}, ledgers: map[ledger.NodeID]friendship.Stored{},
		forwards: map[ledger.Lock][]byte{}, marks: map[markKey][]byte{}, invoices: map[ledger.InvoiceID][]byte{},
		payments: map[ledger.PaymentID][]byte{}, apps: map[ledger.NodeID][]byte{}, income: map[string][]byte{},
	}
}

func (d *disk) encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		d.t.Fatalf("encoding a record: %v", err)
	}
	return b
}

func decode[T any](d *disk, b []byte) T {
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		d.t.Fatalf("decoding a record: %v", err)
	}
	return v
}

func (d *disk) commit(writes []engine.Write) {
	for _, w := range writes {
		switch w := w.(type) {
		case engine.PutFriend:
			d.friends[w.Record.Friend] = d.encode(w.Record)
		case engine.DeleteFriend:
			delete(d.friends, w.Friend)
			delete(d.ledgers, w.Friend)
			for k := range d.marks {
				if k.friend == w.Friend {
					delete(d.marks, k)
				}
			}
		case engine.PutLedger:
			s := d.ledgers[w.Friend]
			putLedger(&s, w.Write)
			d.ledgers[w.Friend] = s
		case engine.PutForward:
			d.forwards[w.Record.PartLock] = d.encode(w.Record)
		case engine.DeleteForward:
			delete(d.forwards, w.PartLock)
		case engine.PutMark:
			d.marks[markKey{w.Record.Friend, w.Record.PartLock}] = d.encode(w.Record)
		case engine.DeleteMark:
			delete(d.marks, markKey{w.Friend, w.PartLock})
		case engine.PutIncome:
			d.income[w.Record.From.String()+w.Record.Currency.String()] = d.encode(w.Record)
		case engine.PutInvoice:
			d.invoices[w.Record.Invoice.ID] = d.encode(w.Record)
		case engine.PutPayment:
			d.payments[w.Record.ID] = d.encode(w.Record)
		case engine.PutSettings:
			d.settings = d.encode(w.Record)
		case engine.PutAppRecord:
			d.apps[w.Record.Key] = d.encode(w.Record)
		case engine.DeleteAppRecord:
			delete(d.apps, w.Key)
		default:
			d.t.Fatalf("write of unknown type %T", w)
		}
	}
}

func putLedger(s *friendship.Stored, w friendship.Write) {
	switch w := w.(type) {
	case friendship.PutEntry:
		if w.Signature == (ledger.Signature{}) {
			s.Mine = append(slices.Clip(s.Mine), w.Body)
		} else {
			s.Theirs = append(slices.Clip(s.Theirs), ledger.SignedEntry{Body: w.Body, Signature: w.Signature})
		}
	case friendship.PutOpening:
		s.Opening, s.Snapshot, s.Mine, s.Theirs, s.Inconsistent = w.Opening, nil, nil, nil, nil
		s.Kept = recode(w.Kept, friendship.EncodeKept, friendship.DecodeKept)
	case friendship.PutBound:
		s.Bound = recode(w.Bound, friendship.EncodeBound, friendship.DecodeBound)
	case friendship.PutSnapshot:
		s.Snapshot = w.Snapshot
	case friendship.DropEntries:
		s.Mine = slices.DeleteFunc(slices.Clone(s.Mine), func(body []byte) bool { return covers(w, body) })
		s.Theirs = slices.DeleteFunc(slices.Clone(s.Theirs), func(e ledger.SignedEntry) bool { return covers(w, e.Body) })
	case friendship.PutHighest:
		s.Highest = w.Number
	case friendship.PutAcceptance:
		s.Acceptance = recode(w.Acceptance, (*friendship.Acceptance).Encode, friendship.DecodeAcceptance)
	case friendship.DeleteAcceptance:
		s.Acceptance = nil
	case friendship.PutEvidence:
		s.Inconsistent = w.Evidence
	}
}

// recode sends a value through its bytes, as a disk does.
func recode[T any](v T, encode func(T) []byte, read func([]byte) (T, error)) T {
	out, err := read(encode(v))
	if err != nil {
		panic("what the ledger stores cannot be read: " + err.Error())
	}
	return out
}

// covers reports whether an entry is one of those that go.
func covers(w friendship.DropEntries, body []byte) bool {
	n, err := ledger.DecodeEntry(body)
	return err == nil && n.Author == w.Author && n.Seq >= w.From && n.Seq <= w.Through
}

// load returns what a restart reads: all but the history. The order of the lists
// is that of Go's maps, because the engine must not depend on it.
func (d *disk) load() engine.Stored {
	var s engine.Stored
	if d.settings != nil {
		s.Settings = decode[engine.Settings](d, d.settings)
	}
	for id, b := range d.friends {
		s.Friends = append(s.Friends, engine.StoredFriend{Record: decode[engine.FriendRecord](d, b), Ledger: d.ledgers[id]})
	}
	for _, b := range d.forwards {
		s.Forwards = append(s.Forwards, decode[engine.ForwardRecord](d, b))
	}
	for _, b := range d.marks {
		s.Marks = append(s.Marks, decode[engine.MarkRecord](d, b))
	}
	for _, b := range d.invoices {
		s.Invoices = append(s.Invoices, decode[engine.InvoiceRecord](d, b))
	}
	for _, b := range d.payments {
		if r := decode[engine.PaymentRecord](d, b); !r.IsEnded() {
			s.Payments = append(s.Payments, r)
		}
	}
	for _, b := range d.income {
		s.Income = append(s.Income, decode[engine.IncomeRecord](d, b))
	}
	for _, b := range d.apps {
		s.Apps = append(s.Apps, decode[engine.AppRecord](d, b))
	}
	return s
}

func (d *disk) payment(id ledger.PaymentID) engine.PaymentRecord {
	d.t.Helper()
	b, ok := d.payments[id]
	if !ok {
		d.t.Fatalf("payment %v is not on the disk", id)
	}
	return decode[engine.PaymentRecord](d, b)
}

func (d *disk) invoice(id ledger.InvoiceID) engine.InvoiceRecord {
	d.t.Helper()
	b, ok := d.invoices[id]
	if !ok {
		d.t.Fatalf("invoice %v is not on the disk", id)
	}
	return decode[engine.InvoiceRecord](d, b)
}
