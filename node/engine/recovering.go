package engine

import (
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// This file is the rule for lost data (ledger.md 2.5): what one friend proves
// stops the node towards all, durably. A friend can hide the newest entries, so
// one that shows nothing proves nothing; what is signed on in an old state would
// be signed twice.

// lostData takes the proof of f: an opening that this node signed and does not
// have. The first proof stands.
func (s *step) lostData(f *friend, o *ledger.Opening) {
	if s.settings.Recovering != nil {
		return
	}
	s.settings.Recovering = &Recovery{Friend: f.id, Name: f.rec.Name, Number: o.Terms.Number, Since: s.now.Wall}
	s.configured(PutSettings{s.settings})
	// What this step has made already is as good as lost on the way.
	s.fx.Frames = slices.DeleteFunc(s.fx.Frames, func(out Outgoing) bool { return bearsSignature(out.Frame) })
	for _, g := range s.order {
		s.absorb(g, g.book.StopSigning(s.env(g)), nil, nil)
		s.change(g)
	}
}

// bearsSignature reports whether the shell would sign the frame before it leaves.
func bearsSignature(fr ledger.Frame) bool {
	switch fr.(type) {
	case *ledger.SignedEntry, *ledger.Accept, *ledger.Confirm, *ledger.Opened:
		return true
	default:
		return false
	}
}

// maySign refuses what would need this node's signature in a ledger, while it
// signs nothing.
func (e *Engine) maySign() *CommandError {
	if e.settings.Recovering == nil {
		return nil
	}
	return refuse(Precondition, "recovering", "%s", e.recoveringText())
}

// recoveringText says to a person why nothing is signed and what to do.
func (e *Engine) recoveringText() string {
	r := e.settings.Recovering
	name := r.Name
	if f := e.friends[r.Friend]; f != nil {
		name = f.rec.Name
	}
	return fmt.Sprintf("this node has lost data that friend %q can prove: it shows opening %d of your ledger, which this node signed and does not have. "+
		"So the node signs nothing with any friend. Keep its data directory and make sure that no other copy of the node runs; "+
		"the way out, `stctrl recover`, comes in a later version", name, r.Number)
}
