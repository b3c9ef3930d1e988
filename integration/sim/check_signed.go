package sim

import (
	"github.com/offset-p2p/offset/ledger"
)

// mayWrite judges an entry that the node is about to sign: the friend's Hello,
// on this stream, has named this epoch and no more of the log than there is.
func (ref *reference) mayWrite(d *side, n *ledger.Entry) {
	st := ref.streams[d.friend]
	if st == nil {
		ref.fail("entry %d for %s is made without a link", n.Seq, ref.nameOf(d))
		return
	}
	h := st.hellos[n.Epoch]
	if h == nil {
		h = st.before[n.Epoch]
	}
	if h == nil {
		ref.fail("entry %d for %s is made before its Hello has named the epoch", n.Seq, ref.nameOf(d))
		return
	}
	if h.Yours.Seq > d.heads[d.me] || h.State != ledger.Consistent {
		ref.fail("entry %d for %s is made, whose Hello is %v and shows %d entries", n.Seq, ref.nameOf(d), h.State, h.Yours.Seq)
	}
}

// leaves judges a frame that bears the node's signature: what it says is on the
// disk, and nothing else was ever signed in its place.
func (ref *reference) leaves(friend ledger.NodeID, fr ledger.Frame) {
	switch m := fr.(type) {
	case *ledger.SignedEntry:
		ref.entryLeaves(friend, m)
	case *ledger.Accept:
		ref.openingLeaves(friend, m.Epoch)
	case *ledger.Confirm:
		ref.openingLeaves(friend, m.Epoch)
	case *ledger.Opened:
		ref.openingLeaves(friend, m.Opening.ID())
	}
}

func (ref *reference) entryLeaves(friend ledger.NodeID, m *ledger.SignedEntry) {
	n, err := ledger.DecodeEntry(m.Body)
	if err != nil {
		ref.fail("an entry that does not decode leaves: %v", err)
		return
	}
	d, f := ref.side(friend), ref.n.disk.friend(friend)
	if n.Epoch == d.epoch && n.Seq >= f.first[0] && !f.holds(m.Body) {
		ref.fail("entry %d for %s leaves and is not on the disk", n.Seq, ref.nameOf(d))
	}
	if !ref.n.s.signed.add(n, ledger.EntryHash(m.Body)) {
		ref.fail("two entries %d for %s are signed in one epoch", n.Seq, ref.nameOf(d))
	}
}

func (ref *reference) openingLeaves(friend ledger.NodeID, epoch ledger.Hash) {
	o := ref.opened(friend)
	number, stored := o.stored[epoch]
	switch {
	case !stored:
		ref.fail("an opening with %s is signed and not on the disk", ref.n.s.nameOf(friend))
	case o.signed[epoch]:
	case number <= o.highest:
		ref.fail("opening %d with %s is signed after %d", number, ref.n.s.nameOf(friend), o.highest)
	case ref.n.disk.friend(friend).ledger.Highest < number:
		ref.fail("opening %d with %s is signed, the disk knows of %d", number, ref.n.s.nameOf(friend), ref.n.disk.friend(friend).ledger.Highest)
	default:
		o.signed[epoch] = true
		o.highest = number
	}
}
