package ledgertest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Key returns the key pair number n: always the same for the same n.
func Key(n int) (ledger.NodeID, ed25519.PrivateKey) {
	seed := sha256.Sum256(fmt.Appendf(nil, "ledgertest key %d", n))
	key := ed25519.NewKeyFromSeed(seed[:])
	return ledger.NodeID(key.Public().(ed25519.PublicKey)), key
}

// Sign returns the signature of a hash, as the shell of a node makes it.
func Sign(key ed25519.PrivateKey, h ledger.Hash) ledger.Signature {
	return ledger.Signature(ed25519.Sign(key, h[:]))
}

// Crash says where a party's process ends while it carries out effects.
type Crash uint8

const (
	// NoCrash: it does not.
	NoCrash Crash = iota
	// CrashBeforeWrites: nothing reaches the disk.
	CrashBeforeWrites
	// CrashBeforeFrames: the writes are durable, no frame leaves.
	CrashBeforeFrames
)

// String says it as a scenario does.
func (c Crash) String() string {
	switch c {
	case CrashBeforeWrites:
		return "before writes"
	case CrashBeforeFrames:
		return "before frames"
	default:
		return "never"
	}
}

// Party is one side of a Pair: a node's key, its disk, and its machine.
type Party struct {
	ID      ledger.NodeID
	F       *friendship.Friendship
	Disk    Disk
	Changes []friendship.Change // all since the test last emptied it
	Drops   []string            // reasons for which the stream was dropped

	// CrashNext ends the process during the next effects that have writes, after
	// as many of them as CrashAfter says.
	CrashNext  Crash
	CrashAfter int

	// AtStake is given to the machine with each step; nil: every request is.
	AtStake func(*friendship.Pending) bool

	// New makes the machine, at each restart; nil: friendship.New.
	New func(self, friend ledger.NodeID, s friendship.Stored) (*friendship.Friendship, error)

	key     ed25519.PrivateKey
	friend  ledger.NodeID
	inbox   []ledger.Frame
	removed bool // the user has removed the friend
}

// crashes reports how the process ends during effects that have writes.
func (p *Party) crashes() Crash {
	if p.CrashNext != NoCrash && p.CrashAfter > 0 {
		p.CrashAfter--
		return NoCrash
	}
	how := p.CrashNext
	p.CrashNext = NoCrash
	return how
}

// Author returns which author the party is.
func (p *Party) Author() ledger.Author { return ledger.AuthorOf(p.ID, p.friend) }

// Restart makes the machine anew from the disk, as after a crash. It fails the
// run when the disk is damaged.
func (p *Party) Restart() error {
	start := p.New
	if start == nil {
		start = friendship.New
	}
	f, err := start(p.ID, p.friend, p.Disk.Load())
	if err != nil {
		return fmt.Errorf("restarting %s: %w", p.ID.Short(), err)
	}
	p.F = f
	return nil
}

// Inbox returns how many frames wait for the party.
func (p *Party) Inbox() int { return len(p.inbox) }

// TakeChanges returns the changes since the last call.
func (p *Party) TakeChanges() []friendship.Change {
	c := p.Changes
	p.Changes = nil
	return c
}

// signed fills in the party's signature where the pure core left it out.
func (p *Party) signed(f ledger.Frame) ledger.Frame {
	switch m := f.(type) {
	case *ledger.SignedEntry:
		return &ledger.SignedEntry{Body: m.Body, Signature: Sign(p.key, ledger.EntryHash(m.Body))}
	case *ledger.Accept:
		c := *m
		c.Signature = Sign(p.key, m.Epoch)
		return &c
	case *ledger.Confirm:
		return &ledger.Confirm{Epoch: m.Epoch, Signature: Sign(p.key, m.Epoch)}
	case *ledger.Opened:
		c := *m.Opening
		*c.SignatureOf(p.ID) = Sign(p.key, c.ID())
		return &ledger.Opened{Opening: &c}
	default:
		return f
	}
}
