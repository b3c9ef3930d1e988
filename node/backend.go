package node

import (
	"context"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/address"
)

// backend is the node as the application interface sees it.
type backend struct{ *node }

var _ apiserver.Backend = backend{}

// Do implements apiserver.Machine. A payment is completed with what is stored
// of earlier ones.
func (b backend) Do(ctx context.Context, action engine.Action) (any, error) {
	if pay, ok := action.(engine.Pay); ok {
		previous, err := b.previous(ctx, pay)
		if err != nil {
			return nil, err
		}
		pay.Previous = previous
		action = pay
	}
	return b.loop.do(ctx, action)
}

// previous finds the payment that makes this one a repetition.
func (b backend) previous(ctx context.Context, pay engine.Pay) (*engine.PaymentRecord, error) {
	if pay.Payment != (ledger.PaymentID{}) {
		if p, err := b.store.Payment(ctx, pay.Payment); err != nil || p != nil {
			return p, err
		}
	}
	return b.store.PaymentByInvoice(ctx, pay.Invoice.Hash())
}

// Friends implements apiserver.Machine.
func (b backend) Friends(ctx context.Context) ([]engine.FriendView, error) {
	var out []engine.FriendView
	err := b.loop.look(ctx, func(e *engine.Engine) { out = e.Friends() })
	return out, err
}

// Pending implements apiserver.Machine.
func (b backend) Pending(ctx context.Context, friend ledger.NodeID) ([]engine.PendingView, error) {
	var out []engine.PendingView
	err := b.loop.look(ctx, func(e *engine.Engine) { out = e.PendingOf(friend) })
	return out, err
}

// Income implements apiserver.Machine.
func (b backend) Income(ctx context.Context) ([]engine.IncomeRecord, error) {
	var out []engine.IncomeRecord
	err := b.loop.look(ctx, func(e *engine.Engine) { out = e.Income() })
	return out, err
}

// Config implements apiserver.Machine.
func (b backend) Config(ctx context.Context) (engine.Config, error) {
	var out engine.Config
	err := b.loop.look(ctx, func(e *engine.Engine) { out = e.Config() })
	return out, err
}

// Self implements apiserver.Network.
func (b backend) Self() apiserver.Self {
	return apiserver.Self{Node: b.id, Version: b.cfg.Version, Tickets: address.Tickets(b.host.AddrInfo())}
}

// Link implements apiserver.Network.
func (b backend) Link(friend ledger.NodeID) apiserver.LinkStatus {
	s := b.links.Status(friend)
	return apiserver.LinkStatus{Connected: s.Connected, Relayed: s.Relayed, Address: s.Address}
}

// Relays implements apiserver.Network.
func (b backend) Relays() []apiserver.RelayStatus {
	var out []apiserver.RelayStatus
	for _, r := range b.host.Relays() {
		s := apiserver.RelayStatus{Relay: r.Relay.ID.String(), Reserved: r.Reserved, Expires: r.Expires}
		if r.Err != nil && !r.Reserved {
			s.Error = r.Err.Error()
		}
		out = append(out, s)
	}
	return out
}

// IndexServers implements apiserver.Network.
func (b backend) IndexServers() []apiserver.IndexStatus {
	var out []apiserver.IndexStatus
	for _, s := range b.market.Servers() {
		status := apiserver.IndexStatus{Server: s.Server.ID.String(), Connected: s.Connected}
		if s.Err != nil && !s.Connected {
			status.Error = s.Err.Error()
		}
		out = append(out, status)
	}
	return out
}

// Invoice implements apiserver.Archive.
func (b backend) Invoice(ctx context.Context, id ledger.InvoiceID) (*engine.InvoiceRecord, error) {
	return b.store.Invoice(ctx, id)
}

// Payment implements apiserver.Archive.
func (b backend) Payment(ctx context.Context, id ledger.PaymentID) (*engine.PaymentRecord, error) {
	return b.store.Payment(ctx, id)
}
