package main

import (
	"context"
	"sync/atomic"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/p2p/identity"
)

// splitNode answers like a node with four friends: ann, with whom it agrees; bob,
// whose terms cost something and who broke a rule; "dear carol", who has proposed
// nothing yet; and dave, who begins anew and whose terms were allowed already.
type splitNode struct {
	fakeNode
	accepted *atomic.Bool // bob's terms
}

func eurCost(amount string) *appv1.Cost { return &appv1.Cost{Currency: eurPB, Amount: amount} }

func (n splitNode) friendsPB() []*appv1.Friend {
	mine := &appv1.Terms{
		Number: 4, Base: ledger.Hash{1}.String(), KeptOut: 2, KeptIn: 1,
		Balances: []*appv1.TermsBalance{{Currency: eurPB, Balance: "1250"}, {Currency: &appv1.Currency{Name: "HOURS"}, Balance: "-3"}},
	}
	named := func(name string, seed byte, d *appv1.Disagreement) *appv1.Friend {
		return &appv1.Friend{
			NodeId: nodeID(seed), Name: name, Enabled: true, Status: "inconsistent", Epoch: 3, Disagreement: d,
			Link: &appv1.Link{Connected: name != "dear carol"}, Quota: 50,
		}
	}
	bob := named("bob", 4, &appv1.Disagreement{
		Mine: mine, Theirs: &appv1.Terms{
			Number: 5, Base: ledger.Hash{1}.String(), Balances: []*appv1.TermsBalance{{Currency: eurPB, Balance: "-100"}},
		},
		Costs:   []*appv1.Cost{eurCost("1350"), {Currency: &appv1.Currency{Name: "HOURS"}, Amount: "-3"}},
		Lost:    []*appv1.LostRequest{{PartLock: ledger.Lock{6}.String(), Currency: eurPB, Amount: "200"}},
		Refused: "cost",
	})
	bob.Fault = &appv1.Fault{Why: "totals differ from the operations", Seq: 17}
	if n.accepted.Load() {
		bob.Disagreement, bob.Fault, bob.Epoch = nil, nil, 5
	}
	return []*appv1.Friend{
		named("ann", 5, nil), bob, named("dear carol", 6, &appv1.Disagreement{Mine: mine}),
		named("dave", 7, &appv1.Disagreement{
			Mine: mine, Theirs: &appv1.Terms{Number: 5}, Costs: []*appv1.Cost{eurCost("1250")}, Allowed: []*appv1.Cost{eurCost("1300")},
		}),
	}
}

func (n splitNode) ListFriends(context.Context, *connect.Request[appv1.ListFriendsRequest]) (*connect.Response[appv1.ListFriendsResponse], error) {
	return connect.NewResponse(&appv1.ListFriendsResponse{Friends: n.friendsPB()}), nil
}

func (n splitNode) GetFriend(_ context.Context, req *connect.Request[appv1.GetFriendRequest]) (*connect.Response[appv1.GetFriendResponse], error) {
	for _, f := range n.friendsPB() {
		if f.GetName() == req.Msg.GetFriend() || f.GetNodeId() == req.Msg.GetFriend() {
			return connect.NewResponse(&appv1.GetFriendResponse{Friend: f}), nil
		}
	}
	return nil, refusal(connect.CodeNotFound, "unknown_friend", "no friend is called that")
}

// AcceptTerms accepts bob's terms for what they cost, and no less.
func (n splitNode) AcceptTerms(_ context.Context, req *connect.Request[appv1.AcceptTermsRequest]) (*connect.Response[appv1.AcceptTermsResponse], error) {
	most := req.Msg.GetAtMost()
	if req.Msg.GetFriend() == nodeID(4) {
		if len(most) != 1 || len(most[0].GetAmount()) < 4 || most[0].GetAmount() < "1350" {
			return nil, refusal(connect.CodeFailedPrecondition, "terms_cost_more", "bob's terms cost 13.50 EUR by now, more than you said")
		}
		n.accepted.Store(true)
	}
	return connect.NewResponse(&appv1.AcceptTermsResponse{}), nil
}

func (n splitNode) WithdrawTerms(_ context.Context, req *connect.Request[appv1.WithdrawTermsRequest]) (*connect.Response[appv1.WithdrawTermsResponse], error) {
	if req.Msg.GetFriend() != "dave" {
		return nil, refusal(connect.CodeFailedPrecondition, "nothing_to_withdraw", "no decision is stored")
	}
	return connect.NewResponse(&appv1.WithdrawTermsResponse{}), nil
}

func (n splitNode) GetEvidence(_ context.Context, req *connect.Request[appv1.GetEvidenceRequest]) (*connect.Response[appv1.GetEvidenceResponse], error) {
	if req.Msg.GetFriend() != "bob" {
		return nil, refusal(connect.CodeFailedPrecondition, "no_evidence", "this friend has signed nothing against the rules")
	}
	return connect.NewResponse(&appv1.GetEvidenceResponse{Proof: testProof(false)}), nil
}

// WriteOff loses one part of bob's.
func (n splitNode) WriteOff(_ context.Context, req *connect.Request[appv1.WriteOffRequest]) (*connect.Response[appv1.WriteOffResponse], error) {
	switch {
	case req.Msg.GetFriend() != "bob" || req.Msg.GetPartLock() != (ledger.Lock{6}).String():
		return nil, refusal(connect.CodeNotFound, "not_pending", "no such request is pending")
	case !req.Msg.GetMayLose():
		return nil, refusal(connect.CodeFailedPrecondition, "may_lose", "2.00 EUR may be lost")
	}
	return connect.NewResponse(&appv1.WriteOffResponse{}), nil
}

// ListPending has two requests of bob's and none of others.
func (n splitNode) ListPending(_ context.Context, req *connect.Request[appv1.ListPendingRequest]) (*connect.Response[appv1.ListPendingResponse], error) {
	if req.Msg.GetFriend() != "bob" {
		return connect.NewResponse(&appv1.ListPendingResponse{}), nil
	}
	minute := &durationpb.Duration{Seconds: 60}
	return connect.NewResponse(&appv1.ListPendingResponse{Requests: []*appv1.PendingRequest{
		{PartLock: ledger.Lock{6}.String(), Currency: eurPB, Amount: "200", Hold: minute, Outgoing: true, Own: true, Withdrawn: true},
		{PartLock: ledger.Lock{7}.String(), Currency: eurPB, Amount: "300", Hold: minute, Own: true},
		{PartLock: ledger.Lock{8}.String(), Currency: eurPB, Amount: "400", Hold: minute},
	}}), nil
}

// CancelPayment knows the payment of the other scripts.
func (n splitNode) CancelPayment(_ context.Context, req *connect.Request[appv1.CancelPaymentRequest]) (*connect.Response[appv1.CancelPaymentResponse], error) {
	if req.Msg.GetPayment() != (ledger.PaymentID{5}).String() {
		return nil, refusal(connect.CodeNotFound, "unknown_payment", "no such payment is under way")
	}
	return connect.NewResponse(&appv1.CancelPaymentResponse{}), nil
}

// ListIncome has earned from bob and from a friend that is gone.
func (n splitNode) ListIncome(context.Context, *connect.Request[appv1.ListIncomeRequest]) (*connect.Response[appv1.ListIncomeResponse], error) {
	return connect.NewResponse(&appv1.ListIncomeResponse{Income: []*appv1.Income{
		{NodeId: nodeID(9), Currency: eurPB, Count: 1, Forwarded: "100", Earned: "0", Last: at(1_700_000_000)},
		{NodeId: nodeID(4), Name: "bob", Currency: eurPB, Count: 3, Forwarded: "120000", Earned: "1250", Last: at(1_700_000_100)},
	}}), nil
}

// SetQuota takes the quotas of the script.
func (n splitNode) SetQuota(_ context.Context, req *connect.Request[appv1.SetQuotaRequest]) (*connect.Response[appv1.SetQuotaResponse], error) {
	if p := req.Msg.GetPercent(); p != 0 && p != 70 {
		return nil, refusal(connect.CodeInvalidArgument, "quota_out_of_range", "not a quota of the script")
	}
	return connect.NewResponse(&appv1.SetQuotaResponse{}), nil
}

// testProof is the proof of the node with seed 1 that the one with seed 2 signed
// totals that its operations do not make; framed: that it did not.
func testProof(framed bool) []byte {
	accused := identity.FromSeed([32]byte{2})
	witness := identity.FromSeed([32]byte{1})
	o := &ledger.Opening{Terms: &ledger.Terms{Low: witness.Raw(), High: accused.Raw(), Number: 1}}
	if ledger.NodeID(accused.Raw()).Less(witness.Raw()) {
		o.Terms.Low, o.Terms.High = o.Terms.High, o.Terms.Low
	}
	id := o.ID()
	for _, who := range []*identity.Identity{accused, witness} {
		*o.SignatureOf(who.Raw()) = ledger.Signature(who.Sign(id[:]))
	}
	author := ledger.AuthorOf(accused.Raw(), witness.Raw())
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	signed := func(n *ledger.Entry) ledger.SignedEntry {
		body := n.Encode()
		hash := ledger.EntryHash(body)
		return ledger.SignedEntry{Body: body, Signature: ledger.Signature(accused.Sign(hash[:]))}
	}
	offer := []ledger.Op{&ledger.Credit{Currency: eur, Limit: ledger.NewAmount(100)}}
	first := signed(&ledger.Entry{Epoch: id, Author: author, Seq: 1, Ops: offer})
	lie := &ledger.Entry{Epoch: id, Author: author, Seq: 2, Prev: ledger.EntryHash(first.Body), Ops: offer}
	if !framed { // EUR is not active, since the witness has not offered it
		lie.Totals = []ledger.Totals{{Currency: eur}}
	}
	p := &friendship.Proof{Witness: witness.Raw(), Ledger: friendship.Stored{
		Opening: o, Theirs: []ledger.SignedEntry{first}, Inconsistent: &friendship.Evidence{Why: "totals", Entry: signed(lie)},
	}}
	return p.Encode()
}
