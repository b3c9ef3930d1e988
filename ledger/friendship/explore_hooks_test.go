package friendship

import (
	"maps"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/offset-p2p/offset/ledger"
)

// Hooks of the explorer: what it needs of a machine and nobody else does.

// Clone returns a machine that behaves as f and shares nothing with it.
func (f *Friendship) Clone() *Friendship {
	c := new(Friendship)
	copied(reflect.ValueOf(c).Elem(), reflect.ValueOf(f).Elem(), map[unsafe.Pointer]reflect.Value{})
	return c
}

// Image returns bytes that are equal for machines that behave alike from now
// on, each at its own time.
func (f *Friendship) Image(now time.Duration) []byte { return ImageOf(f, now) }

// ImageOf is Image for any value that v points to.
func ImageOf[T any](v *T, now time.Duration) []byte {
	m := imager{now: now, seen: map[unsafe.Pointer]uint64{}}
	m.write(reflect.ValueOf(v).Elem(), "")
	return m.out
}

// Unpaced lets f propose and sign openings as often as it wants: the explorer
// asks what may happen, not how soon.
func (f *Friendship) Unpaced() {
	f.exch.proposals = newBucket(0, 1)
	f.exch.signatures = newBucket(0, 1)
	f.exch.weighed = newBucket(0, 1)
}

// Accepting reports whether an acceptance of f waits for its confirmation.
func (f *Friendship) Accepting() bool { return f.acceptance != nil }

// AcceptedTerms returns the terms of that acceptance.
func (f *Friendship) AcceptedTerms() *ledger.Terms { return f.acceptance.Terms }

// ProposalOut returns the terms that f has proposed on this stream, or nil.
func (f *Friendship) ProposalOut() *ledger.Terms {
	if f.exch.proposal == nil {
		return nil
	}
	return f.exch.proposal.terms
}

// HelloDue reports whether the friend has not said Hello yet, or not since an
// epoch was opened.
func (f *Friendship) HelloDue() bool {
	return f.link.up && (f.link.hello == nil || f.epoch != nil && f.link.hello.Epoch != f.epoch.id)
}

// Keepable returns how terms name the requests of both sides that f knows of:
// pending or resolved so lately that not both may know.
func (f *Friendship) Keepable() []ledger.Kept {
	var kept []ledger.Kept
	if f.epoch == nil {
		return nil
	}
	for author := range ledger.Author(2) {
		for _, ordinal := range slices.Sorted(maps.Keys(f.epoch.rows[author])) {
			kept = append(kept, ledger.Kept{Author: author, Ordinal: ordinal, Request: f.epoch.rows[author][ordinal].hash})
		}
	}
	return kept
}

// LinkIsUp reports whether f believes that its stream is up and the friend has
// said Hello.
func (f *Friendship) LinkIsUp() bool { return f.link.up && f.link.hello != nil }

// ProposeAnyway lets f propose what it would propose if it had a reason to.
func (f *Friendship) ProposeAnyway(env Env) Effects {
	reason := f.link.problem
	if reason == noProblem {
		f.link.problem = friendInconsistent
	}
	f.exch.quietUntil = 0
	var eff Effects
	f.proposeIfWanted(env, &eff)
	f.link.problem = reason
	return eff
}
