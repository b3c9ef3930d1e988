package protocol

import (
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/pb"
	"github.com/offset-p2p/offset/ledger"
)

// Query asks for routes. It passes route.Query.Validate when it was decoded.
type Query struct {
	ID    uint64 // chosen by the node, unique among its unanswered queries
	Route route.Query
}

func (q Query) fromNode() *pb.FromNode {
	r := &q.Route
	out := &pb.Query{
		Id:          q.ID,
		Currency:    &pb.Currency{Name: r.Currency.Name, Decimals: uint32(r.Currency.Decimals)},
		Amount:      encodeAmount(r.Amount),
		Source:      r.Source[:],
		Destination: r.Destination[:],
		MaxFee:      encodeAmount(r.MaxFee),
		MaxHops:     uint32(r.MaxHops),
		MaxRoutes:   uint32(r.MaxRoutes),
	}
	for _, h := range r.FirstHops {
		out.FirstHops = append(out.FirstHops, &pb.FirstHop{Friend: h.Friend[:], CanSend: encodeAmount(h.CanSend)})
	}
	for _, h := range r.Hints {
		out.Hints = append(out.Hints, &pb.Hint{
			Friend: h.Friend[:], Receivable: encodeAmount(h.Receivable),
			RateMul: h.Rate.Mul, RateAdd: h.Rate.Add,
		})
	}
	for _, n := range r.ExcludeNodes {
		out.ExcludeNodes = append(out.ExcludeNodes, n[:])
	}
	for _, e := range r.ExcludeEdges {
		out.ExcludeEdges = append(out.ExcludeEdges, &pb.Edge{From: e.From[:], To: e.To[:]})
	}
	return &pb.FromNode{Kind: &pb.FromNode_Query{Query: out}}
}

// checker reads parts and remembers the first fault, so that a message of many
// parts is checked once at the end.
type checker struct{ err error }

func (c *checker) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *checker) amount(b []byte) ledger.Amount {
	a, err := decodeAmount(b)
	c.note(err)
	return a
}

func (c *checker) node(b []byte) ledger.NodeID {
	n, err := decodeNode(b)
	c.note(err)
	return n
}

// atMost notes a fault when a list is longer than allowed, and says whether it
// may be read.
func (c *checker) atMost(n, limit int, what string) bool {
	if n > limit {
		c.note(fault("%d %s, at most %d are allowed", n, what, limit))
	}
	return n <= limit
}

func decodeQuery(m *pb.Query) (FromNode, error) {
	var c checker
	q := Query{ID: m.GetId()}
	r := &q.Route
	var err error
	if r.Currency, err = decodeCurrency(m.GetCurrency()); err != nil {
		return nil, err
	}
	r.Amount, r.MaxFee = c.amount(m.GetAmount()), c.amount(m.GetMaxFee())
	r.Source, r.Destination = c.node(m.GetSource()), c.node(m.GetDestination())
	// Capped before the conversion to int; Validate says what is too much.
	r.MaxHops = int(min(m.GetMaxHops(), route.HopsMax+1))
	r.MaxRoutes = int(min(m.GetMaxRoutes(), route.RoutesMax+1))
	c.edges(m, r)
	if c.err != nil {
		return nil, c.err
	}
	if err := r.Validate(); err != nil {
		return nil, fault("%v", err)
	}
	return q, nil
}

// edges reads the lists of a query.
func (c *checker) edges(m *pb.Query, r *route.Query) {
	if !c.atMost(len(m.GetFirstHops()), route.FirstHopsMax, "first hops") ||
		!c.atMost(len(m.GetHints()), ledger.InvoiceHintsMax, "hints") ||
		!c.atMost(len(m.GetExcludeNodes())+len(m.GetExcludeEdges()), route.ExcludesMax, "exclusions") {
		return
	}
	for _, h := range m.GetFirstHops() {
		r.FirstHops = append(r.FirstHops, route.FirstHop{Friend: c.node(h.GetFriend()), CanSend: c.amount(h.GetCanSend())})
	}
	for _, h := range m.GetHints() {
		r.Hints = append(r.Hints, ledger.Hint{
			Friend: c.node(h.GetFriend()), Receivable: c.amount(h.GetReceivable()),
			Rate: ledger.Rate{Mul: h.GetRateMul(), Add: h.GetRateAdd()},
		})
	}
	for _, n := range m.GetExcludeNodes() {
		r.ExcludeNodes = append(r.ExcludeNodes, c.node(n))
	}
	for _, e := range m.GetExcludeEdges() {
		r.ExcludeEdges = append(r.ExcludeEdges, route.EdgeKey{From: c.node(e.GetFrom()), To: c.node(e.GetTo())})
	}
}
