package friendship_test

import (
	"crypto/ed25519"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
	"github.com/offset-p2p/offset/ledger/wire"
)

// post numbers frames by their bytes. Frames are never changed, so that one of
// each is enough.
type post struct {
	frames  []ledger.Frame
	bundles [][]int32 // of frames that arrive together
	numbers map[string]int32
	entries map[*ledger.SignedEntry]checkedEntry
	signs   map[signedHash]ledger.Signature
}

type signedHash struct {
	by   ledger.NodeID
	hash ledger.Hash
}

type checkedEntry struct {
	entry friendship.VerifiedEntry
	err   error
}

func newPost() *post {
	return &post{
		numbers: map[string]int32{}, entries: map[*ledger.SignedEntry]checkedEntry{}, signs: map[signedHash]ledger.Signature{},
	}
}

// intern returns the number of a frame, as it is behind the wire.
func (p *post) intern(f ledger.Frame) int32 {
	b := wire.Encode(f)
	n, ok := p.numbers[string(b)]
	if !ok {
		decoded, err := wire.Decode(b)
		if err != nil {
			panic("frame does not pass the wire: " + err.Error())
		}
		n = int32(len(p.frames))
		p.numbers[string(b)] = n
		p.frames = append(p.frames, decoded)
	}
	return n
}

// bundle returns the number of frames that arrive together.
func (p *post) bundle(frames ...ledger.Frame) int32 {
	var ids []int32
	for _, f := range frames {
		ids = append(ids, p.intern(f))
	}
	key := fmt.Sprint(ids)
	n, ok := p.numbers[key]
	if !ok {
		n = int32(len(p.bundles))
		p.numbers[key] = n
		p.bundles = append(p.bundles, ids)
	}
	return n
}

// verified is friendship.Verify, once for each entry.
func (p *post) verified(author ledger.NodeID, e *ledger.SignedEntry) (friendship.VerifiedEntry, error) {
	c, ok := p.entries[e]
	if !ok {
		c.entry, c.err = friendship.Verify(author, e)
		p.entries[e] = c
	}
	return c.entry, c.err
}

// signed fills in a node's signature where the machine left it out.
func (p *post) signed(f ledger.Frame, id ledger.NodeID, key ed25519.PrivateKey) ledger.Frame {
	switch m := f.(type) {
	case *ledger.SignedEntry:
		return &ledger.SignedEntry{Body: m.Body, Signature: p.sign(id, key, ledger.EntryHash(m.Body))}
	case *ledger.Accept:
		c := *m
		c.Signature = p.sign(id, key, m.Epoch)
		return &c
	case *ledger.Confirm:
		return &ledger.Confirm{Epoch: m.Epoch, Signature: p.sign(id, key, m.Epoch)}
	case *ledger.Opened:
		c := *m.Opening
		*c.SignatureOf(id) = p.sign(id, key, c.ID())
		return &ledger.Opened{Opening: &c}
	default:
		return f
	}
}

func (p *post) sign(id ledger.NodeID, key ed25519.PrivateKey, h ledger.Hash) ledger.Signature {
	at := signedHash{id, h}
	s, ok := p.signs[at]
	if !ok {
		s = ledgertest.Sign(key, h)
		p.signs[at] = s
	}
	return s
}

// tell says a move to people.
func (p *post) tell(m move) string {
	what := m.kind.String()
	switch m.kind {
	case doDeliver:
		what += " " + describe(p.frames[m.arg])
	case doDeliverAll:
		for _, n := range p.bundles[m.arg] {
			what += " " + describe(p.frames[n])
		}
	case doRequest, doLearnKeys, doLoseBeyond:
		what += fmt.Sprint(" ", m.arg)
	}
	switch m.crash {
	case ledgertest.CrashBeforeWrites:
		what += ", its process ends before the commit"
	case ledgertest.CrashBeforeFrames:
		what += ", its process ends after the commit"
	}
	return what
}

func describe(f ledger.Frame) string {
	switch m := f.(type) {
	case *ledger.Hello:
		return fmt.Sprintf("Hello{%s, number %d, highest %d, heads %d/%d}", m.State, m.Number, m.Highest, m.Mine.Seq, m.Yours.Seq)
	case *ledger.SignedEntry:
		if n, err := ledger.DecodeEntry(m.Body); err == nil {
			return fmt.Sprintf("Entry{%d by %d, %d operations, acknowledges %d}", n.Seq, n.Author, len(n.Ops), n.Ack.Seq)
		}
	case *ledger.Propose:
		t := m.Terms
		return fmt.Sprintf("Propose{%d, base %.4s, nonce %x, %v, keeps %d}", t.Number, t.Base, t.Nonce[15], t.Balances, len(t.Kept))
	case *ledger.Accept:
		return fmt.Sprintf("Accept{epoch %.4s, highest %d}", m.Epoch, m.Highest)
	case *ledger.Confirm:
		return fmt.Sprintf("Confirm{epoch %.4s}", m.Epoch)
	case *ledger.Opened:
		return fmt.Sprintf("Opened{%d, epoch %.4s}", m.Opening.Terms.Number, m.Opening.ID())
	case *ledger.Refuse:
		return fmt.Sprintf("Refuse{%s, highest %d}", m.Reason, m.Highest)
	}
	return fmt.Sprintf("%T", f)
}
