package market

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/seal"
)

// Question asks how to pay (a rest of) an invoice.
type Question struct {
	Payment ledger.PaymentID
	Invoice *ledger.Invoice // verified
	Amount  ledger.Amount   // to be planned now, at the seller
	Total   ledger.Amount   // of the whole payment
	MaxFee  ledger.Amount   // for this plan
	Note    string          // to the seller
	// MaxParts is the most parts of the plan, at least 1.
	MaxParts int
	// FirstHops are the node's own edges that can be used now; those of other
	// currencies are passed over.
	FirstHops []Capacity
	// Exclude are edges that are not to be used; of more than
	// route.ExcludesMax the last ones count.
	Exclude []route.EdgeKey
}

// Part is one route of a payment, sealed for the seller and ready to send.
type Part struct {
	Friend   ledger.NodeID // the first hop
	Amount   ledger.Amount // frozen on the first hop: share and all fees
	Share    ledger.Amount // what reaches the seller
	Path     ledger.Path   // what the first hop is told
	PartLock ledger.Lock
	Sealed   []byte
}

// Plan answers a question with parts whose shares sum up to its amount, or
// with the reason why there are none; exactly one of the two is nil. It asks an
// index server unless the seller is a friend that can take the whole amount.
// When ctx ends first, that is the failure. Every call seals anew: what an
// earlier one returned and was not sent is to be thrown away.
func (m *Market) Plan(ctx context.Context, q Question) ([]Part, *Failure) {
	routes, failure := m.routes(ctx, &q)
	if failure != nil {
		return nil, failure
	}
	parts := make([]Part, len(routes))
	for i, r := range routes {
		var err error
		if parts[i], err = m.part(&q, r); err != nil {
			return nil, &Failure{Reason: ReasonInvoice, Text: fmt.Sprintf("the invoice cannot be paid: %v: ask the seller for another one", err)}
		}
	}
	return parts, nil
}

// routes finds the routes of a plan.
func (m *Market) routes(ctx context.Context, q *Question) ([]route.Route, *Failure) {
	seller := q.Invoice.Seller
	if seller == m.self {
		return nil, &Failure{Reason: ReasonNoRoute, Text: "the invoice is this node's own: it cannot pay itself"}
	}
	hops := m.firstHops(q)
	for _, h := range hops {
		if h.Friend == seller && !h.CanSend.Less(q.Amount) {
			return []route.Route{{Hops: []ledger.Hop{{Node: seller, Amount: q.Amount}}, Share: q.Amount}}, nil
		}
	}
	if failure := gate(q, hops); failure != nil {
		return nil, failure
	}
	answers, err := m.servers.Routes(ctx, route.Query{
		Currency: q.Invoice.Currency, Amount: q.Amount, Source: m.self, Destination: seller,
		FirstHops: hops, Hints: usableHints(q.Invoice), ExcludeEdges: newest(q.Exclude),
		MaxFee: q.MaxFee, MaxHops: route.HopsMax, MaxRoutes: min(max(q.MaxParts, 1), route.RoutesMax),
	})
	if err != nil {
		return nil, failureOf(err, q.Invoice.Currency)
	}
	for _, a := range answers {
		if payable(a, hops) {
			return a.Routes, nil
		}
	}
	return nil, failureOf(&route.NoRouteError{Reason: route.ReasonCapacitySource}, q.Invoice.Currency)
}

// firstHops returns the usable edges out of this node in the invoice's
// currency, those with the most to send first.
func (m *Market) firstHops(q *Question) []route.FirstHop {
	var out []route.FirstHop
	for _, c := range q.FirstHops {
		edge := route.EdgeKey{From: m.self, To: c.Friend}
		if c.Currency == q.Invoice.Currency && !c.CanSend.IsZero() && !slices.Contains(q.Exclude, edge) {
			out = append(out, route.FirstHop{Friend: c.Friend, CanSend: c.CanSend})
		}
	}
	slices.SortFunc(out, func(a, b route.FirstHop) int {
		if c := b.CanSend.Cmp(a.CanSend); c != 0 {
			return c
		}
		return bytes.Compare(a.Friend[:], b.Friend[:])
	})
	return out[:min(len(out), route.FirstHopsMax)]
}

// gate fails at once, and tells no server, when the node's own edges together
// cannot carry the amount.
func gate(q *Question, hops []route.FirstHop) *Failure {
	var sum ledger.Amount
	for _, h := range hops {
		var err error
		if sum, err = sum.Add(h.CanSend); err != nil {
			return nil // more than any amount
		}
	}
	if !sum.Less(q.Amount) {
		return nil
	}
	return tooLittle(q.Invoice.Currency, sum)
}

// usableHints leaves out hints that no query may have.
func usableHints(v *ledger.Invoice) []ledger.Hint {
	return slices.DeleteFunc(slices.Clone(v.Hints), func(h ledger.Hint) bool {
		return h.Friend == v.Seller || h.Friend.IsZero()
	})
}

func newest(edges []route.EdgeKey) []route.EdgeKey {
	return edges[max(0, len(edges)-route.ExcludesMax):]
}

// payable reports whether the routes of an answer fit through the node's own
// edges together.
func payable(a route.Answer, hops []route.FirstHop) bool {
	left := make(map[ledger.NodeID]ledger.Amount, len(hops))
	for _, h := range hops {
		left[h.Friend] = h.CanSend
	}
	for _, r := range a.Routes {
		first := r.Hops[0]
		rest, err := left[first.Node].Sub(first.Amount)
		if err != nil {
			return false
		}
		left[first.Node] = rest
	}
	return len(a.Routes) > 0
}

// part seals one route.
func (m *Market) part(q *Question, r route.Route) (Part, error) {
	v := q.Invoice
	var salt ledger.PartSalt
	if _, err := rand.Read(salt[:]); err != nil {
		return Part{}, fmt.Errorf("reading randomness: %w", err)
	}
	key := m.cfg.Keys.PartKey(v.Lock, salt)
	inside := &ledger.Part{
		Payment: q.Payment, Total: q.Total, Amount: r.Share,
		Invoice: v.ID, InvoiceAmount: v.Amount, Currency: v.Currency, Expires: v.Expires, Note: q.Note,
	}
	if v.Reserved == 0 {
		inside.PartKey = &key
	}
	sealed, err := seal.Part(v.SealKey, v.Lock, key.Lock(), salt, inside)
	if err != nil {
		return Part{}, err
	}
	return Part{
		Friend: r.Hops[0].Node, Amount: r.Hops[0].Amount, Share: r.Share,
		Path: ledger.NewPath(r.Hops[1:]...), PartLock: key.Lock(), Sealed: sealed,
	}, nil
}
