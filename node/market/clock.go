package market

import (
	"slices"
	"time"

	"github.com/offset-p2p/offset/indexd/client"
)

// clockOffset returns what to add to this node's clock for the time of issue of
// pages (network.md 4.1). The node's own clock counts, unless a majority of its
// sessions, at least two, differ from it by more than clockTolerance in one
// direction: then their median does. A node with one server has nobody else to
// believe. One lying server among several cannot hide the node.
func clockOffset(all []client.ServerStatus) time.Duration {
	var offsets, ahead, behind []time.Duration
	for _, s := range all {
		if !s.Connected {
			continue
		}
		offsets = append(offsets, s.Offset)
		if s.Offset > clockTolerance {
			ahead = append(ahead, s.Offset)
		} else if s.Offset < -clockTolerance {
			behind = append(behind, s.Offset)
		}
	}
	if len(offsets) == 1 && len(all) == 1 {
		return append(append(ahead, behind...), 0)[0]
	}
	for _, side := range [][]time.Duration{ahead, behind} {
		if len(side) >= 2 && 2*len(side) > len(offsets) {
			slices.Sort(side)
			return side[len(side)/2]
		}
	}
	return 0
}
