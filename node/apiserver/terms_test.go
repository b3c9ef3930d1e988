package apiserver_test

import (
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

var amounts = cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{})

// divided is what the node with seed 1 and a friend propose: my view is that low
// is owed 5.00 EUR, the friend's that it is owed nothing.
func divided() *friendship.Disagreement {
	mine := &ledger.Terms{
		Number: 4, Base: ledger.Hash{7}, Balances: []ledger.TermsBalance{{Currency: eur, Balance: ledger.NewBalance(500)}},
		Kept: []ledger.Kept{{Author: 0, Ordinal: 1}, {Author: 1, Ordinal: 1}, {Author: 1, Ordinal: 2}},
	}
	return &friendship.Disagreement{
		Mine: mine, Theirs: &ledger.Terms{Number: 3}, Refused: ledger.RefuseCost,
		Costs: []friendship.Cost{{Currency: eur, Amount: ledger.NewBalance(600)}, {Currency: usd, Amount: ledger.NewBalance(-2)}},
		Lost: []*friendship.Pending{{Request: &ledger.Request{
			Currency: eur, Amount: ledger.NewAmount(100), PartLock: ledger.Lock{8},
		}}},
		Allowed: []friendship.Cost{{Currency: eur, Amount: ledger.NewBalance(1)}},
	}
}

// What both sides propose is shown as the node's user sees it, whichever of the
// two has the lower name.
func TestDisagreementIsShown(t *testing.T) {
	f := newFake(t)
	for seed := byte(2); seed < 10; seed++ {
		f.extra = append(f.extra, engine.FriendView{
			Record: engine.FriendRecord{Friend: node(seed), Name: string('a' + rune(seed))}, Disagreement: divided(),
		})
	}
	friends, err := f.local(t).Friends(t.Context())
	must(t, err)
	seen := map[bool]bool{}
	for _, fr := range friends {
		low := node(1).Less(fr.Node)
		seen[low] = true
		owed, out, in := ledger.NewBalance(500), 1, 2
		if !low {
			owed, out, in = ledger.NewBalance(-500), 2, 1
		}
		want := &apiclient.Disagreement{
			Mine: &apiclient.Terms{
				Number: 4, Base: ledger.Hash{7}.String(), KeptOut: out, KeptIn: in,
				Balances: []apiclient.TermsBalance{{Currency: eur, Balance: owed}},
			},
			Theirs: &apiclient.Terms{Number: 3, Balances: []apiclient.TermsBalance{}}, Refused: "cost",
			Costs:   []apiclient.Cost{{Currency: eur, Amount: ledger.NewBalance(600)}, {Currency: usd, Amount: ledger.NewBalance(-2)}},
			Lost:    []apiclient.LostRequest{{PartLock: ledger.Lock{8}, Currency: eur, Amount: ledger.NewAmount(100)}},
			Allowed: []apiclient.Cost{{Currency: eur, Amount: ledger.NewBalance(1)}},
		}
		if diff := cmp.Diff(want, fr.Disagreement, amounts); diff != "" {
			t.Errorf("as low %v:\n%s", low, diff)
		}
	}
	if len(seen) != 2 {
		t.Error("all friends stand on one side of the node: choose other seeds")
	}
}

// Nothing is shown where nothing is to decide, and a reason that is new is not
// made up.
func TestAgreementIsShown(t *testing.T) {
	f := newFake(t)
	open := &friendship.Disagreement{Refused: 99}
	f.extra = []engine.FriendView{
		{Record: engine.FriendRecord{Friend: node(2), Name: "bob", Quota: 70}},
		{Record: engine.FriendRecord{Friend: node(3), Name: "carol"}, Disagreement: open},
	}
	friends, err := f.local(t).Friends(t.Context())
	must(t, err)
	if friends[0].Disagreement != nil || friends[0].Fault != nil || friends[0].Quota != 70 || friends[1].Quota != engine.QuotaShortOfOne {
		t.Errorf("bob is %+v, carol %+v", friends[0], friends[1])
	}
	want := &apiclient.Disagreement{Costs: []apiclient.Cost{}, Lost: []apiclient.LostRequest{}, Allowed: []apiclient.Cost{}}
	if diff := cmp.Diff(want, friends[1].Disagreement, amounts); diff != "" {
		t.Error(diff)
	}
}

func TestFaultIsShown(t *testing.T) {
	f := newFake(t)
	entry := (&ledger.Entry{Seq: 17, Ops: nil, Prev: ledger.Hash{1}, Author: 1}).Encode()
	held := ledger.Head{Seq: 17, Hash: ledger.Hash{3}}
	for i, v := range []*friendship.Evidence{
		{Why: "totals", Entry: ledger.SignedEntry{Body: entry}, Held: ledger.Head{Seq: 16, Hash: ledger.Hash{2}}},
		{Why: "two", Entry: ledger.SignedEntry{Body: entry}, Held: held},
		{Why: "not an entry", Held: held},
	} {
		f.extra = append(f.extra, engine.FriendView{
			Record: engine.FriendRecord{Friend: node(byte(2 + i)), Name: string('a' + rune(i))}, Evidence: v,
		})
	}
	friends, err := f.local(t).Friends(t.Context())
	must(t, err)
	for i, want := range []apiclient.Fault{{Why: "totals", Seq: 17}, {Why: "two", Seq: 17, Fork: true}, {Why: "not an entry"}} {
		if got := friends[i].Fault; got == nil || *got != want {
			t.Errorf("fault %d is %+v, want %+v", i, got, want)
		}
	}
}

func TestAcceptTerms(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	var got []engine.AcceptTerms
	f.accept = func(a engine.AcceptTerms) error { got = append(got, a); return nil }
	must(t, c.AcceptTerms(ctx, "bob", []apiclient.Cost{{Currency: eur, Amount: ledger.NewBalance(1250)}, {Currency: usd}}))
	must(t, c.WithdrawTerms(ctx, "bob"))
	want := []engine.AcceptTerms{
		{Friend: node(2), Bound: []friendship.Cost{{Currency: eur, Amount: ledger.NewBalance(1250)}, {Currency: usd}}},
		{Friend: node(2), Withdraw: true},
	}
	if diff := cmp.Diff(want, got, amounts); diff != "" {
		t.Error(diff)
	}

	f.accept = nil // The engine has nothing to decide.
	wantError(t, c.AcceptTerms(ctx, "bob", []apiclient.Cost{{Currency: eur}}), apiclient.Precondition, "nothing_to_accept")
	wantError(t, c.WithdrawTerms(ctx, "bob"), apiclient.Precondition, "nothing_to_withdraw")
}

// What cannot be meant never reaches the engine.
func TestBadBounds(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	f.accept = func(a engine.AcceptTerms) error { t.Errorf("the engine was told %+v", a); return nil }
	over, err := ledger.AmountFromParts(1<<32, 0).Owed()
	must(t, err)
	one := ledger.NewBalance(1)
	for reason, bound := range map[string][]apiclient.Cost{
		api.ReasonBound:       {{Currency: eur, Amount: one}, {Currency: usd, Amount: one}, {Currency: eur, Amount: one}},
		api.ReasonAmount:      {{Currency: eur, Amount: ledger.NewBalance(-1)}},
		api.ReasonAmountRange: {{Currency: eur, Amount: over}},
		api.ReasonCurrency:    {{Currency: ledger.Currency{Name: "eur"}, Amount: one}},
	} {
		wantError(t, c.AcceptTerms(ctx, "bob", bound), apiclient.Invalid, reason)
	}
	wantError(t, c.AcceptTerms(ctx, "bob", nil), apiclient.Invalid, api.ReasonBound)
	wantError(t, c.AcceptTerms(ctx, "carol", []apiclient.Cost{{Currency: eur}}), apiclient.NotFound, api.ReasonUnknownFriend)
	wantError(t, c.WithdrawTerms(ctx, "carol"), apiclient.NotFound, api.ReasonUnknownFriend)
}

func TestEvidence(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	_, err := c.AddFriend(ctx, "alice", ticket(3))
	must(t, err)
	proof, err := c.Evidence(ctx, "bob")
	must(t, err)
	if string(proof) != "\x01\x00" {
		t.Errorf("evidence is %x", proof)
	}
	_, err = c.Evidence(ctx, "alice")
	wantError(t, err, apiclient.Precondition, api.ReasonNoEvidence)
	_, err = c.Evidence(ctx, "carol")
	wantError(t, err, apiclient.NotFound, api.ReasonUnknownFriend)
}

func TestSetQuota(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	must(t, c.SetQuota(ctx, "bob", 100))
	bob, err := c.Friend(ctx, "bob")
	must(t, err)
	if bob.Quota != 100 {
		t.Errorf("quota is %d", bob.Quota)
	}
	must(t, c.SetQuota(ctx, "bob", 0))
	if bob, err = c.Friend(ctx, "bob"); err != nil || bob.Quota != engine.QuotaShortOfOne {
		t.Errorf("quota is %d, %v; want the default", bob.Quota, err)
	}
	wantError(t, c.SetQuota(ctx, "bob", 101), apiclient.Invalid, api.ReasonQuota)
	wantError(t, c.SetQuota(ctx, "carol", 10), apiclient.NotFound, api.ReasonUnknownFriend)
}

// An application that may only read sees a disagreement and cannot decide it.
func TestDecidingNeedsConfig(t *testing.T) {
	f := newFake(t)
	shared(t, f)
	f.srv.SetApps([]engine.AppRecord{{Key: node(40), Name: "app", Permissions: []string{"read", "buyer", "seller", "routes", "admin"}}})
	raw := appv1connect.NewNodeServiceClient(rpc.UnixClient(f.serve(t, &rpc.Caller{Peer: ident(40).PeerID()})), rpc.BaseURL)
	_, accept := raw.AcceptTerms(t.Context(), connect.NewRequest(&appv1.AcceptTermsRequest{Friend: "bob"}))
	_, withdraw := raw.WithdrawTerms(t.Context(), connect.NewRequest(&appv1.WithdrawTermsRequest{Friend: "bob"}))
	for _, err := range []error{accept, withdraw} {
		if apiclient.ReasonOf(err) != api.ReasonPermission || !strings.Contains(err.Error(), "config") {
			t.Errorf("without permission config: %v", err)
		}
	}
}
