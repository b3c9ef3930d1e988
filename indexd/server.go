package indexd

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/pages"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/frame"
)

// ServerConfig says how a Server behaves. Start from DefaultServerConfig.
type ServerConfig struct {
	// Sessions is how many nodes may have a session, SessionsPerPrefix how
	// many of them from one IPv4 /24 or IPv6 /48; both over 0.
	Sessions          int
	SessionsPerPrefix int

	// QueriesPerSecond is the pace of one node's route queries, over 0; what
	// it did not use in the last ten seconds it may use at once.
	QueriesPerSecond int

	// Pages bound what the server holds; default pages.DefaultLimits.
	Pages pages.Limits

	// Clock is the wall clock; default time.Now. Timers run on Go's own.
	Clock func() time.Time

	// Log hears of trust, sessions and trouble; nil logs nothing.
	Log *slog.Logger
}

// DefaultServerConfig returns a ServerConfig with every default.
func DefaultServerConfig() ServerConfig {
	return ServerConfig{
		Sessions:          sessionsMax,
		SessionsPerPrefix: sessionsPerPrefixMax,
		QueriesPerSecond:  queriesPerSecond,
		Pages:             pages.DefaultLimits(),
		Clock:             time.Now,
	}
}

// Validate says what is wrong with a ServerConfig.
func (c ServerConfig) Validate() error {
	if c.Sessions <= 0 || c.SessionsPerPrefix <= 0 {
		return fmt.Errorf("index server: limits of sessions must be over 0")
	}
	if c.QueriesPerSecond <= 0 {
		return fmt.Errorf("index server: the pace of queries must be over 0")
	}
	if c.Clock == nil {
		return fmt.Errorf("index server without a clock")
	}
	return c.Pages.Validate()
}

// Server is an index server on a host. Its methods are safe for concurrent use.
type Server struct {
	host       *p2p.Host
	cfg        ServerConfig
	log        *slog.Logger
	started    time.Time
	core       *core
	federation *gossip.Federation
	admission  *admission
	tally      *tally
	strangers  *rate.Limiter // handshakes of peers that are not listed

	mu       sync.Mutex // guards the fields below
	sessions map[peer.ID]*frame.Stream
	members  map[peer.ID]*member // the trusted servers

	changed   chan struct{}        // 1-buffered: members is another list
	farewells chan peer.ID         // servers that trust was taken from
	served    []*frame.Server      // while Run runs
	serving   chan struct{}        // closed when the protocols are served
	notifiee  network.NotifyBundle // set once in NewServer
}

// NewServer returns a server that trusts nobody yet; nothing happens before
// Run. The error is that of ServerConfig.Validate.
func NewServer(h *p2p.Host, cfg ServerConfig) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		host:      h,
		cfg:       cfg,
		log:       cfg.Log,
		started:   cfg.Clock(),
		admission: newAdmission(cfg),
		strangers: rate.NewLimiter(strangersPerSecond, strangersBurst),
		tally:     newTally(),
		sessions:  make(map[peer.ID]*frame.Stream),
		members:   make(map[peer.ID]*member),
		changed:   make(chan struct{}, 1),
		serving:   make(chan struct{}),
		farewells: make(chan peer.ID, gossip.TrustedMax),
	}
	var err error
	if s.core, err = newCore(cfg.Pages, cfg.Clock, s.tally); err != nil {
		return nil, err
	}
	g := gossip.DefaultConfig()
	g.Intake = s.core.intake
	g.OnTrust = s.trustChanged
	g.Log = cfg.Log
	if s.federation, err = gossip.New(h, g); err != nil {
		return nil, err
	}
	s.notifiee.DisconnectedF = s.disconnected
	return s, nil
}

// millis is the wall clock on the wire.
func (s *Server) millis() uint64 { return capacity.Millis(s.cfg.Clock()) }

// Serving is closed when nodes and servers are served.
func (s *Server) Serving() <-chan struct{} { return s.serving }

// Run serves until ctx ends, which is no error, and returns when everything it
// started has ended. It is called once and
// does not close the host.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.host.Network().Notify(&s.notifiee)
	defer s.host.Network().StopNotify(&s.notifiee)
	defer s.stopServing()
	if err := s.serve(); err != nil {
		return err
	}
	close(s.serving)
	var wg sync.WaitGroup
	defer wg.Wait()
	failed := make(chan error, 1)
	wg.Go(func() {
		defer cancel()
		failed <- s.federation.Run(ctx)
	})
	wg.Go(func() { s.runFarewells(ctx) })
	wg.Go(func() { s.runExpiry(ctx) })
	s.runMembers(ctx)
	return <-failed
}

// serve registers the stream protocols.
func (s *Server) serve() error {
	index := frame.NewProtocol(protocol.IndexID, protocol.IndexFrameBytes)
	index.PerPeer, index.Total = sessionsPerPeerMax, s.cfg.Sessions
	trust := s.trustProtocol()
	catchUp := frame.NewProtocol(protocol.SyncID, protocol.SyncFrameBytes)
	catchUp.PerPeer, catchUp.Total = syncStreamsPerPeerMax, syncStreamsMax
	catchUp.Lifetime = syncLifetime
	catchUp.Allow = s.federation.Trust().Mutual
	for _, p := range []struct {
		protocol frame.Protocol
		handler  frame.Handler
	}{{index, s.serveSession}, {trust, s.serveTrust}, {catchUp, s.serveSync}} {
		p.protocol.Log = s.log
		server, err := frame.Serve(s.host, p.protocol, p.handler)
		if err != nil {
			return err
		}
		s.served = append(s.served, server)
	}
	return nil
}

func (s *Server) stopServing() {
	for _, server := range s.served {
		server.Close()
	}
	s.served = nil
}

// runExpiry removes what is over.
func (s *Server) runExpiry(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.core.expire()
		}
	}
}

// sessionBegan notes a node's session and ends its older one: the newest
// authenticated stream counts, a dead one must not win.
func (s *Server) sessionBegan(stream *frame.Stream) {
	s.mu.Lock()
	old := s.sessions[stream.Peer()]
	s.sessions[stream.Peer()] = stream
	s.mu.Unlock()
	if old != nil {
		old.Reset()
	}
	s.tally.add("sessions_began", 1)
}

func (s *Server) sessionEnded(stream *frame.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[stream.Peer()] == stream {
		delete(s.sessions, stream.Peer())
	}
}
