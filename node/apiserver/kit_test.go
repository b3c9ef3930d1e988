package apiserver_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/rpc"
)

var (
	eur = ledger.Currency{Name: "EUR", Decimals: 2}
	// now is when all tests happen.
	now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

func ident(seed byte) *identity.Identity { return identity.FromSeed([32]byte{seed}) }

func node(seed byte) ledger.NodeID { return ident(seed).Raw() }

// ticket is where the node with this seed is reached.
func ticket(seed byte) string { return "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" + node(seed).String() }

// fake is a node with seed 1 around a real engine, without links and disk.
type fake struct {
	srv *apiserver.Server
	// pay answers engine.Pay instead of the engine, unless nil.
	pay func(engine.Pay) (any, error)
	// accept answers engine.AcceptTerms, likewise.
	accept func(engine.AcceptTerms) error

	mu       sync.Mutex // guards all below
	engine   *engine.Engine
	mono     time.Duration
	commands uint64
	extra    []engine.FriendView // shown beside the engine's
	invoices []engine.InvoiceRecord
	payments []engine.PaymentRecord
	trouble  error // of all methods that can fail
	quote    apiserver.Quote
	income   []engine.IncomeRecord
	pending  []engine.PendingView
	asked    apiserver.Page // of the newest listing
	maxFee   ledger.Amount  // of the newest quote
}

var _ apiserver.Backend = (*fake)(nil)

func newFake(t *testing.T) *fake {
	t.Helper()
	e, err := engine.New(node(1), engine.Stored{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{engine: e}
	f.srv, err = apiserver.New(apiserver.Config{Backend: f, ParseTickets: address.Parse, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fake) Do(_ context.Context, action engine.Action) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble != nil {
		return nil, f.trouble
	}
	if pay, ok := action.(engine.Pay); ok && f.pay != nil {
		return f.pay(pay)
	}
	if accept, ok := action.(engine.AcceptTerms); ok && f.accept != nil {
		return nil, f.accept(accept)
	}
	f.commands++
	f.mono += time.Second
	fx := f.engine.Step(engine.Now{Wall: now, Mono: f.mono}, []engine.Input{engine.Command{ID: f.commands, Do: action}})
	for _, w := range fx.Writes {
		if put, ok := w.(engine.PutInvoice); ok {
			f.putInvoice(put.Record)
		}
	}
	f.srv.Publish(fx.Events)
	for _, r := range fx.Replies {
		if r.ID == f.commands {
			if r.Err != nil {
				return nil, r.Err
			}
			return r.Value, nil
		}
	}
	return nil, errors.New("no reply")
}

func (f *fake) putInvoice(r engine.InvoiceRecord) {
	f.invoices = slices.DeleteFunc(f.invoices, func(o engine.InvoiceRecord) bool { return o.Invoice.ID == r.Invoice.ID })
	f.invoices = append(f.invoices, r)
}

func (f *fake) putPayment(r engine.PaymentRecord) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.payments = slices.DeleteFunc(f.payments, func(o engine.PaymentRecord) bool { return o.ID == r.ID })
	f.payments = append(f.payments, r)
}

func (f *fake) Friends(context.Context) ([]engine.FriendView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append(f.engine.Friends(), f.extra...), f.trouble
}

func (f *fake) Config(context.Context) (engine.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.engine.Config(), f.trouble
}

func (f *fake) Self() apiserver.Self {
	return apiserver.Self{Node: node(1), Version: "v1", Tickets: []string{ticket(1)}}
}

func (f *fake) Link(friend ledger.NodeID) apiserver.LinkStatus {
	if friend == node(2) {
		return apiserver.LinkStatus{Connected: true, Relayed: true, Address: "/ip4/192.0.2.7/udp/1/quic-v1"}
	}
	return apiserver.LinkStatus{}
}

func (f *fake) Relays() []apiserver.RelayStatus {
	return []apiserver.RelayStatus{{Relay: node(20).String(), Reserved: true, Expires: now.Add(time.Hour)}}
}

func (f *fake) IndexServers() []apiserver.IndexStatus {
	return []apiserver.IndexStatus{{Server: node(30).String(), Error: "no answer"}}
}

// MakeInvoice numbers invoices instead of drawing ids at random.
func (f *fake) MakeInvoice(_ context.Context, spec apiserver.InvoiceSpec) (*ledger.Invoice, ledger.Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, key := signedInvoice(1, spec)
	return v, key, f.trouble
}

// signedInvoice makes an invoice of the node with this seed; its id is made of
// the amount.
func signedInvoice(seed byte, spec apiserver.InvoiceSpec) (*ledger.Invoice, ledger.Key) {
	key := ledger.Key{seed}
	v := &ledger.Invoice{
		Currency: spec.Currency, Amount: spec.Amount, Seller: node(seed), Lock: key.Lock(),
		Description: spec.Description, Created: spec.Created.Unix(), Expires: spec.Expires.Unix(),
	}
	copy(v.ID[:], spec.Amount.String())
	hash := v.Hash()
	copy(v.Signature[:], ident(seed).Sign(hash[:]))
	return v, key
}

// Statement has one of bob, the friend with seed 2.
func (f *fake) Statement(_ context.Context, friend ledger.NodeID) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble == nil && friend != node(2) {
		return "", &engine.CommandError{Code: engine.Precondition, Reason: api.ReasonNoStatement, Text: "nothing is signed yet"}
	}
	return "offset:b1bob", f.trouble
}

// Evidence is there against the friend with seed 2.
func (f *fake) Evidence(_ context.Context, friend ledger.NodeID) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble == nil && friend != node(2) {
		return nil, &engine.CommandError{Code: engine.Precondition, Reason: api.ReasonNoEvidence, Text: "nothing was signed against the rules"}
	}
	return []byte{1, 0}, f.trouble
}

func (f *fake) Invoice(_ context.Context, id ledger.InvoiceID) (*engine.InvoiceRecord, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.invoices {
		if r.Invoice.ID == id {
			return &r, f.trouble
		}
	}
	return nil, f.trouble
}

func (f *fake) Invoices(_ context.Context, p apiserver.Page, keep func(*engine.InvoiceRecord) bool) ([]engine.InvoiceRecord, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = p
	return page(f.invoices, p, keep, f.trouble)
}

func (f *fake) Payment(_ context.Context, id ledger.PaymentID) (*engine.PaymentRecord, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.payments {
		if r.ID == id {
			return &r, f.trouble
		}
	}
	return nil, f.trouble
}

func (f *fake) Payments(_ context.Context, p apiserver.Page, keep func(*engine.PaymentRecord) bool) ([]engine.PaymentRecord, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = p
	return page(f.payments, p, keep, f.trouble)
}

// Pending answers with what the test has set of the friend with seed 2.
func (f *fake) Pending(_ context.Context, friend ledger.NodeID) ([]engine.PendingView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if friend != node(2) {
		return nil, f.trouble
	}
	return f.pending, f.trouble
}

// Income answers with what the test has set.
func (f *fake) Income(context.Context) ([]engine.IncomeRecord, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.income, f.trouble
}

// Quote answers with what the test has set, or as the engine does when that is
// nothing: no currency is active here.
func (f *fake) Quote(_ context.Context, v *ledger.Invoice, maxFee ledger.Amount) (apiserver.Quote, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.maxFee = maxFee
	if err := f.engine.MayPay(v, now); err != nil && f.trouble == nil && f.quote.Parts == nil && f.quote.Failure == nil {
		return apiserver.Quote{}, err
	}
	return f.quote, f.trouble
}

// page lists the newest first; a cursor is as long as what is skipped. What
// keep does not accept makes the page shorter.
func page[T any](all []T, p apiserver.Page, keep func(*T) bool, trouble error) ([]T, string, error) {
	if trouble != nil {
		return nil, "", trouble
	}
	if len(p.Cursor) > len(all) {
		return nil, "", &engine.CommandError{Code: engine.Invalid, Reason: api.ReasonCursor, Text: "begin again"}
	}
	rest, next := slices.Clone(all), ""
	slices.Reverse(rest)
	if rest = rest[len(p.Cursor):]; len(rest) > p.Limit {
		rest, next = rest[:p.Limit], p.Cursor+string(make([]byte, p.Limit))
	}
	if keep != nil {
		rest = slices.DeleteFunc(rest, func(r T) bool { return !keep(&r) })
	}
	return rest, next, nil
}

// serve answers on a unix socket and returns its path. With a caller, whoever
// calls is taken for it.
func (f *fake) serve(t *testing.T, as *rpc.Caller) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), api.SocketName)
	ln, err := rpc.ListenUnix(socket)
	if err != nil {
		t.Fatal(err)
	}
	handler := f.srv.Handler()
	if as != nil {
		inner := handler
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(w, r.WithContext(rpc.WithCaller(r.Context(), *as)))
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- rpc.Serve(ctx, rpc.DefaultConfig(handler), ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return socket
}

// local returns a client of the local user.
func (f *fake) local(t *testing.T) *apiclient.Client {
	t.Helper()
	return dial(t, f.serve(t, nil))
}

// app returns a client of an application with this seed.
func (f *fake) app(t *testing.T, seed byte) *apiclient.Client {
	t.Helper()
	return dial(t, f.serve(t, &rpc.Caller{Peer: ident(seed).PeerID()}))
}

func dial(t *testing.T, socket string) *apiclient.Client {
	t.Helper()
	c, err := apiclient.Dial(t.Context(), apiclient.Options{Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// wantError fails unless err is a node's error of that code and reason.
func wantError(t *testing.T, err error, code apiclient.Code, reason string) {
	t.Helper()
	e, ok := errors.AsType[*apiclient.Error](err)
	if !ok {
		t.Errorf("error is %v, want %v %s", err, code, reason)
		return
	}
	if e.Code != code || e.Reason != reason || e.Text == "" {
		t.Errorf("error is %v %s (%s), want %v %s", e.Code, e.Reason, e.Text, code, reason)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// invoiceSpec is one of so many cents.
func invoiceSpec(cents uint64, expires time.Time) apiserver.InvoiceSpec {
	return apiserver.InvoiceSpec{
		Currency: eur, Amount: ledger.NewAmount(cents), Description: "test", Created: expires.Add(-time.Hour), Expires: expires,
	}
}

// roundTrip answers a request of one message from a handler.
func roundTrip(h http.Handler, req *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec.Result(), nil
}
