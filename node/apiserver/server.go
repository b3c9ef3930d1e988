package apiserver

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/engine"
)

// Config is what a Server needs.
type Config struct {
	// Backend is the node. Required.
	Backend Backend
	// ParseTickets reads the peers in a text of tickets, each with its
	// addresses; its errors are shown to the user. Required: package node
	// passes address.Parse.
	ParseTickets func(text string) ([]peer.AddrInfo, error)
	// Now is the clock that people see; default time.Now.
	Now func() time.Time
	// Log receives the node's own trouble, at level error; nil logs nothing.
	Log *slog.Logger
}

// Server answers applications. It is safe for concurrent use and has no
// goroutine of its own: it lives on those of the HTTP server.
type Server struct {
	backend      Backend
	parseTickets func(string) ([]peer.AddrInfo, error)
	now          func() time.Time
	log          *slog.Logger
	instance     string // of this run, in streams of events
	hub          *hub
	watches      *watches
	streams      streams

	// apps is replaced as a whole; readers never wait.
	apps atomic.Pointer[map[peer.ID]map[api.Permission]bool]
	// changing makes read-modify-write of settings and applications by two
	// callers one after the other. It guards no field and is held over a
	// command to the engine, which has no reason to come back here.
	changing sync.Mutex
}

// New makes a server. No application is listed until SetApps; the local user
// always is.
func New(cfg Config) (*Server, error) {
	if cfg.Backend == nil || cfg.ParseTickets == nil {
		return nil, errors.New("application server without backend or ticket parser")
	}
	s := &Server{
		backend: cfg.Backend, parseTickets: cfg.ParseTickets, now: cfg.Now, log: cfg.Log,
		instance: rand.Text(), hub: newHub(ringEvents), watches: newWatches(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.SetApps(nil)
	return s, nil
}

// Handler returns the HTTP handler of the service, for rpc.Serve. It refuses
// every request whose context does not come from package rpc.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(appv1connect.NewNodeServiceHandler(
		&service{s},
		connect.WithInterceptors(guard{s}),
		connect.WithReadMaxBytes(requestBytesMax),
		connect.WithCompressMinBytes(compressBytesMin),
		connect.WithRecover(s.recovered),
	))
	return mux
}

// recovered answers for a handler that panicked: that is our fault, never the
// caller's, and other calls go on.
func (s *Server) recovered(_ context.Context, spec connect.Spec, _ http.Header, what any) error {
	s.log.Error("application call panicked", "procedure", spec.Procedure, "panic", what)
	return errInternal()
}

// SetApps replaces the list of applications. Streams that are open notice with
// their next message.
func (s *Server) SetApps(apps []engine.AppRecord) {
	next := make(map[peer.ID]map[api.Permission]bool, len(apps))
	for _, app := range apps {
		id, err := peer.Decode(app.Key.String())
		if err != nil {
			continue // Not a key: nobody can be it.
		}
		may := make(map[api.Permission]bool, len(app.Permissions))
		for _, p := range app.Permissions {
			may[api.Permission(p)] = true
		}
		next[id] = may
	}
	s.apps.Store(&next)
}

// Allowed reports whether a peer is a listed application. It is meant for the
// listener, which resets the streams of others.
func (s *Server) Allowed(p peer.ID) bool {
	_, ok := (*s.apps.Load())[p]
	return ok
}

// Publish tells the streams of events what has changed, in order. It never
// blocks. What the events point to must not change any more.
func (s *Server) Publish(events []engine.Event) {
	s.hub.publish(events)
	s.watches.publish(events)
}

// NetworkChanged tells the streams of events that relays or index servers, or
// their states, are not what they were. It never blocks.
func (s *Server) NetworkChanged() {
	s.hub.publish([]engine.Event{{Wall: s.now()}}) // One that names nothing else.
}
