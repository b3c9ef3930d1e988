package friendship

import (
	"maps"
	"slices"
)

// rest gives back the working memory that an entry without operations shows not
// to be needed now: such an entry ends a burst, or comes once in many. A node has
// thousands of friends, and most of them are at rest most of the time.
func (e *epoch) rest() {
	if e.deltas.from == len(e.deltas.q) {
		e.deltas = deltaQueue{}
	}
	e.staged, e.scratch = nil, nil
	e.over.q = slices.Clip(slices.Clone(e.over.q))
	if len(e.recent) > restHashes {
		e.recent = slices.Clone(e.recent[len(e.recent)-restHashes:])
	}
	if cap(e.sent) > len(e.sent)+restEntries {
		e.sent = append(make([]sentEntry, 0, len(e.sent)+restEntries), e.sent...)
	}
	for a := range e.rows {
		// A map keeps the room of the most that it ever held.
		if len(e.rows[a]) <= restRows {
			e.rows[a] = maps.Collect(maps.All(e.rows[a]))
		}
		if e.lists[a].count == 0 {
			e.lists[a].locks = nil
		}
	}
}
