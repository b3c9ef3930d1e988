package apiserver

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) AcceptTerms(ctx context.Context, req *connect.Request[appv1.AcceptTermsRequest]) (*connect.Response[appv1.AcceptTermsResponse], error) {
	bound, err := parseBound(req.Msg.GetAtMost())
	if err != nil {
		return nil, err
	}
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.AcceptTerms{Friend: view.Record.Friend, Bound: bound}, &appv1.AcceptTermsResponse{})
}

func (s *service) WithdrawTerms(ctx context.Context, req *connect.Request[appv1.WithdrawTermsRequest]) (*connect.Response[appv1.WithdrawTermsResponse], error) {
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.AcceptTerms{Friend: view.Record.Friend, Withdraw: true}, &appv1.WithdrawTermsResponse{})
}

func (s *service) GetEvidence(ctx context.Context, req *connect.Request[appv1.GetEvidenceRequest]) (*connect.Response[appv1.GetEvidenceResponse], error) {
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	proof, err := s.backend.Evidence(ctx, view.Record.Friend)
	return answer(&appv1.GetEvidenceResponse{Proof: proof}, err)
}

// parseBound reads what terms may cost. An empty bound would take a decision
// back.
func parseBound(msgs []*appv1.Cost) ([]friendship.Cost, error) {
	if len(msgs) == 0 {
		return nil, invalid(api.ReasonBound, "what accepting may cost is not said: name at least one currency, 0 will do")
	}
	seen := make(map[ledger.Currency]bool, len(msgs))
	var bound []friendship.Cost
	for _, m := range msgs {
		c, err := parseCurrency(m.GetCurrency())
		if err != nil {
			return nil, err
		}
		if seen[c] {
			return nil, invalid(api.ReasonBound, "what accepting may cost is said twice in %s", c)
		}
		seen[c] = true
		most, err := parseAmount("what accepting may cost in "+c.Name, m.GetAmount())
		if err != nil {
			return nil, err
		}
		b, err := most.Owed()
		if err != nil {
			return nil, err
		}
		bound = append(bound, friendship.Cost{Currency: c, Amount: b})
	}
	return bound, nil
}

// disagreementPB renders what both sides propose; nil: they agree.
func (s *Server) disagreementPB(v *engine.FriendView) *appv1.Disagreement {
	d := v.Disagreement
	if d == nil {
		return nil
	}
	me := ledger.Author(0)
	if self := s.backend.Self().Node; v.Record.Friend.Less(self) {
		me = 1
	}
	out := &appv1.Disagreement{
		Mine: termsPB(d.Mine, me), Theirs: termsPB(d.Theirs, me), Costs: costsPB(d.Costs), Allowed: costsPB(d.Allowed),
		Refused: refuseNames[d.Refused],
	}
	for _, p := range d.Lost {
		out.Lost = append(out.Lost, &appv1.LostRequest{
			PartLock: p.Request.PartLock.String(), Currency: currencyPB(p.Request.Currency), Amount: p.Request.Amount.String(),
		})
	}
	return out
}

// termsPB renders terms as the side me sees them; nil stays nil.
func termsPB(t *ledger.Terms, me ledger.Author) *appv1.Terms {
	if t == nil {
		return nil
	}
	out := &appv1.Terms{Number: t.Number}
	if !t.Base.IsZero() {
		out.Base = t.Base.String()
	}
	for _, b := range t.Balances {
		balance := b.Balance // the lower node's view, that of author 0
		if me == 1 {
			balance = negated(balance)
		}
		out.Balances = append(out.Balances, &appv1.TermsBalance{Currency: currencyPB(b.Currency), Balance: balance.String()})
	}
	for _, k := range t.Kept {
		if k.Author == me {
			out.KeptOut++
		} else {
			out.KeptIn++
		}
	}
	return out
}

// negated is the other side's view of a balance of terms, whose magnitude is
// bounded: it has an opposite.
func negated(b ledger.Balance) ledger.Balance {
	n, err := b.Neg()
	if err != nil {
		return b
	}
	return n
}

func costsPB(costs []friendship.Cost) []*appv1.Cost {
	var out []*appv1.Cost
	for _, c := range costs {
		out = append(out, &appv1.Cost{Currency: currencyPB(c.Currency), Amount: c.Amount.String()})
	}
	return out
}

// refuseNames are the answers to terms, for programs; they never change.
var refuseNames = map[ledger.RefuseReason]string{
	ledger.RefuseStale: "stale", ledger.RefuseClock: "clock", ledger.RefuseBase: "base", ledger.RefuseCost: "cost",
	ledger.RefuseInvalid: "invalid", ledger.RefuseBusy: "busy", ledger.RefuseMissing: "missing", ledger.RefuseRetry: "retry",
}

// faultPB renders what a friend signed against the rules; nil stays nil.
func faultPB(v *friendship.Evidence) *appv1.Fault {
	if v == nil {
		return nil
	}
	fault := &appv1.Fault{Why: v.Why}
	if n, err := ledger.DecodeEntry(v.Entry.Body); err == nil { // as it was when it came
		fault.Seq = n.Seq
		fault.Fork = v.Held.Seq == n.Seq && v.Held.Hash != (ledger.Hash{})
	}
	return fault
}
