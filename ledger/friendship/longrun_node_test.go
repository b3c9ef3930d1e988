package friendship_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
	"github.com/offset-p2p/offset/ledger/wire"
)

// crash says where a process ends while it carries out effects.
type crash uint8

const (
	noCrash      crash = iota
	beforeWrites       // nothing reaches the disk
	beforeFrames       // the writes are durable, no frame leaves
	amidFrames         // the first frame has left
	crashes
)

// node is one side of a scene: a process with its disk, and beside it what must
// be true of it.
type node struct {
	w          *scene
	i          int // its author
	id, friend ledger.NodeID
	key        ed25519.PrivateKey
	start      func(self, friend ledger.NodeID, s friendship.Stored) (*friendship.Friendship, error)
	skew       time.Duration // of its clock

	f      *friendship.Friendship
	disk   ledgertest.Disk
	stream int // that it believes to be up; 0: none
	inbox  []ledger.Frame
	crash  crash
	dirty  bool // not checked since something happened

	here, there *replica
	unseen      []*ledger.Entry // its own, which there lacks
	purse       purse
	highest     uint64            // as stored
	signed      uint64            // number of the newest opening signature that left
	accepting   bool              // an acceptance is stored
	bound       []friendship.Cost // as stored
	allowed     []friendship.Cost // as stored when the acceptance was
	drops       []string
	proposed    *ledger.Terms // newest that left
	seenThen    string        // its here, at that time
	over        [2][]overRequest
	forged      bool // terms that the friend accepted were proposed in its name only
}

// overRequest is a request that was resolved in this epoch.
type overRequest struct {
	ordinal uint64
	req     *ledger.Request
}

func (n *node) me() ledger.Author { return ledger.Author(n.i) }

// forgetAll is what a user does who removes the friend, and what a new node is:
// only the highest number stays.
func (n *node) forgetAll() {
	n.disk.Wipe(true)
	n.here, n.there, n.unseen = newReplica(), newReplica(), nil
	n.purse = newPurse()
	n.accepting, n.bound, n.allowed, n.forged = false, nil, nil, false
	n.proposed, n.over = nil, [2][]overRequest{}
}

// restart starts the process anew from its disk. The other side notices when it
// tries to say something, or when the next stream comes.
func (n *node) restart() error {
	f, err := n.start(n.id, n.friend, n.disk.Load())
	if err != nil {
		return fmt.Errorf("restarting: %w", err)
	}
	n.f, n.stream, n.inbox, n.dirty = f, 0, nil, true
	return nil
}

// deliver takes the oldest frame on the way to the node.
func (n *node) deliver() error {
	if len(n.inbox) == 0 {
		return nil
	}
	f := n.inbox[0]
	n.inbox = n.inbox[1:]
	if len(n.w.old) < oldMax {
		n.w.old = append(n.w.old, oldFrame{n.i, f})
	} else {
		n.w.old[int(n.w.nonce)%oldMax] = oldFrame{n.i, f}
	}
	return n.hand(f)
}

// hand gives the node a frame of its friend.
func (n *node) hand(f ledger.Frame) error {
	decoded, err := wire.Decode(wire.Encode(f))
	if err != nil {
		return fmt.Errorf("frame %T does not pass the wire: %w", f, err)
	}
	e, is := decoded.(*ledger.SignedEntry)
	if !is {
		eff, err := n.f.Receive(n.w.env(n), decoded)
		return errors.Join(err, n.perform(eff))
	}
	hash := ledger.EntryHash(e.Body)
	v, known := n.w.checks[hash]
	if !known {
		if v, err = friendship.Verify(n.friend, e); err != nil {
			return err
		}
		n.w.checks[hash] = v
	}
	eff, err := n.f.ReceiveEntry(n.w.env(n), v)
	return errors.Join(err, n.perform(eff))
}

// perform carries out effects in their order, or as far as the process lives.
func (n *node) perform(eff friendship.Effects) error {
	n.dirty = true
	end := noCrash
	if len(eff.Writes) > 0 {
		end, n.crash = n.crash, noCrash
	}
	if end != beforeWrites {
		if err := n.write(eff.Writes); err != nil {
			return fmt.Errorf("side %d: %w", n.i, err)
		}
	}
	if end == noCrash || end == amidFrames {
		for _, c := range eff.Changes {
			if err := n.changed(c); err != nil {
				return fmt.Errorf("side %d: %w", n.i, err)
			}
		}
		for k, f := range eff.Frames {
			if end == amidFrames && k == 1 {
				break
			}
			if err := n.send(f); err != nil {
				return fmt.Errorf("side %d: %w", n.i, err)
			}
		}
	}
	if end != noCrash {
		n.w.count.crashes++
		return n.restart()
	}
	if eff.Drop != "" {
		if n.drops = append(n.drops, eff.Drop); n.w.trace != nil {
			n.w.trace("  side %d drops: %s", n.i, eff.Drop)
		}
		n.w.cut(0, 1)
	}
	return nil
}

// changed looks at the news that no write shows.
func (n *node) changed(c friendship.Change) error {
	switch c := c.(type) {
	case friendship.RequestArrived:
		if c.Admitted {
			return exposure(n.f, c.Request.Currency)
		}
	case friendship.LostData:
		return errors.New("believes that it has lost data")
	}
	return nil
}

// send signs what the pure core left unsigned, checks what may be signed once
// only, and puts the frame into the stream, if the other side is there.
func (n *node) send(f ledger.Frame) error {
	switch m := f.(type) {
	case *ledger.SignedEntry:
		v, err := n.signedEntry(m.Body)
		if err != nil {
			return err
		}
		f = v
	case *ledger.Propose:
		if err := n.proposes(m.Terms); err != nil {
			return err
		}
	case *ledger.Accept:
		c := *m
		c.Signature = ledgertest.Sign(n.key, m.Epoch)
		f = &c
	case *ledger.Confirm:
		f = &ledger.Confirm{Epoch: m.Epoch, Signature: ledgertest.Sign(n.key, m.Epoch)}
	case *ledger.Opened:
		c := *m.Opening
		*c.SignatureOf(n.id) = ledgertest.Sign(n.key, c.ID())
		f = &ledger.Opened{Opening: &c}
	}
	switch f.(type) {
	case *ledger.Accept, *ledger.Confirm:
		if n.f.Highest() <= n.signed {
			return fmt.Errorf("signs number %d after %d", n.f.Highest(), n.signed)
		}
		if n.signed = n.f.Highest(); n.signed != n.highest {
			return fmt.Errorf("signs number %d, %d is stored", n.signed, n.highest)
		}
	}
	if n.w.trace != nil {
		n.w.trace("  %v side %d sends %s", n.w.mono, n.i, ledgertest.FrameText(f))
	}
	if to := n.w.other(n); to.stream == n.stream && n.stream != 0 {
		to.inbox = append(to.inbox, f)
	}
	return nil
}

// signedEntry returns an entry with its signature. It must be on the disk, and
// the only one of its number.
func (n *node) signedEntry(body []byte) (*ledger.SignedEntry, error) {
	number, err := ledger.PeekEntry(body)
	if err != nil {
		return nil, fmt.Errorf("signs what does not decode: %w", err)
	}
	at, hash := slot{number.Epoch, number.Author, number.Seq}, ledger.EntryHash(body)
	if stored, known := n.w.bodies[at]; !known || stored != hash || number.Author != n.me() {
		return nil, fmt.Errorf("sends entry %d, which is not the one that it has stored", number.Seq)
	}
	return &ledger.SignedEntry{Body: body, Signature: ledgertest.Sign(n.key, hash)}, nil
}

// check compares the machine with the replicas.
func (n *node) check() error {
	if n.f.State() == ledger.Recovering {
		return errors.New("is recovering")
	}
	if err := n.here.sameHere(n.f); err != nil {
		return fmt.Errorf("here: %w", err)
	}
	if n.f.Opening() == nil || n.f.Evidence() != nil { // an illegal entry spoils there
		return nil
	}
	if err := n.there.sameThere(n.f); err != nil {
		return fmt.Errorf("there: %w", err)
	}
	return nil
}
