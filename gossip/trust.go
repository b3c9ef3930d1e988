package gossip

import (
	"bytes"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
)

// TrustState says which of two index servers lists the other.
type TrustState uint8

const (
	// TrustNone: neither lists the other, as far as is known.
	TrustNone TrustState = iota
	// TrustOurs: the operator here lists the peer; the peer has not said on
	// the present connection that it lists this server.
	TrustOurs
	// TrustTheirs: the peer says that it lists this server, the operator
	// here does not list it.
	TrustTheirs
	// TrustMutual: both list each other; only now anything is shared.
	TrustMutual
	// TrustCut: the peer was cut off for what it sent. It stays so until the
	// operator takes it off the list, or the server restarts.
	TrustCut
)

// String returns the word that operators read: none, ours, theirs, mutual or
// cut.
func (s TrustState) String() string {
	switch s {
	case TrustNone:
		return "none"
	case TrustOurs:
		return "ours"
	case TrustTheirs:
		return "theirs"
	case TrustMutual:
		return "mutual"
	case TrustCut:
		return "cut"
	}
	return "unknown"
}

// PeerTrust is one line of the trust table.
type PeerTrust struct {
	Peer  peer.ID
	State TrustState
}

// Trust is the table of who lists whom. One half is the operator's word
// (SetOurs), the other what peers say in the handshake (SetTheirs). It is safe
// for concurrent use and is asked on every RPC, so reading takes a shared lock
// only.
type Trust struct {
	mu      sync.RWMutex // guards the fields below
	ours    map[peer.ID]struct{}
	theirs  map[peer.ID]struct{}
	cut     map[peer.ID]struct{}      // part of ours
	changed func(peer.ID, TrustState) // called without mu
}

// NewTrust returns an empty table: nobody trusts anybody. changed, when not
// nil, is told of every peer whose state has changed, after the change and
// outside of any lock; it must not block.
func NewTrust(changed func(peer.ID, TrustState)) *Trust {
	if changed == nil {
		changed = func(peer.ID, TrustState) {}
	}
	return &Trust{
		ours:    make(map[peer.ID]struct{}),
		theirs:  make(map[peer.ID]struct{}),
		cut:     make(map[peer.ID]struct{}),
		changed: changed,
	}
}

// SetOurs replaces the list of servers that the operator trusts. At most
// TrustedMax are taken, in the order given; the number left out is returned.
func (t *Trust) SetOurs(ids []peer.ID) (leftOut int) {
	next := make(map[peer.ID]struct{}, len(ids))
	for _, id := range ids {
		if _, double := next[id]; double {
			continue
		}
		if len(next) == TrustedMax {
			leftOut++
			continue
		}
		next[id] = struct{}{}
	}
	t.mu.Lock()
	var touched []peer.ID
	for id := range t.ours {
		if _, stays := next[id]; !stays {
			touched = append(touched, id)
			delete(t.cut, id)
		}
	}
	for id := range next {
		if _, was := t.ours[id]; !was {
			touched = append(touched, id)
		}
	}
	t.ours = next
	t.mu.Unlock()
	sortPeers(touched)
	for _, id := range touched {
		t.changed(id, t.State(id))
	}
	return leftOut
}

// SetTheirs notes whether a peer says that it lists this server. It is the
// last word of the handshake, and false when the connection has ended. Peers
// that are not listed here and list this server are remembered up to
// AdmirersMax, to be shown to the operator.
func (t *Trust) SetTheirs(id peer.ID, lists bool) {
	t.mu.Lock()
	_, was := t.theirs[id]
	switch {
	case !lists:
		delete(t.theirs, id)
	case t.full(id):
		lists = false
	default:
		t.theirs[id] = struct{}{}
	}
	t.mu.Unlock()
	if was != lists {
		t.changed(id, t.State(id))
	}
}

// Cut ends the trust in a listed peer for what it sent; see TrustCut. A peer
// that is not listed is not touched.
func (t *Trust) Cut(id peer.ID) {
	t.mu.Lock()
	_, listed := t.ours[id]
	_, already := t.cut[id]
	if listed {
		t.cut[id] = struct{}{}
	}
	t.mu.Unlock()
	if listed && !already {
		t.changed(id, TrustCut)
	}
}

// full reports whether a peer that is not listed here finds no room.
func (t *Trust) full(id peer.ID) bool {
	if _, known := t.theirs[id]; known {
		return false
	}
	if _, listed := t.ours[id]; listed {
		return false
	}
	return len(t.theirs) >= AdmirersMax+len(t.ours)
}

// State returns who lists whom between this server and a peer.
func (t *Trust) State(id peer.ID) TrustState {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.state(id)
}

func (t *Trust) state(id peer.ID) TrustState {
	_, ours := t.ours[id]
	_, theirs := t.theirs[id]
	_, cut := t.cut[id]
	switch {
	case cut:
		return TrustCut
	case ours && theirs:
		return TrustMutual
	case ours:
		return TrustOurs
	case theirs:
		return TrustTheirs
	}
	return TrustNone
}

// Lists reports whether the operator lists the peer and it was not cut off:
// the word that the handshake carries.
func (t *Trust) Lists(id peer.ID) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, listed := t.ours[id]
	_, cut := t.cut[id]
	return listed && !cut
}

// Mutual reports whether both list each other. Whatever is shared with or
// taken from another server asks this first.
func (t *Trust) Mutual(id peer.ID) bool { return t.State(id) == TrustMutual }

// Peers returns every peer with a state other than TrustNone, ordered by ID.
func (t *Trust) Peers() []PeerTrust {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]PeerTrust, 0, len(t.ours)+len(t.theirs))
	for id := range t.ours {
		out = append(out, PeerTrust{Peer: id, State: t.state(id)})
	}
	for id := range t.theirs {
		if _, listed := t.ours[id]; !listed {
			out = append(out, PeerTrust{Peer: id, State: TrustTheirs})
		}
	}
	slices.SortFunc(out, func(a, b PeerTrust) int {
		return bytes.Compare([]byte(a.Peer), []byte(b.Peer))
	})
	return out
}

func sortPeers(ids []peer.ID) {
	slices.SortFunc(ids, func(a, b peer.ID) int { return bytes.Compare([]byte(a), []byte(b)) })
}
