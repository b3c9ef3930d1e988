package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/protocol"
)

// Welcome tells of a session that has begun.
type Welcome struct {
	Server peer.ID
	// Offset is the server's wall clock less ours, to the precision of half a
	// round trip.
	Offset time.Duration
	// Epoch and Seq are the highest that the server remembers of this node;
	// zero when it remembers nothing.
	Epoch, Seq uint64
}

// Config says who hears of sessions. The zero value is valid.
type Config struct {
	// OnWelcome is called at the start of every session, before pages are
	// sent in it, from a goroutine of that session; it must not block. nil
	// hears nothing.
	OnWelcome func(Welcome)
	// Log hears of sessions that begin and end; nil logs nothing.
	Log *slog.Logger
}

// Client is a node's side of its sessions with index servers. Its methods are
// safe for concurrent use, also before and after Run.
type Client struct {
	host host.Host
	cfg  Config
	log  *slog.Logger
	book *book // what was published

	mu      sync.Mutex // guards servers
	servers []*server  // in the user's order

	changed chan struct{} // 1-buffered: servers is another list
}

// New returns a client without servers on a host; nothing happens before Run.
func New(h host.Host, cfg Config) *Client {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.OnWelcome == nil {
		cfg.OnWelcome = func(Welcome) {}
	}
	return &Client{host: h, cfg: cfg, log: cfg.Log, book: newBook(), changed: make(chan struct{}, 1)}
}

// SetServers replaces the list of index servers, at most ServersMax with
// distinct peer IDs; sessions with servers that stay with the same addresses go
// on. An empty list ends all sessions. Every server that is not connected is
// tried at once.
func (c *Client) SetServers(servers []peer.AddrInfo) error {
	if err := c.checkServers(servers); err != nil {
		return err
	}
	c.mu.Lock()
	next := make([]*server, len(servers))
	for i, info := range servers {
		next[i] = newServer(c, info)
		for _, old := range c.servers {
			if old.sameAs(info) {
				next[i] = old
			}
		}
	}
	c.servers = next
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
	c.NetworkChanged()
	return nil
}

func (c *Client) checkServers(servers []peer.AddrInfo) error {
	if len(servers) > ServersMax {
		return fmt.Errorf("%d index servers, at most %d are used: leave some out", len(servers), ServersMax)
	}
	for i, s := range servers {
		switch {
		case s.ID == c.host.ID():
			return errors.New("an index server is this node itself: name another one")
		case s.ID == "":
			return errors.New("an index server without a peer ID: its ticket must end in /p2p/ and the peer ID")
		case slices.ContainsFunc(servers[:i], func(o peer.AddrInfo) bool { return o.ID == s.ID }):
			return fmt.Errorf("index server %s is listed twice: put its addresses together", s.ID)
		}
	}
	return nil
}

// NetworkChanged tries servers that are not connected at once instead of after
// their back-off.
func (c *Client) NetworkChanged() {
	for _, s := range c.list() {
		s.retryNow()
	}
}

func (c *Client) list() []*server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.servers)
}

// Publish reports pages of this node to every server: at once to those
// connected, and to the others when they are. Of each place (currency and
// number) only the newest page is kept and sent; it replaces older ones, also
// those on their way. The error says that a page does not decode, and then
// none was taken.
func (c *Client) Publish(pages []capacity.SignedPage) error {
	read := make([]issued, len(pages))
	for i, p := range pages {
		var err error
		if read[i], err = readIssued(p); err != nil {
			return err
		}
	}
	c.book.put(read...)
	for _, s := range c.list() {
		if session := s.current(); session != nil {
			session.pending.put(read...)
		}
	}
	return nil
}

// ServerStatus is how things stand with one server.
type ServerStatus struct {
	Server    peer.AddrInfo
	Connected bool // a session is up
	Relayed   bool // the session runs through a relay
	Since     time.Time
	// Offset is the server's clock less ours and RTT the last round trip;
	// both of the last session, zero before the first.
	Offset time.Duration
	RTT    time.Duration
	// Refused counts the pages the server has refused, by reason.
	Refused map[protocol.RefusedReason]uint64
	// Err is why the last session or attempt ended; nil when there was none
	// or a session is up.
	Err error
}

// Status returns how things stand with every server, in the user's order.
func (c *Client) Status() []ServerStatus {
	list := c.list()
	out := make([]ServerStatus, len(list))
	for i, s := range list {
		out[i] = s.status()
	}
	return out
}

// Run keeps the sessions until ctx ends, which is no error.
func (c *Client) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := make(map[*server]context.CancelFunc)
	for {
		list := c.list()
		for s, cancel := range running {
			if !slices.Contains(list, s) {
				cancel()
				delete(running, s)
			}
		}
		for _, s := range list {
			if _, ok := running[s]; ok {
				continue
			}
			sctx, cancel := context.WithCancel(ctx)
			running[s] = cancel
			wg.Go(func() {
				defer cancel()
				s.run(sctx)
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.changed:
		}
	}
}
