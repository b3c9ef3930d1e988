package apiserver_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

func TestPending(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	f.pending = []engine.PendingView{
		{PartLock: ledger.Lock{1}, Currency: eur, Amount: ledger.NewAmount(7), Hold: time.Minute, Outgoing: true, Own: true, Withdrawn: true},
		{PartLock: ledger.Lock{2}, Currency: usd, Amount: ledger.NewAmount(8), Hold: 14 * 24 * time.Hour},
	}
	got, err := c.Pending(ctx, "bob")
	must(t, err)
	want := []apiclient.Pending{
		{PartLock: ledger.Lock{1}, Currency: eur, Amount: ledger.NewAmount(7), Hold: time.Minute, Outgoing: true, Own: true, Withdrawn: true},
		{PartLock: ledger.Lock{2}, Currency: usd, Amount: ledger.NewAmount(8), Hold: 14 * 24 * time.Hour},
	}
	if diff := cmp.Diff(want, got, amounts); diff != "" {
		t.Error(diff)
	}
	_, err = c.Pending(ctx, "carol")
	wantError(t, err, apiclient.NotFound, api.ReasonUnknownFriend)
}

func TestWriteOff(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	wantError(t, c.WriteOff(ctx, "bob", ledger.Lock{1}, true), apiclient.NotFound, "not_pending")
	wantError(t, c.WriteOff(ctx, "carol", ledger.Lock{1}, true), apiclient.NotFound, api.ReasonUnknownFriend)
	raw := appv1connect.NewNodeServiceClient(rpc.UnixClient(f.serve(t, nil)), rpc.BaseURL)
	_, err := raw.WriteOff(ctx, connect.NewRequest(&appv1.WriteOffRequest{Friend: "bob", PartLock: "07"}))
	if apiclient.ReasonOf(err) != api.ReasonID {
		t.Errorf("a lock that is none is %v", err)
	}
}

func TestCancelPayment(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	wantError(t, c.CancelPayment(ctx, ledger.PaymentID{9}), apiclient.NotFound, "unknown_payment")
	wantError(t, c.CancelPayment(ctx, ledger.PaymentID{}), apiclient.Invalid, api.ReasonID)
}
