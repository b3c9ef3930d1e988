package apiserver_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// calls makes one call for each permission that has procedures, with arguments
// that are refused after the permission is checked, if at all.
func calls(c *apiclient.Client, t *testing.T) map[api.Permission]error {
	t.Helper()
	ctx := t.Context()
	out := make(map[api.Permission]error)
	_, out[api.PermRead] = c.Info(ctx)
	_, _, out[api.PermBuyer] = c.Payments(ctx, apiclient.PaymentQuery{})
	_, _, out[api.PermSeller] = c.Invoices(ctx, apiclient.InvoiceQuery{})
	out[api.PermConfig] = c.SetRelays(ctx)
	_, out[api.PermAdmin] = c.Apps(ctx)
	return out
}

func TestPermissionsOfApplications(t *testing.T) {
	for _, may := range [][]string{{}, {"read"}, {"buyer"}, {"seller"}, {"config"}, {"admin"}, {"routes"}, {"read", "seller"}} {
		t.Run(strings.Join(may, "+"), func(t *testing.T) {
			f := newFake(t)
			f.srv.SetApps([]engine.AppRecord{{Key: node(50), Name: "app", Permissions: may}})
			for perm, err := range calls(f.app(t, 50), t) {
				if slices.Contains(may, string(perm)) {
					must(t, err)
				} else {
					wantError(t, err, apiclient.Denied, api.ReasonPermission)
				}
			}
			info, err := f.app(t, 50).Info(t.Context())
			if slices.Contains(may, "read") {
				must(t, err)
				if info.App != node(50).String() || len(info.Permissions) != len(may) {
					t.Errorf("the application is told to be %s with %v, want %v with %v", info.App, info.Permissions, node(50), may)
				}
			}
		})
	}
}

func TestLocalUserMayEverything(t *testing.T) {
	f := newFake(t)
	for perm, err := range calls(f.local(t), t) {
		if err != nil {
			t.Errorf("the local user lacks %s: %v", perm, err)
		}
	}
	info, err := f.local(t).Info(t.Context())
	must(t, err)
	if !slices.Equal(info.Permissions, api.AllPermissions()) || info.App != "" || info.Node != node(1) {
		t.Errorf("the local user is told %+v", info)
	}
}

func TestUnlistedAndUnknownCallers(t *testing.T) {
	f := newFake(t)
	f.srv.SetApps([]engine.AppRecord{{Key: node(50), Permissions: []string{"read"}}})
	_, err := f.app(t, 51).Info(t.Context())
	wantError(t, err, apiclient.Denied, api.ReasonPermission)
	if f.srv.Allowed(ident(51).PeerID()) || !f.srv.Allowed(ident(50).PeerID()) || f.srv.Allowed("") {
		t.Error("Allowed does not tell listed from unlisted keys")
	}
	// A request that did not come through package rpc has no caller.
	res := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, appv1connect.NodeServiceInfoProcedure, strings.NewReader("{}"))
	req.Header.Set("Content-Type", "application/json")
	f.srv.Handler().ServeHTTP(res, req)
	if res.Code != http.StatusUnauthorized || !strings.Contains(res.Body.String(), "unauthenticated") {
		t.Errorf("a request without caller got %d %s", res.Code, res.Body)
	}
}

// The interface is for other languages too: plain JSON over HTTP will do.
func TestPlainJSON(t *testing.T) {
	f := newFake(t)
	post := func(procedure, body string) (int, string) {
		req := httptest.NewRequest(http.MethodPost, procedure, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		res := httptest.NewRecorder()
		f.srv.Handler().ServeHTTP(res, req.WithContext(rpc.WithCaller(req.Context(), rpc.Caller{Local: true})))
		return res.Code, res.Body.String()
	}
	if code, body := post(appv1connect.NodeServiceInfoProcedure, "{}"); code != http.StatusOK || !strings.Contains(body, node(1).String()) {
		t.Errorf("Info as JSON: %d %s", code, body)
	}
	code, body := post(appv1connect.NodeServiceGetFriendProcedure, `{"friend":"nobody"}`)
	if code != http.StatusNotFound || !strings.Contains(body, `"reason":"unknown_friend"`) {
		t.Errorf("an error as JSON: %d %s", code, body)
	}
	if code, _ := post("/offset.app.v1.NodeService/Destroy", "{}"); code != http.StatusNotFound {
		t.Errorf("a procedure that does not exist: %d", code)
	}
	if code, _ := post(appv1connect.NodeServiceInfoProcedure, `{"x":"`+strings.Repeat("y", 300<<10)+`"}`); code == http.StatusOK {
		t.Error("a request of 300 KiB was read")
	}
}

func TestOwnTroubleIsNotTold(t *testing.T) {
	f := newFake(t)
	f.trouble = errors.New("disk on fire in /home/alice")
	_, err := f.local(t).Friends(t.Context())
	wantError(t, err, apiclient.Broken, api.ReasonInternal)
	if strings.Contains(err.Error(), "alice") {
		t.Errorf("an application is told of the node's inside: %v", err)
	}
}

// panicking is a backend that panics when it is asked for friends.
type panicking struct{ *fake }

func (panicking) Self() apiserver.Self { panic("bug") }

func TestPanicIsAnAnswer(t *testing.T) {
	f := newFake(t)
	srv, err := apiserver.New(apiserver.Config{Backend: panicking{f}, ParseTickets: address.Parse})
	must(t, err)
	f.srv = srv
	c := f.local(t)
	_, err = c.Info(t.Context())
	wantError(t, err, apiclient.Broken, api.ReasonInternal)
	_, err = c.Friends(t.Context())
	must(t, err)
}

func TestNewRefusesHalfAConfig(t *testing.T) {
	if _, err := apiserver.New(apiserver.Config{Backend: newFake(t)}); err == nil {
		t.Error("a server without ticket parser was made")
	}
	if _, err := apiserver.New(apiserver.Config{ParseTickets: address.Parse}); err == nil {
		t.Error("a server without backend was made")
	}
}

func TestApps(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	till := apiclient.App{Peer: node(60), Name: "till", Permissions: []api.Permission{api.PermSeller, api.PermRead}}
	must(t, c.AddApp(ctx, till))
	apps, err := c.Apps(ctx)
	must(t, err)
	if len(apps) != 1 || apps[0].Peer != till.Peer || !slices.Equal(apps[0].Permissions, []api.Permission{api.PermRead, api.PermSeller}) {
		t.Fatalf("applications are %+v", apps)
	}
	// It may call as soon as the owner heard that it is listed.
	app := f.app(t, 60)
	_, err = app.Info(ctx)
	must(t, err)
	wantError(t, app.RemoveApp(ctx, "till"), apiclient.Denied, api.ReasonPermission)

	wantError(t, c.AddApp(ctx, apiclient.App{Peer: node(61), Name: "till", Permissions: till.Permissions}), apiclient.Exists, "name_taken")
	wantError(t, c.AddApp(ctx, apiclient.App{Peer: node(61), Name: "x"}), apiclient.Invalid, api.ReasonPermissions)
	wantError(t, c.AddApp(ctx, apiclient.App{Peer: node(61), Name: "x", Permissions: []api.Permission{"king"}}), apiclient.Invalid, api.ReasonPermissions)
	wantError(t, c.AddApp(ctx, apiclient.App{Peer: node(1), Name: "x", Permissions: till.Permissions}), apiclient.Invalid, api.ReasonSelf)
	wantError(t, c.AddApp(ctx, apiclient.App{Peer: node(61), Name: "x\n", Permissions: till.Permissions}), apiclient.Invalid, api.ReasonName)
	wantError(t, c.RemoveApp(ctx, "nobody"), apiclient.NotFound, api.ReasonUnknownApp)

	// What is taken away is gone when the owner hears so.
	must(t, c.RemoveApp(ctx, node(60).String()))
	_, err = app.Info(ctx)
	wantError(t, err, apiclient.Denied, api.ReasonPermission)
	if f.srv.Allowed(ident(60).PeerID()) {
		t.Error("a removed application is still let in")
	}
	var zero ledger.NodeID
	wantError(t, c.AddApp(ctx, apiclient.App{Peer: zero, Name: "x", Permissions: till.Permissions}), apiclient.Invalid, "app_key_missing")
}
