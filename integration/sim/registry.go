package sim

import (
	"encoding/binary"

	"github.com/offset-p2p/offset/ledger"
)

// registry remembers every entry that anybody honest has signed, for ever: two
// bodies for one number are a fork (invariant 6).
type registry struct {
	logs map[logKey][]uint64 // the first bytes of each entry's hash, by seq
}

type logKey struct {
	epoch  ledger.Hash
	author ledger.Author
}

func newRegistry() registry { return registry{logs: map[logKey][]uint64{}} }

// add notes a signature and reports whether it is the first, or the same again.
func (r *registry) add(n *ledger.Entry, h ledger.Hash) bool {
	k := logKey{n.Epoch, n.Author}
	log := r.logs[k]
	for uint64(len(log)) < n.Seq {
		log = append(log, 0)
	}
	r.logs[k] = log
	short := binary.BigEndian.Uint64(h[:8])
	if log[n.Seq-1] != 0 && log[n.Seq-1] != short {
		return false
	}
	log[n.Seq-1] = short
	return true
}
