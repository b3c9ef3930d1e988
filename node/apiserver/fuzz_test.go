package apiserver_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// FuzzCalls sends arbitrary bytes to an arbitrary procedure as the local user:
// nothing panics, nothing counts as the node's own trouble, and a refused call
// has changed nothing.
func FuzzCalls(f *testing.F) {
	var procedures []string
	methods := appv1.File_offset_app_v1_app_proto.Services().Get(0).Methods()
	for i := range methods.Len() {
		// Streams of events have no end.
		if m := methods.Get(i); m.Name() != "Events" {
			procedures = append(procedures, "/offset.app.v1.NodeService/"+string(m.Name()))
		}
	}
	seed := func(method string, m proto.Message) {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		for i, p := range procedures {
			if strings.HasSuffix(p, "/"+method) {
				f.Add(uint8(i), b)
			}
		}
	}
	currency := &appv1.Currency{Name: "EUR", Decimals: 2}
	seed("AddFriend", &appv1.AddFriendRequest{Name: "carol", Tickets: []string{ticket(3)}})
	seed("EditFriend", &appv1.EditFriendRequest{Friend: "bob", Name: new("x")})
	seed("SetCredit", &appv1.SetCreditRequest{Friend: "bob", Currency: currency, Limit: "7"})
	seed("SetRate", &appv1.SetRateRequest{Friend: "bob", Currency: currency, Rate: &appv1.Rate{Mul: 1, Add: "2"}})
	seed("SetRelays", &appv1.SetRelaysRequest{Tickets: []string{ticket(20)}})
	seed("CreateInvoice", &appv1.CreateInvoiceRequest{Currency: currency, Amount: "5"})
	seed("Pay", &appv1.PayRequest{Invoice: payment(1, engine.Planning).Invoice.Text()})
	seed("AddApp", &appv1.AddAppRequest{PeerId: node(50).String(), Name: "till", Permissions: []string{"seller"}})
	seed("ListPayments", &appv1.ListPaymentsRequest{PageSize: 600, Cursor: "x"})
	f.Add(uint8(0), []byte{0xff})

	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		node := newFake(t)
		_, err := node.Do(t.Context(), engine.AddFriend{Friend: ident(2).Raw(), Name: "bob", Addresses: []string{ticket(2)}})
		must(t, err)
		before := node.state()
		procedure := procedures[int(which)%len(procedures)]
		contentType := "application/proto"
		if strings.HasSuffix(procedure, "/Pay") { // A stream: its one message has a header.
			contentType = "application/connect+proto"
			body = append([]byte{0, 0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
		}
		req := httptest.NewRequest(http.MethodPost, procedure, bytes.NewReader(body))
		req.Header.Set("Content-Type", contentType)
		res := httptest.NewRecorder()
		node.srv.Handler().ServeHTTP(res, req.WithContext(rpc.WithCaller(req.Context(), rpc.Caller{Local: true})))
		if res.Code == http.StatusInternalServerError || strings.Contains(res.Body.String(), `"internal"`) {
			t.Errorf("%s answers with trouble of its own: %s", procedure, res.Body)
		}
		if after := node.state(); res.Code != http.StatusOK && after != before {
			t.Errorf("%s was refused with %d and changed the node from %s to %s", procedure, res.Code, before, after)
		}
	})
}

// state is all that a call can change, as text.
func (f *fake) state() string {
	return fmt.Sprintf("%+v %d %d", f.engine.Config(), len(f.invoices), len(f.payments))
}
