package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// Commit writes all of writes in one atomic batch. When it returns nil they
// are on stable storage. After an error nothing is known of them and the
// process must end, for its memory is ahead of the disk; every later Commit
// returns the same error. ctx must not end before the commit does. The writes
// are not kept.
func (s *Store) Commit(ctx context.Context, writes []engine.Write) error {
	if len(writes) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	g := &stage{s: s, rows: make(map[string][]byte, 2*len(writes)), epochs: map[ledger.NodeID]uint64{}, opened: map[string]bool{}}
	for _, w := range writes {
		if s.failed = g.apply(ctx, w); s.failed != nil {
			return s.failed
		}
	}
	if s.failed = s.write(ctx, g.rows); s.failed != nil {
		return s.failed
	}
	maps.Copy(s.epochs, g.epochs)
	for r, is := range g.opened {
		if is {
			s.opened[r] = struct{}{}
		} else {
			delete(s.opened, r)
		}
	}
	return nil
}

// stage is a batch that is being put together: the newest value of each row,
// nil for one that goes.
type stage struct {
	s      *Store
	rows   map[string][]byte
	epochs map[ledger.NodeID]uint64 // opened in this batch
	opened map[string]bool          // rows of open payments and invoices: written, or gone, in this batch
}

func (g *stage) apply(ctx context.Context, w engine.Write) error {
	switch w := w.(type) {
	case engine.PutFriend:
		return put(g, friendTable, &w.Record, g.s.checkFriend, w.Record.Friend.String())
	case engine.DeleteFriend:
		return g.deleteFriend(ctx, w.Friend)
	case engine.PutLedger:
		return g.ledger(ctx, w.Friend, w.Write)
	case engine.PutForward:
		return put(g, forwardTable, &w.Record, checkForward, w.Record.PartLock.String())
	case engine.DeleteForward:
		g.rows[row(forwardTable, w.PartLock.String())] = nil
	case engine.PutMark:
		return put(g, markTable, &w.Record, checkMark, w.Record.Friend.String(), w.Record.PartLock.String())
	case engine.DeleteMark:
		g.rows[row(markTable, w.Friend.String(), w.PartLock.String())] = nil
	case engine.PutIncome:
		return put(g, incomeTable, &w.Record, checkIncome, w.Record.From.String(), w.Record.Currency.String())
	case engine.PutInvoice:
		return g.invoice(&w.Record)
	case engine.PutPayment:
		return g.payment(ctx, &w.Record)
	case engine.PutSettings:
		return g.json(settingsRow, &w.Record)
	case engine.PutAppRecord:
		return put(g, appTable, &w.Record, checkApp, w.Record.Key.String())
	case engine.DeleteAppRecord:
		g.rows[row(appTable, w.Key.String())] = nil
	default:
		panic(fmt.Sprintf("store: write of unknown type %T", w))
	}
	return nil
}

// put stages a record after the check that Load will make of it.
func put[T any](g *stage, table string, record *T, check func(*T, []string) error, names ...string) error {
	r := row(table, names...)
	if err := check(record, names); err != nil {
		return fmt.Errorf("refusing to write database row %s: %w", r, err)
	}
	return g.json(r, record)
}

func (g *stage) json(r string, record any) error {
	b, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encoding database row %s: %w", r, err)
	}
	g.rows[r] = b
	return nil
}

func (g *stage) ledger(ctx context.Context, friend ledger.NodeID, w friendship.Write) error {
	name := friend.String()
	switch w := w.(type) {
	case friendship.PutEntry:
		epoch, ok := g.epoch(friend)
		if !ok {
			return fmt.Errorf("writing entry %d with %s: no epoch is open", w.Seq, name)
		}
		g.rows[entryRow(friend, epoch, w.Author, w.Seq)] = slices.Concat(w.Signature[:], w.Body)
	case friendship.PutSnapshot:
		g.rows[row(snapshotTable, name)] = w.Snapshot.Encode()
	case friendship.DropEntries:
		epoch, ok := g.epoch(friend)
		if !ok {
			return fmt.Errorf("dropping entries with %s: no epoch is open", name)
		}
		for seq := w.From; seq <= w.Through; seq++ {
			g.rows[entryRow(friend, epoch, w.Author, seq)] = nil
		}
	case friendship.PutOpening:
		if err := g.close(ctx, friend); err != nil {
			return err
		}
		if err := g.drop(ctx, row(entryTable, name)); err != nil {
			return err
		}
		g.rows[row(snapshotTable, name)] = nil
		g.rows[row(evidenceTable, name)] = nil
		g.rows[row(openingTable, name)] = w.Opening.Encode()
		if g.rows[row(keptTable, name)] = nil; len(w.Kept) > 0 {
			g.rows[row(keptTable, name)] = friendship.EncodeKept(w.Kept)
		}
		g.epochs[friend] = w.Opening.Terms.Number
	case friendship.PutHighest:
		return g.highest(ctx, friend, w.Number)
	case friendship.PutAcceptance:
		g.rows[row(acceptanceTable, name)] = w.Acceptance.Encode()
	case friendship.DeleteAcceptance:
		g.rows[row(acceptanceTable, name)] = nil
	case friendship.PutBound:
		if g.rows[row(boundTable, name)] = nil; len(w.Bound) > 0 {
			g.rows[row(boundTable, name)] = friendship.EncodeBound(w.Bound)
		}
	case friendship.PutEvidence:
		g.rows[row(evidenceTable, name)] = w.Evidence.Encode()
	default:
		panic(fmt.Sprintf("store: ledger write of unknown type %T", w))
	}
	return nil
}

// epoch returns the number of the epoch that is open with a friend at this
// point of the batch.
func (g *stage) epoch(friend ledger.NodeID) (uint64, bool) {
	if n, ok := g.epochs[friend]; ok {
		return n, n != 0
	}
	n := g.s.epochs[friend]
	return n, n != 0
}

// highest stores a number that never falls, also when the friend was removed
// and comes back to an engine that does not remember it.
func (g *stage) highest(ctx context.Context, friend ledger.NodeID, n uint64) error {
	r := row(highestTable, friend.String())
	before, err := g.value(ctx, r)
	if err != nil {
		return err
	}
	if before != nil {
		known, err := strconv.ParseUint(string(before), 10, 64)
		if err != nil {
			return damaged(r, err)
		}
		n = max(n, known)
	}
	g.rows[r] = strconv.AppendUint(nil, n, 10)
	return nil
}

// deleteFriend removes all rows of a friend but the highest number, the
// tombstone that keeps signed numbers rising.
func (g *stage) deleteFriend(ctx context.Context, friend ledger.NodeID) error {
	name := friend.String()
	for _, t := range []string{friendTable, openingTable, keptTable, snapshotTable, acceptanceTable, boundTable, evidenceTable, closedTable} {
		g.rows[row(t, name)] = nil
	}
	g.epochs[friend] = 0
	if err := g.drop(ctx, row(entryTable, name)); err != nil {
		return err
	}
	return g.drop(ctx, row(markTable, name))
}

// drop deletes what is stored or staged under a path.
func (g *stage) drop(ctx context.Context, path string) error {
	rows, err := g.s.under(ctx, path)
	if err != nil {
		return err
	}
	for _, r := range rows {
		g.rows[r] = nil
	}
	for r := range g.rows {
		if strings.HasPrefix(r, path+"/") {
			g.rows[r] = nil
		}
	}
	return nil
}

// value returns a row as this batch leaves it, nil when there is none.
func (g *stage) value(ctx context.Context, r string) ([]byte, error) {
	if value, staged := g.rows[r]; staged {
		return value, nil
	}
	return g.s.get(ctx, r)
}
