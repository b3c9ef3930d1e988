package market

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

// currencyState is what is known and said of one currency.
type currencyState struct {
	edges   map[ledger.NodeID]capacity.Entry // exact
	said    []capacity.Page                  // as published last; none: never
	due     time.Time                        // of the next refresh
	changed time.Time                        // when the oldest unpublished change came; zero: none
	sent    time.Time                        // when said was published
}

// reporter turns changes of edges into signed pages. Its methods are safe for
// concurrent use.
type reporter struct {
	id      *identity.Identity
	self    ledger.NodeID
	epochs  EpochStore
	servers servers
	log     *slog.Logger

	mu         sync.Mutex // guards the fields below
	currencies map[ledger.Currency]*currencyState
	remembered uint64 // highest epoch that a server claims and that is followed
	epoch, seq uint64 // of the newest page; epoch 0: none yet

	wake chan struct{} // 1-buffered: look again what is due
}

func newReporter(id *identity.Identity, epochs EpochStore, log *slog.Logger) *reporter {
	return &reporter{
		id: id, self: ledger.NodeID(id.Raw()), epochs: epochs, log: log,
		currencies: map[ledger.Currency]*currencyState{}, wake: make(chan struct{}, 1),
	}
}

func (r *reporter) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reporter) update(edges []Capacity) {
	r.mu.Lock()
	now := time.Now()
	for _, c := range edges {
		s := r.currencies[c.Currency]
		if s == nil {
			s = &currencyState{edges: map[ledger.NodeID]capacity.Entry{}}
			r.currencies[c.Currency] = s
		}
		e := capacity.Entry{
			Friend: c.Friend, CanSend: c.CanSend, CanReceive: c.CanReceive,
			Transit: ledger.MinAmount(c.Transit, c.CanSend), Rate: c.Rate,
		}
		before := s.edges[c.Friend]
		if c.CanSend.IsZero() && c.CanReceive.IsZero() {
			delete(s.edges, c.Friend)
			e = capacity.Entry{}
		} else {
			s.edges[c.Friend] = e
		}
		// What does not leave the grid says nothing new.
		if e.Round(capacity.RoundBits) != before.Round(capacity.RoundBits) && s.changed.IsZero() {
			s.changed = now
		}
	}
	r.mu.Unlock()
	r.poke()
}

// welcome hears of a new session, and what its server remembers of this node.
// All pages are issued anew: a server that was restarted takes none that is
// older. An epoch that is not below ours was used by a node whose store we do
// not have; ours has to rise above it.
func (r *reporter) welcome(w client.Welcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sayAll()
	switch {
	case w.Epoch < r.epoch || w.Epoch == r.epoch && w.Seq <= r.seq || w.Epoch <= r.remembered:
	case w.Epoch-r.epoch > epochJumpMax || w.Epoch >= capacity.EpochMax:
		r.log.Warn("index server claims an absurd epoch of this node", "server", w.Server)
	default:
		r.remembered = w.Epoch
		r.epoch = 0 // begin chooses the next one
	}
	r.poke()
}

// sayAll has every page published again; the caller holds mu.
func (r *reporter) sayAll() {
	for _, s := range r.currencies {
		s.said = nil
		if s.changed.IsZero() {
			s.changed = time.Now()
		}
	}
}

// run publishes what is due until ctx ends.
func (r *reporter) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-timer.C:
		}
		wait, err := r.publishDue(ctx)
		if err != nil {
			r.log.Error("capacities not reported", "err", err)
			wait = retryEpoch
		}
		timer.Reset(wait)
	}
}

// publishDue publishes what is due, and returns how long nothing else is.
func (r *reporter) publishDue(ctx context.Context) (time.Duration, error) {
	if err := r.begin(ctx); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == 0 {
		return 0, nil // a server was heard meanwhile: begin again
	}
	now := time.Now()
	wait := pageTTL
	for _, c := range slices.SortedFunc(maps.Keys(r.currencies), compareCurrency) {
		s := r.currencies[c]
		if !s.isGone() && !s.next().After(now) {
			if err := r.publish(c, s, now); err != nil {
				return 0, err
			}
		}
		if s.isGone() {
			delete(r.currencies, c)
			continue
		}
		wait = min(wait, max(s.next().Sub(now), 0))
	}
	return wait, nil
}

// isGone reports a currency without edges of which nothing is left to be said.
func (s *currencyState) isGone() bool { return len(s.edges) == 0 && s.changed.IsZero() }

func compareCurrency(a, b ledger.Currency) int {
	switch {
	case a == b:
		return 0
	case a.Less(b):
		return -1
	default:
		return 1
	}
}

// begin chooses an epoch, unless there is one, and stores it before it is
// used. Only run calls it; no lock is held over the store.
func (r *reporter) begin(ctx context.Context) error {
	r.mu.Lock()
	begun, remembered := r.epoch != 0, r.remembered
	r.mu.Unlock()
	if begun {
		return nil
	}
	stored, err := r.epochs.LoadEpoch(ctx)
	if err != nil {
		return err
	}
	next := max(stored, remembered) + 1
	if err := r.epochs.SaveEpoch(ctx, next); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.remembered == remembered {
		r.epoch, r.seq = next, 0
	}
	return nil
}

// next returns when the currency is due.
func (s *currencyState) next() time.Time {
	if s.changed.IsZero() {
		return s.due
	}
	at := s.changed.Add(settle)
	if pace := s.sent.Add(time.Duration(len(s.said)) * pacePerPage); pace.After(at) {
		at = pace
	}
	if !s.due.IsZero() && s.due.Before(at) {
		at = s.due
	}
	return at
}

// publish says what is new of a currency, and everything when its pages are
// due; the caller holds mu.
func (r *reporter) publish(c ledger.Currency, s *currencyState, now time.Time) error {
	pages, err := r.build(c, s, now)
	if err != nil {
		return err
	}
	r.seq += uint64(len(pages))
	whole := len(pages) != len(s.said) || !s.due.After(now)
	var signed []capacity.SignedPage
	for i, p := range pages {
		if whole || !p.Same(s.said[i]) {
			signed = append(signed, r.sign(p))
		}
	}
	s.said, s.changed, s.sent = pages, time.Time{}, now
	if whole {
		refresh := float64(pageTTL/capacity.RefreshParts) * (1 - refreshJitter*rand.Float64())
		s.due = now.Add(time.Duration(refresh))
	}
	if len(signed) == 0 {
		return nil
	}
	return r.servers.Publish(signed)
}

// build makes the pages of a currency; the caller holds mu.
func (r *reporter) build(c ledger.Currency, s *currencyState, now time.Time) ([]capacity.Page, error) {
	entries := make([]capacity.Entry, 0, len(s.edges))
	for _, e := range s.edges {
		entries = append(entries, e.Round(capacity.RoundBits))
	}
	template := capacity.Page{
		Node: r.self, Epoch: r.epoch, Seq: r.seq + 1, Currency: c,
		Issued: capacity.Millis(now.Add(clockOffset(r.servers.Status()))), TTL: pageTTL,
	}
	if len(entries) > 0 {
		template.Count = uint16(len(s.said)) // 0: as few as they need
	}
	return capacity.Build(template, entries)
}

func (r *reporter) sign(p capacity.Page) capacity.SignedPage {
	body := p.Body()
	hash := capacity.Hash(body)
	return capacity.SignedPage{Body: body, Signature: ledger.Signature(r.id.Sign(hash[:]))}
}
