package market

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/p2p/identity"
)

// EpochStore keeps the epoch of the node's capacity pages over restarts;
// node/store.Store is one.
type EpochStore interface {
	// LoadEpoch returns what was saved last, 0 when nothing was.
	LoadEpoch(ctx context.Context) (uint64, error)
	// SaveEpoch makes an epoch durable before it returns.
	SaveEpoch(ctx context.Context, epoch uint64) error
}

// Config says what a Market works with. All fields but Log are required.
type Config struct {
	Host     host.Host
	Identity *identity.Identity // of Host: signs the pages
	Keys     *seal.Keys         // of Identity: derive the keys of parts
	Epochs   EpochStore
	Log      *slog.Logger // nil: nothing is logged
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Host == nil || c.Identity == nil || c.Keys == nil || c.Epochs == nil {
		return errors.New("market needs a host, an identity, its keys and a store of epochs")
	}
	return nil
}

// servers is what a Market asks of indexd/client.
type servers interface {
	SetServers(list []peer.AddrInfo) error
	NetworkChanged()
	Publish(pages []capacity.SignedPage) error
	Routes(ctx context.Context, q route.Query) ([]route.Answer, error)
	Status() []client.ServerStatus
	Run(ctx context.Context) error
}

// Market reports capacities and plans payments. Its methods are safe for
// concurrent use, also before and after Run.
type Market struct {
	cfg     Config
	self    ledger.NodeID
	log     *slog.Logger
	servers servers
	report  *reporter
}

// New returns a Market without index servers; nothing is sent before Run. The
// error is that of Config.Validate.
func New(cfg Config) (*Market, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := newMarket(cfg)
	m.use(client.New(cfg.Host, client.Config{OnWelcome: m.report.welcome, Log: cfg.Log}))
	return m, nil
}

func newMarket(cfg Config) *Market {
	return &Market{
		cfg: cfg, self: ledger.NodeID(cfg.Identity.Raw()), log: cfg.Log,
		report: newReporter(cfg.Identity, cfg.Epochs, cfg.Log),
	}
}

func (m *Market) use(s servers) { m.servers, m.report.servers = s, s }

// SetServers replaces the index servers, as client.Client.SetServers does.
func (m *Market) SetServers(list []peer.AddrInfo) error { return m.servers.SetServers(list) }

// Servers returns how things stand with each index server, in the user's
// order.
func (m *Market) Servers() []client.ServerStatus { return m.servers.Status() }

// NetworkChanged tries servers that are not connected at once.
func (m *Market) NetworkChanged() { m.servers.NetworkChanged() }

// Run keeps the sessions with index servers and reports capacities until ctx
// ends, which is no error.
func (m *Market) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { m.report.run(ctx) })
	return m.servers.Run(ctx)
}

// Capacity is what requests to and from a friend could freeze now.
type Capacity struct {
	Friend     ledger.NodeID
	Currency   ledger.Currency
	CanSend    ledger.Amount
	CanReceive ledger.Amount
	Transit    ledger.Amount // at most CanSend: what a stranger's short request may use
	Rate       ledger.Rate   // what this node charges on requests from Friend
}

// Update takes edges that changed, whole; one that can neither send nor receive
// is gone. It does not block.
func (m *Market) Update(edges []Capacity) { m.report.update(edges) }
