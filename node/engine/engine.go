package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Engine is one node. It is not safe for concurrent use: one goroutine owns it,
// calls Step, and reads between two steps.
type Engine struct {
	self     ledger.NodeID
	settings Settings
	apps     map[ledger.NodeID]AppRecord
	friends  map[ledger.NodeID]*friend
	order    []*friend // by NodeID

	forwards map[ledger.Lock]*forward   // by part lock
	invoices map[ledger.InvoiceID]*sale // not expired, or only lately
	finished []ledger.InvoiceID         // paid or cancelled, the oldest first
	groups   map[ledger.Hash]*group     // incomplete payments of them
	payments map[ledger.PaymentID]*payment
	byHash   map[ledger.Hash]*payment // by invoice hash, the newest
	parts    map[ledger.Lock]*payment // own parts that are not ended, by part lock
	income   map[incomeKey]*IncomeRecord
	recent   []PaymentRecord // ended, the oldest first

	waiting int // payments that wait for a friend to connect

	wall   time.Time // of the newest step
	alarms alarms
	events uint64       // Seq of the newest
	booted bool         // the first step has taken up what the restart interrupted
	loaded []MarkRecord // until then
}

// New returns the node that the disk describes. The first Step, which may have
// no input, takes up what the restart interrupted. An error means that the disk
// contradicts itself.
func New(self ledger.NodeID, s Stored) (*Engine, error) {
	e := &Engine{
		self: self, settings: s.Settings, loaded: s.Marks, alarms: newAlarms(),
		apps:     make(map[ledger.NodeID]AppRecord, len(s.Apps)),
		friends:  make(map[ledger.NodeID]*friend, len(s.Friends)),
		forwards: make(map[ledger.Lock]*forward, len(s.Forwards)),
		invoices: make(map[ledger.InvoiceID]*sale, len(s.Invoices)),
		payments: make(map[ledger.PaymentID]*payment, len(s.Payments)),
		byHash:   make(map[ledger.Hash]*payment, len(s.Payments)),
		groups:   make(map[ledger.Hash]*group),
		parts:    make(map[ledger.Lock]*payment),
		income:   make(map[incomeKey]*IncomeRecord, len(s.Income)),
	}
	for _, r := range s.Income {
		e.income[incomeKey{r.From, r.Currency}] = &r
	}
	for _, a := range s.Apps {
		e.apps[a.Key] = a
	}
	for _, f := range s.Friends {
		if err := e.loadFriend(f); err != nil {
			return nil, err
		}
	}
	for _, r := range s.Forwards {
		e.forwards[r.PartLock] = &forward{ForwardRecord: r}
	}
	for _, r := range s.Invoices {
		if r.Invoice == nil {
			return nil, fmt.Errorf("loading invoices: a record has no invoice")
		}
		v := &sale{rec: r}
		e.invoices[r.Invoice.ID] = v
		e.done(v)
	}
	for _, r := range s.Payments {
		if r.Invoice == nil {
			return nil, fmt.Errorf("loading payment %v: the record has no invoice", r.ID)
		}
		if !r.IsEnded() {
			e.addPayment(r)
		}
	}
	return e, nil
}

func (e *Engine) loadFriend(s StoredFriend) error {
	id := s.Record.Friend
	book, err := friendship.New(e.self, id, s.Ledger)
	if err != nil {
		return fmt.Errorf("loading the ledger with %v: %w", id, err)
	}
	if e.settings.Recovering != nil {
		book.StopSigning(friendship.Env{}) // no link is up: it has no effects
	}
	e.addFriend(newFriend(s.Record, book))
	return nil
}

func (e *Engine) addFriend(f *friend) {
	i, found := e.searchFriend(f.id)
	if found {
		e.order[i] = f
	} else {
		e.order = slices.Insert(e.order, i, f)
	}
	e.friends[f.id] = f
	f.stakes = func(p *friendship.Pending) bool { return e.atStake(f, p) }
}

func (e *Engine) dropFriend(f *friend) {
	if i, found := e.searchFriend(f.id); found {
		e.order = slices.Delete(e.order, i, i+1)
	}
	delete(e.friends, f.id)
}

func (e *Engine) searchFriend(id ledger.NodeID) (int, bool) {
	return slices.BinarySearchFunc(e.order, id, func(f *friend, id ledger.NodeID) int {
		switch {
		case f.id == id:
			return 0
		case f.id.Less(id):
			return -1
		default:
			return 1
		}
	})
}

// Self returns the node's identity.
func (e *Engine) Self() ledger.NodeID { return e.self }
