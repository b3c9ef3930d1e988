package apiclient

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/p2p/identity"
)

// odd is a node that answers what a good node would not.
type odd struct {
	appv1connect.UnimplementedNodeServiceHandler
	info     *appv1.InfoResponse
	friend   *appv1.Friend
	payments []*appv1.Payment
	events   []*appv1.EventsResponse
	err      error
}

func (o odd) Info(context.Context, *connect.Request[appv1.InfoRequest]) (*connect.Response[appv1.InfoResponse], error) {
	return connect.NewResponse(o.info), o.err
}

func (o odd) GetFriend(context.Context, *connect.Request[appv1.GetFriendRequest]) (*connect.Response[appv1.GetFriendResponse], error) {
	return connect.NewResponse(&appv1.GetFriendResponse{Friend: o.friend}), nil
}

func (o odd) Pay(_ context.Context, _ *connect.Request[appv1.PayRequest], stream *connect.ServerStream[appv1.PayResponse]) error {
	for _, p := range o.payments {
		if err := stream.Send(&appv1.PayResponse{Payment: p}); err != nil {
			return err
		}
	}
	return o.err
}

func (o odd) Events(_ context.Context, _ *connect.Request[appv1.EventsRequest], stream *connect.ServerStream[appv1.EventsResponse]) error {
	for _, ev := range o.events {
		if err := stream.Send(ev); err != nil {
			return err
		}
	}
	return nil
}

// client calls an odd node without any socket.
func (o odd) client() *Client {
	_, handler := appv1connect.NewNodeServiceHandler(o)
	return newClient(&http.Client{Transport: direct{handler}})
}

// direct hands requests to a handler and returns when it has answered whole.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, req)
	return rec.Result(), nil
}

func wantCode(t *testing.T, err error, code Code) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error is %v, want code %v", err, code)
	}
	return e
}

const somebody = "12D3KooWGJNnsrCCBS52g3pBPwfdhTZY9jFYAGh2oVEH5CVMLEoQ"

func goodFriend() *appv1.Friend {
	return &appv1.Friend{NodeId: somebody, Name: "bob", Currencies: []*appv1.FriendCurrency{{
		Currency: &appv1.Currency{Name: "EUR", Decimals: 2}, Limit: "1", Granted: "2", Balance: "-3", FrozenOut: "4", FrozenIn: "5",
		Rate: &appv1.Rate{Mul: 6, Add: "7"},
	}}}
}

// Whatever is wrong in an answer is found, and never taken for a value.
func TestAnswersAreChecked(t *testing.T) {
	got, err := odd{friend: goodFriend()}.client().Friend(t.Context(), "bob")
	if err != nil || got.Currencies[0].Balance != ledger.NewBalance(-3) || got.Currencies[0].Rate != (ledger.Rate{Mul: 6, Add: 7}) {
		t.Fatalf("a good friend is %+v, %v", got, err)
	}
	for name, damage := range map[string]func(*appv1.Friend){
		"no node":             func(f *appv1.Friend) { f.NodeId = "" },
		"peer ID of no key":   func(f *appv1.Friend) { f.NodeId = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N" },
		"negative limit":      func(f *appv1.Friend) { f.Currencies[0].Limit = "-1" },
		"no amount":           func(f *appv1.Friend) { f.Currencies[0].FrozenIn = "" },
		"balance over 2^127":  func(f *appv1.Friend) { f.Currencies[0].Balance = "170141183460469231731687303715884105728" },
		"too many decimals":   func(f *appv1.Friend) { f.Currencies[0].Currency.Decimals = 258 },
		"no currency":         func(f *appv1.Friend) { f.Currencies[0].Currency = nil },
		"no rate":             func(f *appv1.Friend) { f.Currencies[0].Rate = nil },
		"rate of 2^64":        func(f *appv1.Friend) { f.Currencies[0].Rate.Add = "18446744073709551616" },
		"currency in letters": func(f *appv1.Friend) { f.Currencies[0].Currency.Name = "eur" },
	} {
		f := goodFriend()
		damage(f)
		_, err := odd{friend: f}.client().Friend(t.Context(), "bob")
		if e := wantCode(t, err, Broken); e.Reason != "bad_answer" {
			t.Errorf("%s: reason %q", name, e.Reason)
		}
	}
	_, err = odd{}.client().Friend(t.Context(), "bob")
	wantCode(t, err, Broken)
}

func somePayment(state appv1.PaymentState) *appv1.Payment {
	return &appv1.Payment{
		Id: strings.Repeat("01", 16), InvoiceId: strings.Repeat("02", 32), Seller: somebody,
		Currency: &appv1.Currency{Name: "EUR", Decimals: 2}, Amount: "5", State: state, MaxFee: "1", Fee: "0", Largest: "0",
	}
}

func TestPayEndsOnlyWithThePayment(t *testing.T) {
	sending := somePayment(appv1.PaymentState_PAYMENT_STATE_SENDING)
	// The stream ends well, but before the payment.
	p, err := odd{payments: []*appv1.Payment{sending}}.client().Pay(t.Context(), PayRequest{}, nil)
	wantCode(t, err, Broken)
	if p.State != PaymentSending {
		t.Errorf("the last state is %q", p.State)
	}
	// It breaks.
	_, err = odd{payments: []*appv1.Payment{sending}, err: connect.NewError(connect.CodeUnavailable, errors.New("bye"))}.
		client().Pay(t.Context(), PayRequest{}, nil)
	if e := wantCode(t, err, Unreachable); !strings.Contains(e.Text, "not known") {
		t.Errorf("text is %q", e.Text)
	}
	// A state of another version is not guessed at.
	_, err = odd{payments: []*appv1.Payment{somePayment(99)}}.client().Pay(t.Context(), PayRequest{}, nil)
	wantCode(t, err, Broken)
	// It settles.
	p, err = odd{payments: []*appv1.Payment{sending, somePayment(appv1.PaymentState_PAYMENT_STATE_SETTLED)}}.client().Pay(t.Context(), PayRequest{}, nil)
	if err != nil || p.State != PaymentSettled {
		t.Errorf("a settled payment is %+v, %v", p, err)
	}
}

func TestEventsOfANewerNode(t *testing.T) {
	var got []Event
	err := odd{events: []*appv1.EventsResponse{{Instance: "x", Seq: 3}, {Instance: "x", Seq: 4, What: &appv1.EventsResponse_FriendRemoved{FriendRemoved: somebody}}}}.
		client().Events(t.Context(), Position{}, func(ev Event) error { got = append(got, ev); return nil })
	wantCode(t, err, Unreachable)
	if len(got) != 2 || got[0].Position != (Position{"x", 3}) || got[1].Removed == nil || got[1].Removed.String() != somebody {
		t.Errorf("events are %+v", got)
	}
}

func TestErrors(t *testing.T) {
	withReason := func(code connect.Code, reason string) error {
		err := connect.NewError(code, errors.New("text"))
		d, _ := connect.NewErrorDetail(&appv1.Reason{Reason: reason})
		err.AddDetail(d)
		return err
	}
	for _, tc := range []struct {
		err    error
		code   Code
		reason string
	}{
		{withReason(connect.CodeInvalidArgument, "a"), Invalid, "a"},
		{withReason(connect.CodeNotFound, "b"), NotFound, "b"},
		{withReason(connect.CodeAlreadyExists, "c"), Exists, "c"},
		{withReason(connect.CodeFailedPrecondition, "d"), Precondition, "d"},
		{withReason(connect.CodeResourceExhausted, "e"), Exhausted, "e"},
		{withReason(connect.CodePermissionDenied, "f"), Denied, "f"},
		{withReason(connect.CodeInternal, "g"), Broken, "g"},
		{withReason(connect.CodeUnavailable, "h"), Unreachable, "h"},
		// Without a reason it does not come from a node's handler.
		{connect.NewError(connect.CodeUnavailable, errors.New("reset")), Unreachable, "no_answer"},
		{connect.NewError(connect.CodeUnimplemented, errors.New("404")), Broken, "internal"},
		{connect.NewError(connect.CodeDeadlineExceeded, errors.New("late")), Timeout, "timeout"},
	} {
		_, err := odd{info: &appv1.InfoResponse{}, err: tc.err}.client().Info(t.Context())
		e := wantCode(t, err, tc.code)
		if e.Reason != tc.reason || ReasonOf(err) != tc.reason || e.Text == "" || errors.Unwrap(err) == nil {
			t.Errorf("%v is %v %q %q", tc.err, e.Code, e.Reason, e.Text)
		}
		if strings.Contains(tc.code.String(), "unknown") {
			t.Errorf("code %d has no name", tc.code)
		}
	}
	if ReasonOf(errors.New("x")) != "" || ReasonOf(nil) != "" || Code(0).String() != "unknown" || Code(99).String() != "unknown" {
		t.Error("reasons or codes are made up")
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, err := odd{info: &appv1.InfoResponse{}}.client().Info(ctx)
	wantCode(t, err, Timeout)
}

func TestDialWants(t *testing.T) {
	id := identity.FromSeed([32]byte{1})
	for name, opts := range map[string]Options{
		"nothing":             {},
		"both":                {Socket: "x", Node: peer.AddrInfo{ID: id.PeerID()}, Identity: id},
		"a node without key":  {Node: peer.AddrInfo{ID: id.PeerID()}},
		"a key without node":  {Identity: id},
		"a node without name": {Identity: id, Relays: []peer.AddrInfo{{ID: id.PeerID()}}},
	} {
		if _, err := Dial(t.Context(), opts); err == nil {
			t.Errorf("%s: dialled", name)
		}
	}
	_, err := Dial(t.Context(), Options{Socket: filepath.Join(t.TempDir(), "none.sock")})
	if e := wantCode(t, err, Unreachable); e.Reason != "no_node" || !strings.Contains(e.Text, "none.sock") {
		t.Errorf("no node: %q %q", e.Reason, e.Text)
	}
	// With a key of its own, where nothing is: the host it made is closed again.
	_, err = Dial(t.Context(), Options{Node: peer.AddrInfo{ID: id.PeerID()}, Identity: identity.FromSeed([32]byte{2})})
	wantCode(t, err, Unreachable)
}

func TestPageSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int().Draw(t, "n")
		got := pageSize(n)
		if n >= 0 && n <= 1<<32-1 && int(got) != n || n < 0 && got != 0 {
			t.Fatalf("pageSize(%d) = %d", n, got)
		}
	})
}
