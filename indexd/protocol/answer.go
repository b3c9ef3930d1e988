package protocol

import (
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/pb"
	"github.com/offset-p2p/offset/ledger"
)

// Answer answers the Query with the same ID: with Plans, or with NoRoute, or
// with Refused.
type Answer struct {
	ID      uint64
	Plans   []route.Answer      // at most PlansMax
	NoRoute *route.NoRouteError // nil unless there is no route
	Refused QueryRefused        // 0 unless the server did not look
}

// QueryRefused says why a server did not look for routes.
type QueryRefused uint32

// Reasons for refusing a query.
const (
	// QueryPace: the node asks more often than the server allows.
	QueryPace QueryRefused = iota + 1
	// QueryBusy: the server has too many queries of everybody.
	QueryBusy
	// QueryTrouble: the server is in trouble of its own.
	QueryTrouble

	queryRefusals
)

var queryRefusedNames = [queryRefusals]string{"unknown", "too many queries", "busy", "in trouble"}

// String returns the reason in words.
func (r QueryRefused) String() string {
	if r >= queryRefusals {
		r = 0
	}
	return queryRefusedNames[r]
}

func (a Answer) fromServer() *pb.FromServer {
	out := &pb.Answer{Id: a.ID, Refused: uint32(a.Refused)}
	for _, plan := range a.Plans {
		p := &pb.Plan{Kind: uint32(plan.Kind)}
		for _, r := range plan.Routes {
			p.Routes = append(p.Routes, encodeRoute(r))
		}
		out.Plans = append(out.Plans, p)
	}
	if a.NoRoute != nil {
		out.NoRoute = &pb.NoRoute{Reason: uint32(a.NoRoute.Reason), Largest: encodeAmount(a.NoRoute.Largest)}
	}
	return &pb.FromServer{Kind: &pb.FromServer_Answer{Answer: out}}
}

func encodeRoute(r route.Route) *pb.Route {
	out := &pb.Route{Share: encodeAmount(r.Share), Fee: encodeAmount(r.Fee)}
	for _, h := range r.Hops {
		out.Hops = append(out.Hops, &pb.Hop{Node: h.Node[:], Amount: encodeAmount(h.Amount)})
	}
	return out
}

func decodeAnswer(m *pb.Answer) (FromServer, error) {
	var c checker
	a := Answer{ID: m.GetId(), Refused: QueryRefused(m.GetRefused())}
	says := 0
	if m.GetRefused() != 0 {
		says++
	}
	if n := m.GetNoRoute(); n != nil {
		says++
		if n.GetReason() == 0 || n.GetReason() > 255 {
			return nil, fault("no route for no reason")
		}
		a.NoRoute = &route.NoRouteError{Reason: route.Reason(n.GetReason()), Largest: c.amount(n.GetLargest())}
	}
	if len(m.GetPlans()) > 0 {
		says++
	}
	if says != 1 {
		return nil, fault("an answer that says %d things", says)
	}
	if c.atMost(len(m.GetPlans()), PlansMax, "plans") {
		for _, p := range m.GetPlans() {
			a.Plans = append(a.Plans, c.plan(p))
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	return a, nil
}

// plan reads one plan. That its routes are good for the query is for the asker
// to check (CheckAnswer).
func (c *checker) plan(m *pb.Plan) route.Answer {
	if len(m.GetRoutes()) == 0 || m.GetKind() == 0 || m.GetKind() > 255 {
		c.note(fault("a plan without routes or of no kind"))
	}
	out := route.Answer{Kind: route.Kind(m.GetKind())}
	if !c.atMost(len(m.GetRoutes()), route.RoutesMax, "routes") {
		return out
	}
	for _, r := range m.GetRoutes() {
		out.Routes = append(out.Routes, c.route(r))
	}
	return out
}

func (c *checker) route(m *pb.Route) route.Route {
	out := route.Route{Share: c.amount(m.GetShare()), Fee: c.amount(m.GetFee())}
	if len(m.GetHops()) == 0 {
		c.note(fault("a route without hops"))
	}
	if !c.atMost(len(m.GetHops()), route.HopsMax, "hops") {
		return out
	}
	for _, h := range m.GetHops() {
		out.Hops = append(out.Hops, ledger.Hop{Node: c.node(h.GetNode()), Amount: c.amount(h.GetAmount())})
	}
	return out
}

// CheckAnswer reports a FaultError when plans do not answer the query: shares
// that do not sum up to the amount, a route that does not end at the
// destination or whose amounts rise on the way, that is too long, too dear,
// passes a node twice or one that was excluded. A server can be wrong about
// capacities without being at fault; about these it cannot.
func CheckAnswer(q *route.Query, plans []route.Answer) error {
	for _, p := range plans {
		if len(p.Routes) > q.MaxRoutes {
			return fault("%d routes, %d were asked for", len(p.Routes), q.MaxRoutes)
		}
		var share, fee ledger.Amount
		for _, r := range p.Routes {
			if err := checkRoute(q, &r); err != nil {
				return err
			}
			var err1, err2 error
			share, err1 = share.Add(r.Share)
			fee, err2 = fee.Add(r.Fee)
			if err1 != nil || err2 != nil {
				return fault("sum of shares or fees overflows")
			}
		}
		if share != q.Amount {
			return fault("shares sum up to %v, not to %v", share, q.Amount)
		}
		if q.MaxFee.Less(fee) {
			return fault("fee of %v, at most %v was asked for", fee, q.MaxFee)
		}
	}
	return nil
}

func checkRoute(q *route.Query, r *route.Route) error {
	last := len(r.Hops) - 1
	if last < 0 || last >= q.MaxHops {
		return fault("route of %d hops, at most %d were asked for", last+1, q.MaxHops)
	}
	seen := map[ledger.NodeID]bool{q.Source: true}
	for _, n := range q.ExcludeNodes {
		seen[n] = true
	}
	excluded := make(map[route.EdgeKey]bool, len(q.ExcludeEdges))
	for _, e := range q.ExcludeEdges {
		excluded[e] = true
	}
	from := q.Source
	for i, h := range r.Hops {
		if seen[h.Node] || excluded[route.EdgeKey{From: from, To: h.Node}] {
			return fault("route passes a node twice, or what was excluded")
		}
		if i > 0 && r.Hops[i-1].Amount.Less(h.Amount) {
			return fault("amounts rise on the way")
		}
		seen[h.Node] = true
		from = h.Node
	}
	total, err := r.Share.Add(r.Fee)
	switch {
	case err != nil || total != r.Hops[0].Amount:
		return fault("first amount is not share and fee")
	case r.Hops[last].Amount != r.Share || r.Share.IsZero():
		return fault("last amount is not the share")
	case r.Hops[last].Node != q.Destination:
		return fault("route ends elsewhere")
	}
	return nil
}
