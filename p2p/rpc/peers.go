package rpc

import (
	"context"
	"net"
	"sync"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// peerAddr names one end of a stream.
type peerAddr struct{ id peer.ID }

func (peerAddr) Network() string  { return "libp2p" }
func (a peerAddr) String() string { return a.id.String() }

// peerConn is a libp2p stream as a net.Conn.
type peerConn struct {
	network.Stream
	peer    peer.ID
	release func() // gives the place among the peer's connections back
}

func (c *peerConn) LocalAddr() net.Addr  { return peerAddr{c.Stream.Conn().LocalPeer()} }
func (c *peerConn) RemoteAddr() net.Addr { return peerAddr{c.peer} }

// Close ends both directions. A closed stream of libp2p may still be read, a
// closed connection may not.
func (c *peerConn) Close() error {
	c.release()
	err := c.Stream.Close()
	if err != nil {
		_ = c.Stream.Reset()
	}
	return err
}

// peerListener accepts streams of one protocol.
type peerListener struct {
	host  host.Host
	id    protocol.ID
	allow func(peer.ID) bool
	queue chan *peerConn
	done  chan struct{}

	mu      sync.Mutex // guards closed and perPeer
	closed  bool
	perPeer map[peer.ID]int
}

// ListenPeers listens for HTTP on streams of this protocol. Streams of peers
// that allow refuses, of peers with ConnsPerPeerMax connections, and those that
// nobody accepts in time are reset without a byte. allow is called
// concurrently, once per stream: when a peer loses its permission later, the
// handler must check for itself, as its open connections stay.
func ListenPeers(h host.Host, id protocol.ID, allow func(peer.ID) bool) net.Listener {
	l := &peerListener{
		host:    h,
		id:      id,
		allow:   allow,
		queue:   make(chan *peerConn, acceptQueue),
		done:    make(chan struct{}),
		perPeer: make(map[peer.ID]int),
	}
	h.SetStreamHandler(id, l.take)
	return l
}

// take is called by libp2p for each stream.
func (l *peerListener) take(s network.Stream) {
	who := s.Conn().RemotePeer()
	if !l.allow(who) || !l.enter(who) {
		_ = s.Reset()
		return
	}
	c := &peerConn{Stream: s, peer: who, release: sync.OnceFunc(func() { l.leave(who) })}
	if s.Scope().SetService(string(l.id)) != nil {
		l.refuse(c)
		return
	}
	select {
	case l.queue <- c:
	default:
		l.refuse(c)
	}
}

func (l *peerListener) refuse(c *peerConn) {
	c.release()
	_ = c.Reset()
}

func (l *peerListener) enter(who peer.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.perPeer[who] >= ConnsPerPeerMax {
		return false
	}
	l.perPeer[who]++
	return true
}

func (l *peerListener) leave(who peer.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perPeer[who]--; l.perPeer[who] == 0 {
		delete(l.perPeer, who)
	}
}

// Accept returns the next connection of an allowed peer. The permission is
// asked again here, as it may have been taken back while the stream waited.
func (l *peerListener) Accept() (net.Conn, error) {
	for {
		select {
		case <-l.done:
			return nil, net.ErrClosed
		case c := <-l.queue:
			if !l.allow(c.peer) {
				l.refuse(c)
				continue
			}
			return c, nil
		}
	}
}

// Close stops listening and resets what was not accepted.
func (l *peerListener) Close() error {
	l.mu.Lock()
	wasClosed := l.closed
	l.closed = true
	l.mu.Unlock()
	if wasClosed {
		return nil
	}
	l.host.RemoveStreamHandler(l.id)
	close(l.done)
	for {
		select {
		case c := <-l.queue:
			l.refuse(c)
		default:
			return nil
		}
	}
}

func (l *peerListener) Addr() net.Addr { return peerAddr{l.host.ID()} }

// dialPeer opens a stream as a client's connection, through a relay if need be.
func dialPeer(ctx context.Context, h host.Host, to peer.ID, id protocol.ID) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	// Without this, NewStream over a limited relay connection waits for a
	// direct one until the context ends.
	s, err := h.NewStream(network.WithAllowLimitedConn(ctx, string(id)), to, id)
	if err != nil {
		return nil, err
	}
	return &peerConn{Stream: s, peer: to, release: func() {}}, nil
}
