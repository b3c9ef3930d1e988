package link

import (
	"context"
	"errors"
	"log/slog"

	"github.com/libp2p/go-libp2p/core/host"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/p2p/identity"
)

// Entry is an entry of a friend whose signature was checked.
type Entry struct {
	Verified friendship.VerifiedEntry
	// Parts are the sealed parts of requests that end at this node and that
	// open, by part lock; the others are absent.
	Parts map[ledger.Lock]*ledger.Part
	Bytes int // on the wire
}

// Handler hears what happens on links, from the goroutines of their streams.
// The calls of one friend come one after another, for each link Up first, then
// Frame and Entry in the order of arrival, then Down; links of a friend never
// overlap. A call may block, and then the friend's stream is not read. An error
// ends the link. ctx ends with the link; that of Down ends only with Run, and
// may be over already.
type Handler interface {
	// Up says that a link is open. Numbers of links rise. PeerRecord is this
	// node's signed peer record, for the Hello that has to be sent now.
	Up(ctx context.Context, friend ledger.NodeID, link uint64, peerRecord []byte) error
	// Frame hands over any frame but an entry, a ping or a pong, and the bytes it
	// had on the wire. The first one of a link is its *ledger.Hello.
	Frame(ctx context.Context, friend ledger.NodeID, link uint64, frame ledger.Frame, size int) error
	// Entry hands over an entry of the epoch that this node's newest Hello on the
	// link names; those of other epochs are thrown away. On one link the entries of
	// an epoch follow each other without a gap.
	Entry(ctx context.Context, friend ledger.NodeID, link uint64, entry Entry) error
	// Down says that a link has ended.
	Down(ctx context.Context, friend ledger.NodeID, link uint64)
}

// Opener opens sealed parts; node/seal.Keys is one. It is called concurrently.
type Opener interface {
	OpenPart(lock, partLock ledger.Lock, sealed []byte) (*ledger.Part, error)
}

// Config says what a Manager works with. All fields but Log are required.
type Config struct {
	Host     host.Host
	Identity *identity.Identity // of Host
	Opener   Opener
	Handler  Handler
	Log      *slog.Logger // nil: nothing is logged
}

// Validate says what is missing.
func (c Config) Validate() error {
	switch {
	case c.Host == nil || c.Identity == nil || c.Opener == nil || c.Handler == nil:
		return errors.New("friend links need a host, an identity, an opener and a handler")
	case c.Host.ID() != c.Identity.PeerID():
		return errors.New("friend links: the identity is not the host's")
	}
	return nil
}

// Friend is a friend to keep a link with.
type Friend struct {
	ID        ledger.NodeID
	Addresses []string // multiaddrs that end in /p2p/<ID>
}
