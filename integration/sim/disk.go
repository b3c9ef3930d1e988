package sim

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// disk is what a node has committed.
type disk struct {
	self     ledger.NodeID
	settings engine.Settings
	apps     map[ledger.NodeID]engine.AppRecord
	friends  map[ledger.NodeID]*storedFriend
	forwards map[ledger.Lock]engine.ForwardRecord
	marks    map[markKey]engine.MarkRecord
	income   map[incomeKey]engine.IncomeRecord
	invoices map[ledger.InvoiceID]engine.InvoiceRecord
	open     map[ledger.PaymentID]engine.PaymentRecord
	ended    []engine.PaymentRecord // the newest, the oldest first

	// bound is what people allowed terms to cost, as it was before the batch at
	// hand, which may delete it.
	bound map[ledger.NodeID][]friendship.Cost
}

type markKey struct {
	friend ledger.NodeID
	lock   ledger.Lock
}

type incomeKey struct {
	from     ledger.NodeID
	currency ledger.Currency
}

// storedFriend is a friend with its ledger. Highest outlives a removal, as on a
// node's disk.
type storedFriend struct {
	me     ledger.Author
	there  bool // false: only the highest number is left
	record engine.FriendRecord
	ledger friendship.Stored
	first  [2]uint64 // seq of the oldest entry of ledger, mine and theirs
}

func newDisk(self ledger.NodeID) *disk {
	return &disk{
		self:     self,
		apps:     map[ledger.NodeID]engine.AppRecord{},
		friends:  map[ledger.NodeID]*storedFriend{},
		forwards: map[ledger.Lock]engine.ForwardRecord{},
		marks:    map[markKey]engine.MarkRecord{},
		income:   map[incomeKey]engine.IncomeRecord{},
		invoices: map[ledger.InvoiceID]engine.InvoiceRecord{},
		open:     map[ledger.PaymentID]engine.PaymentRecord{},
		bound:    map[ledger.NodeID][]friendship.Cost{},
	}
}

func (d *disk) friend(id ledger.NodeID) *storedFriend {
	f := d.friends[id]
	if f == nil {
		f = &storedFriend{me: ledger.AuthorOf(d.self, id)}
		d.friends[id] = f
	}
	return f
}

// begin prepares for the next batch.
func (d *disk) begin(writes []engine.Write) {
	for _, w := range writes {
		if p, ok := w.(engine.PutLedger); ok {
			d.bound[p.Friend] = d.friend(p.Friend).ledger.Bound
		}
	}
}

// commit makes a batch durable.
func (d *disk) commit(writes []engine.Write) {
	for _, w := range writes {
		switch w := w.(type) {
		case engine.PutFriend:
			f := d.friend(w.Record.Friend)
			f.there, f.record = true, cloneFriend(w.Record)
		case engine.DeleteFriend:
			d.deleteFriend(w.Friend)
		case engine.PutLedger:
			d.friend(w.Friend).put(w.Write)
		case engine.PutForward:
			d.forwards[w.Record.PartLock] = w.Record
		case engine.DeleteForward:
			delete(d.forwards, w.PartLock)
		case engine.PutMark:
			d.marks[markKey{w.Record.Friend, w.Record.PartLock}] = w.Record
		case engine.DeleteMark:
			delete(d.marks, markKey{w.Friend, w.PartLock})
		case engine.PutIncome:
			d.income[incomeKey{w.Record.From, w.Record.Currency}] = w.Record
		case engine.PutInvoice:
			d.invoices[w.Record.Invoice.ID] = w.Record
		case engine.PutPayment:
			d.putPayment(w.Record)
		case engine.PutSettings:
			d.settings = cloneSettings(w.Record)
		case engine.PutAppRecord:
			d.apps[w.Record.Key] = w.Record
		case engine.DeleteAppRecord:
			delete(d.apps, w.Key)
		default:
			panic(fmt.Sprintf("sim: write of unknown type %T", w))
		}
	}
}

func (d *disk) deleteFriend(id ledger.NodeID) {
	f := d.friend(id)
	*f = storedFriend{me: f.me, ledger: friendship.Stored{Highest: f.ledger.Highest}}
	maps.DeleteFunc(d.marks, func(k markKey, _ engine.MarkRecord) bool { return k.friend == id })
}

func (d *disk) putPayment(r engine.PaymentRecord) {
	if !r.IsEnded() {
		d.open[r.ID] = clonePayment(r)
		return
	}
	delete(d.open, r.ID)
	d.ended = slices.DeleteFunc(d.ended, func(o engine.PaymentRecord) bool { return o.ID == r.ID })
	if len(d.ended) == endedKept {
		d.ended = slices.Delete(d.ended, 0, 1)
	}
	d.ended = append(d.ended, clonePayment(r))
}

// put stores a change of the ledger.
func (f *storedFriend) put(w friendship.Write) {
	s := &f.ledger
	switch w := w.(type) {
	case friendship.PutEntry:
		f.putEntry(w)
	case friendship.PutSnapshot:
		s.Snapshot = w.Snapshot
	case friendship.DropEntries:
		f.dropEntries(w)
	case friendship.PutOpening:
		s.Opening, s.Kept, s.Mine, s.Theirs, s.Inconsistent, s.Snapshot = w.Opening, w.Kept, nil, nil, nil, nil
		f.first = [2]uint64{}
	case friendship.PutHighest:
		s.Highest = max(s.Highest, w.Number)
	case friendship.PutAcceptance:
		s.Acceptance = w.Acceptance
	case friendship.DeleteAcceptance:
		s.Acceptance = nil
	case friendship.PutBound:
		s.Bound = w.Bound
	case friendship.PutEvidence:
		s.Inconsistent = w.Evidence
	default:
		panic(fmt.Sprintf("sim: ledger write of unknown type %T", w))
	}
}

func (f *storedFriend) putEntry(w friendship.PutEntry) {
	s := &f.ledger
	if w.Signature == (ledger.Signature{}) {
		if len(s.Mine) == 0 {
			f.first[0] = w.Seq
		}
		s.Mine = append(s.Mine, w.Body)
		return
	}
	if len(s.Theirs) == 0 {
		f.first[1] = w.Seq
	}
	s.Theirs = append(s.Theirs, ledger.SignedEntry{Body: w.Body, Signature: w.Signature})
}

// dropEntries forgets what a snapshot covers.
func (f *storedFriend) dropEntries(w friendship.DropEntries) {
	s := &f.ledger
	if w.Author == f.me {
		s.Mine = slices.Clone(s.Mine[w.Through+1-f.first[0]:])
		f.first[0] = w.Through + 1
	} else {
		s.Theirs = slices.Clone(s.Theirs[w.Through+1-f.first[1]:])
		f.first[1] = w.Through + 1
	}
}

// holds reports whether the entry is on the disk. What a snapshot covers has
// been sent long ago.
func (f *storedFriend) holds(body []byte) bool {
	for i := len(f.ledger.Mine) - 1; i >= 0; i-- {
		if bytes.Equal(f.ledger.Mine[i], body) {
			return true
		}
	}
	return false
}

// load returns what a restart reads: all but the history, sorted so that the run
// does not depend on the order of maps.
func (d *disk) load(now time.Time) engine.Stored {
	s := engine.Stored{Settings: cloneSettings(d.settings)}
	for _, k := range sortedIDs(d.apps) {
		s.Apps = append(s.Apps, d.apps[k])
	}
	for _, k := range sortedIDs(d.friends) {
		f := d.friends[k]
		if !f.there {
			continue
		}
		l := f.ledger
		l.Mine, l.Theirs = slices.Clone(l.Mine), slices.Clone(l.Theirs)
		s.Friends = append(s.Friends, engine.StoredFriend{Record: cloneFriend(f.record), Ledger: l})
	}
	for _, k := range sortedIDs(d.forwards) {
		s.Forwards = append(s.Forwards, d.forwards[k])
	}
	marks := slices.SortedFunc(maps.Keys(d.marks), func(a, b markKey) int {
		return bytes.Compare(append(a.friend[:], a.lock[:]...), append(b.friend[:], b.lock[:]...))
	})
	for _, k := range marks {
		s.Marks = append(s.Marks, d.marks[k])
	}
	for _, r := range d.income {
		s.Income = append(s.Income, r)
	}
	for _, k := range sortedIDs(d.invoices) {
		if r := d.invoices[k]; r.State == engine.InvoiceOpen || !r.Invoice.ExpiredAt(now) {
			s.Invoices = append(s.Invoices, r)
		}
	}
	ids := slices.SortedFunc(maps.Keys(d.open), func(a, b ledger.PaymentID) int { return bytes.Compare(a[:], b[:]) })
	for _, k := range ids {
		s.Payments = append(s.Payments, clonePayment(d.open[k]))
	}
	return s
}

// payment returns a payment that is stored whole.
func (d *disk) payment(id ledger.PaymentID) (engine.PaymentRecord, bool) {
	if r, ok := d.open[id]; ok {
		return r, true
	}
	for i := range slices.Backward(d.ended) {
		if d.ended[i].ID == id {
			return d.ended[i], true
		}
	}
	return engine.PaymentRecord{}, false
}

// previous returns the newest stored payment with that id or of that invoice.
func (d *disk) previous(id ledger.PaymentID, v *ledger.Invoice) *engine.PaymentRecord {
	if r, ok := d.payment(id); ok {
		r = clonePayment(r)
		return &r
	}
	var newest *engine.PaymentRecord
	look := func(r engine.PaymentRecord) {
		if r.Invoice.ID != v.ID {
			return
		}
		if newest == nil || r.Created.After(newest.Created) || r.Created.Equal(newest.Created) && bytes.Compare(r.ID[:], newest.ID[:]) > 0 {
			c := clonePayment(r)
			newest = &c
		}
	}
	for i := range d.ended {
		look(d.ended[i])
	}
	for _, r := range d.open {
		look(r)
	}
	return newest
}

func sortedIDs[K ~[32]byte, V any](m map[K]V) []K {
	return slices.SortedFunc(maps.Keys(m), func(a, b K) int {
		x, y := [32]byte(a), [32]byte(b)
		return bytes.Compare(x[:], y[:])
	})
}

func clonePayment(r engine.PaymentRecord) engine.PaymentRecord {
	r.Parts, r.Exclude = slices.Clone(r.Parts), slices.Clone(r.Exclude)
	return r
}

func cloneFriend(r engine.FriendRecord) engine.FriendRecord {
	r.Addresses, r.Currencies = slices.Clone(r.Addresses), slices.Clone(r.Currencies)
	return r
}

func cloneSettings(r engine.Settings) engine.Settings {
	r.Tombstones = slices.Clone(r.Tombstones)
	if r.Recovering != nil {
		c := *r.Recovering
		r.Recovering = &c
	}
	return r
}
