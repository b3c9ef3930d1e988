package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// entryID is what the key of an entry's row says.
type entryID struct {
	friend ledger.NodeID
	epoch  uint64
	author ledger.Author
	seq    uint64
}

func parseEntryRow(r string) (entryID, error) {
	n := names(entryTable, r)
	if len(n) != 4 {
		return entryID{}, errors.New("its key is malformed")
	}
	friend, err1 := ledger.ParseNodeID(n[0])
	epoch, err2 := strconv.ParseUint(n[1], 16, 64)
	author, err3 := strconv.ParseUint(n[2], 10, 1)
	seq, err4 := strconv.ParseUint(n[3], 16, 64)
	return entryID{friend, epoch, ledger.Author(author), seq}, errors.Join(err1, err2, err3, err4)
}

// readEntry reads the value of an entry's row: the signature, then the body.
func readEntry(value []byte) (ledger.SignedEntry, error) {
	var signed ledger.SignedEntry
	if len(value) < len(signed.Signature) {
		return signed, errors.New("it is truncated")
	}
	copy(signed.Signature[:], value)
	signed.Body = slices.Clone(value[len(signed.Signature):])
	return signed, nil
}

// chain is one log of a ledger as it is read: entries from seq 1 or the
// snapshot on, each naming the hash of the one before.
type chain struct {
	friend  ledger.NodeID
	author  ledger.Author
	own     bool // this node's log, whose signatures are not stored
	number  uint64
	epoch   ledger.Hash
	head    ledger.Head
	newest  ledger.SignedEntry
	lastRow string
}

func newChain(self ledger.NodeID, id entryID, l *friendship.Stored) (*chain, error) {
	c := &chain{
		friend: id.friend, author: id.author, own: id.author == ledger.AuthorOf(self, id.friend),
		number: l.Opening.Terms.Number, epoch: l.Opening.ID(),
	}
	if l.Snapshot != nil {
		heads, err := l.Snapshot.Heads()
		if err != nil {
			return nil, err
		}
		c.head = heads[id.author]
	}
	return c, nil
}

// add checks the next entry and makes it the newest.
func (c *chain) add(r string, id entryID, value []byte) error {
	signed, err := readEntry(value)
	if err != nil {
		return err
	}
	entry, err := ledger.DecodeEntry(signed.Body)
	switch {
	case err != nil:
		return err
	case id.epoch != c.number || entry.Epoch != c.epoch:
		return errors.New("it is not of the open epoch")
	case entry.Author != id.author || entry.Seq != id.seq:
		return errors.New("its author or seq is not what its key says")
	case entry.Seq != c.head.Seq+1:
		return fmt.Errorf("entry %d follows entry %d", entry.Seq, c.head.Seq)
	case entry.Prev != c.head.Hash:
		return errors.New("it does not name its predecessor")
	}
	c.head = ledger.Head{Seq: entry.Seq, Hash: ledger.EntryHash(signed.Body)}
	c.newest, c.lastRow = signed, r
	return nil
}

// close checks the friend's signature of the newest entry, which by its chain
// of hashes stands for all entries before it.
func (c *chain) close() error {
	if c == nil || c.own || ledger.VerifyHash(c.friend, c.head.Hash, c.newest.Signature) {
		return nil
	}
	return damaged(c.lastRow, fmt.Errorf("the friend's %w", friendship.ErrSignature))
}

// readSnapshot reads a snapshot of the open epoch and checks it against the
// digest of its checkpoint, and the friend's signature of that. Own entries are
// held to it by the chain that goes on from it.
func readSnapshot(friend ledger.NodeID, opening *ledger.Opening, value []byte) (*friendship.Snapshot, error) {
	s, err := friendship.DecodeSnapshot(value)
	if err != nil {
		return nil, err
	}
	n, err := s.Entry()
	if err != nil {
		return nil, err
	}
	author := opening.Terms.Low
	if n.Author == 1 {
		author = opening.Terms.High
	}
	switch {
	case n.Epoch != opening.ID():
		return nil, errors.New("it is not of the open epoch")
	case n.Ops[len(n.Ops)-1].(*ledger.Checkpoint).Digest != s.Digest():
		return nil, errors.New("its digest is not that of its checkpoint")
	case author == friend && !ledger.VerifyHash(friend, ledger.EntryHash(s.Checkpoint.Body), s.Checkpoint.Signature):
		return nil, fmt.Errorf("the friend's %w", friendship.ErrSignature)
	}
	return s, nil
}
