package apiserver

import (
	"cmp"
	"context"
	"slices"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) ListApps(ctx context.Context, _ *connect.Request[appv1.ListAppsRequest]) (*connect.Response[appv1.ListAppsResponse], error) {
	cfg, err := s.backend.Config(ctx)
	if err != nil {
		return nil, err
	}
	apps := slices.SortedFunc(slices.Values(cfg.Apps), func(a, b engine.AppRecord) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Key[:], b.Key[:]))
	})
	out := &appv1.ListAppsResponse{}
	for _, app := range apps {
		out.Apps = append(out.Apps, &appv1.App{PeerId: app.Key.String(), Name: app.Name, Permissions: app.Permissions})
	}
	return connect.NewResponse(out), nil
}

func (s *service) AddApp(ctx context.Context, req *connect.Request[appv1.AddAppRequest]) (*connect.Response[appv1.AddAppResponse], error) {
	record, err := s.appRecord(req.Msg)
	if err != nil {
		return nil, err
	}
	return answer(&appv1.AddAppResponse{}, s.changeApps(ctx, func([]engine.AppRecord) (engine.Action, error) {
		return engine.PutApp{App: record}, nil
	}))
}

// appRecord checks what is said of an application.
func (s *service) appRecord(msg *appv1.AddAppRequest) (engine.AppRecord, error) {
	key, err := ledger.ParseNodeID(msg.GetPeerId())
	if err != nil {
		return engine.AppRecord{}, invalid(api.ReasonAppKey, "application's %v", err)
	}
	if key == s.backend.Self().Node {
		return engine.AppRecord{}, invalid(api.ReasonSelf,
			"%s is this node itself: make a key for the application, with stctrl ident new", key)
	}
	if err := checkName("application's name", msg.GetName()); err != nil {
		return engine.AppRecord{}, err
	}
	perms, err := api.ParsePermissions(msg.GetPermissions())
	if err != nil {
		return engine.AppRecord{}, invalid(api.ReasonPermissions, "%v", err)
	}
	record := engine.AppRecord{Key: key, Name: msg.GetName()}
	for _, p := range perms {
		record.Permissions = append(record.Permissions, string(p))
	}
	return record, nil
}

func (s *service) RemoveApp(ctx context.Context, req *connect.Request[appv1.RemoveAppRequest]) (*connect.Response[appv1.RemoveAppResponse], error) {
	ref := req.Msg.GetApp()
	return answer(&appv1.RemoveAppResponse{}, s.changeApps(ctx, func(apps []engine.AppRecord) (engine.Action, error) {
		for _, app := range apps {
			if app.Name == ref || app.Key.String() == ref {
				return engine.RemoveApp{Key: app.Key}, nil
			}
		}
		return nil, notFound(api.ReasonUnknownApp, "no application is called %.80q: see the list of applications", ref)
	}))
}

// changeApps runs the command that decide makes of the applications there are,
// and lists what then is listed before it returns: who loses a permission has
// lost it when the caller hears so.
func (s *service) changeApps(ctx context.Context, decide func([]engine.AppRecord) (engine.Action, error)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	cfg, err := s.backend.Config(ctx)
	if err != nil {
		return err
	}
	action, err := decide(cfg.Apps)
	if err != nil {
		return err
	}
	if _, err := s.backend.Do(ctx, action); err != nil {
		return err
	}
	if cfg, err = s.backend.Config(ctx); err != nil {
		return err
	}
	s.SetApps(cfg.Apps)
	return nil
}
