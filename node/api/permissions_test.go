package api_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// procedures lists what the service definition holds, as Connect names it, with
// its comment.
func procedures(t *testing.T) map[string]string {
	t.Helper()
	file := appv1.File_offset_app_v1_app_proto
	out := make(map[string]string)
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		for j := range service.Methods().Len() {
			m := service.Methods().Get(j)
			out["/"+string(service.FullName())+"/"+string(m.Name())] = string(m.Name())
		}
	}
	if len(out) == 0 {
		t.Fatal("the service has no procedures")
	}
	return out
}

func TestEveryProcedureHasAPermission(t *testing.T) {
	all := procedures(t)
	for name := range all {
		perm, ok := api.PermissionOf(name)
		if !ok {
			t.Errorf("%s is in app.proto and not in the table: nobody may call it", name)
		} else if !slices.Contains(api.AllPermissions(), perm) {
			t.Errorf("%s needs permission %q, which does not exist", name, perm)
		}
	}
	if n := api.ListedProcedures(); n != len(all) {
		t.Errorf("the table has %d procedures, app.proto %d: remove what is gone", n, len(all))
	}
}

// What changes something needs more than read, whatever the table says.
func TestReadOnlyReads(t *testing.T) {
	for name, method := range procedures(t) {
		perm, _ := api.PermissionOf(name)
		reads := slices.ContainsFunc([]string{"Info", "List", "Get", "Events"}, func(p string) bool { return strings.HasPrefix(method, p) })
		if !reads && (perm == api.PermRead || perm == api.PermRoutes) {
			t.Errorf("%s needs only permission %s", method, perm)
		}
		if strings.Contains(method, "App") && perm != api.PermAdmin {
			t.Errorf("%s, which is about permissions, needs only %s", method, perm)
		}
	}
}

func TestUnlistedIsRefused(t *testing.T) {
	for _, name := range []string{"", "/", "Info", "/offset.app.v1.NodeService/", "/offset.app.v1.NodeService/info", "/offset.app.v2.NodeService/Info"} {
		if perm, ok := api.PermissionOf(name); ok {
			t.Errorf("%q needs %s, want it refused", name, perm)
		}
	}
}

func TestParsePermissions(t *testing.T) {
	got, err := api.ParsePermissions([]string{"seller", "read", "seller"})
	if err != nil || !slices.Equal(got, []api.Permission{api.PermRead, api.PermSeller}) {
		t.Errorf("got %v, %v; want read and seller once each, in order", got, err)
	}
	for _, bad := range [][]string{nil, {}, {""}, {"Read"}, {"read", "king"}, {"read,seller"}} {
		if got, err := api.ParsePermissions(bad); err == nil || !strings.Contains(err.Error(), "choose from read, routes, buyer, seller, config, admin") {
			t.Errorf("ParsePermissions(%q) = %v, %v; want an error that lists what there is", bad, got, err)
		}
	}
}

// The comments of app.proto are what foreign developers read: the permission
// that each names must be the one that is asked for.
func TestCommentsNameThePermission(t *testing.T) {
	text, err := os.ReadFile("pb/offset/app/v1/app.proto")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`Permission: (\w+)\.\s+rpc (\w+)\(`)
	comments := strings.ReplaceAll(string(text), "  //", "")
	found := make(map[string]string)
	for _, m := range named.FindAllStringSubmatch(regexp.MustCompile(`Permission:\s+`).ReplaceAllString(comments, "Permission: "), -1) {
		found[m[2]] = m[1]
	}
	for name, method := range procedures(t) {
		if perm, _ := api.PermissionOf(name); found[method] != string(perm) {
			t.Errorf("the comment of %s names permission %q, the table %q", method, found[method], perm)
		}
	}
}
