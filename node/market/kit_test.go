package market

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/p2p/identity"
)

var (
	me, shop   = identity.FromSeed([32]byte{1}), identity.FromSeed([32]byte{2})
	anna, bert = ledger.NodeID{3}, ledger.NodeID{4}
	eur        = ledger.Currency{Name: "EUR", Decimals: 2}
	usd        = ledger.Currency{Name: "USD", Decimals: 2}
	self       = ledger.NodeID(me.Raw())
	seller     = ledger.NodeID(shop.Raw())
)

func amount(n uint64) ledger.Amount { return ledger.NewAmount(n) }

// published is a page that reached the servers.
type published struct {
	at   time.Time
	page capacity.Page
}

// fake stands for the index servers.
type fake struct {
	mu      sync.Mutex // guards the fields below
	pages   []published
	status  []client.ServerStatus
	query   *route.Query
	answers []route.Answer
	err     error
}

func (f *fake) SetServers([]peer.AddrInfo) error { return nil }
func (f *fake) NetworkChanged()                  {}

func (f *fake) Status() []client.ServerStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *fake) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Publish takes pages as a server would: verified, in time, in order.
func (f *fake) Publish(pages []capacity.SignedPage) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range pages {
		v, err := capacity.Verify(s)
		if err != nil {
			return err
		}
		f.pages = append(f.pages, published{time.Now(), v.Page()})
	}
	return nil
}

func (f *fake) Routes(_ context.Context, q route.Query) ([]route.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query = &q
	if err := q.Validate(); err != nil {
		return nil, err
	}
	return f.answers, f.err
}

func (f *fake) asked() *route.Query {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.query
}

// take returns the pages published since the last take.
func (f *fake) take() []published {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.pages
	f.pages = nil
	return out
}

// memory is an EpochStore.
type memory struct {
	mu    sync.Mutex // guards the fields below
	epoch uint64
	fails int // how many calls are still to fail
}

func (m *memory) LoadEpoch(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch, nil
}

func (m *memory) SaveEpoch(_ context.Context, n uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails > 0 {
		m.fails--
		return context.DeadlineExceeded
	}
	m.epoch = n
	return nil
}

func newFake(epochs EpochStore) (*Market, *fake) {
	m := newMarket(Config{Identity: me, Keys: seal.NewKeys(me), Epochs: epochs, Log: slog.New(slog.DiscardHandler)})
	f := &fake{}
	m.use(f)
	return m, f
}

// running starts a Market inside a synctest bubble.
func running(t *testing.T, epochs EpochStore) (*Market, *fake) {
	t.Helper()
	m, f := newFake(epochs)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running market: %v", err)
		}
	})
	return m, f
}

func edge(friend ledger.NodeID, c ledger.Currency, send uint64) Capacity {
	return Capacity{Friend: friend, Currency: c, CanSend: amount(send), CanReceive: amount(1000), Transit: amount(send / 2)}
}

// invoice returns one of the shop's.
func invoice(reserved uint32) *ledger.Invoice {
	key := ledger.Key{7}
	v := &ledger.Invoice{
		ID: ledger.InvoiceID{1}, Currency: eur, Amount: amount(100), Seller: seller, Lock: key.Lock(),
		SealKey: seal.NewKeys(shop).SealKey(), Created: 1, Expires: 1_900_000_000, Reserved: reserved,
	}
	h := v.Hash()
	v.Signature = ledger.Signature(shop.Sign(h[:]))
	return v
}

func question(hops ...Capacity) Question {
	return Question{
		Payment: ledger.PaymentID{5}, Invoice: invoice(0), Amount: amount(100), Total: amount(100), MaxFee: amount(10),
		Note: "thanks", MaxParts: 1, FirstHops: hops,
	}
}
