package indexd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/pages"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/frame"
)

// syncPlan says when the next catch-ups with a server are due. The zero value
// is for a server that has just become trusted: everything, at once, also what
// is so young that it would usually be on its way.
type syncPlan struct {
	joined time.Time // when all was caught up for the first time; zero: not yet
	meshed bool      // caught up once more since gossip has surely begun
	recent time.Time
	all    time.Time
}

// catchUp does what is due and returns how long to wait for the next.
func (m *member) catchUp(ctx context.Context, due *syncPlan) time.Duration {
	now := time.Now()
	wall := m.server.cfg.Clock()
	// As of the slower of both clocks, so that both sides count the same pages.
	asOf := wall.Add(min(0, m.snapshot().offset))
	var window pages.Window
	switch {
	case due.joined.IsZero():
		window = pages.Window{AsOf: asOf}
	case !due.meshed && now.Before(due.joined.Add(meshSettle)):
		return due.joined.Add(meshSettle).Sub(now)
	case !due.meshed:
		// Gossip begins a moment after the trust: what was entered in between
		// went nowhere, however young it is.
		window = pages.Window{After: asOf.Add(-syncRecentSpan), AsOf: asOf}
	case !now.Before(due.all):
		window = pages.Window{AsOf: asOf.Add(-syncSettle)}
	case !now.Before(due.recent):
		window = pages.Window{After: asOf.Add(-syncRecentSpan), AsOf: asOf.Add(-syncSettle)}
	default:
		return max(0, time.Until(due.recent))
	}
	learned, err := m.syncOnce(ctx, window)
	m.mu.Lock()
	m.state.err = err
	m.state.synced += uint64(learned)
	if err == nil {
		m.state.lastSync = time.Now()
	}
	m.mu.Unlock()
	due.recent = time.Now().Add(syncRecentEvery)
	if err != nil {
		if ctx.Err() == nil {
			m.server.log.Warn("catching up with a trusted server", "peer", m.info.ID, "err", err)
			m.server.blameServer(m.info.ID, err)
		}
		if due.joined.IsZero() {
			return syncRetry
		}
		return syncRecentEvery
	}
	if window.After.IsZero() {
		m.server.log.Info("caught up with a trusted server", "peer", m.info.ID, "pages", learned)
		// What was seen before this server started is known again.
		m.server.core.set.RefuseBefore(time.Time{})
		due.all = time.Now().Add(syncAllEvery)
		if due.joined.IsZero() {
			due.joined = time.Now()
			return meshSettle
		}
	}
	due.meshed = true
	return syncRecentEvery
}

// puller asks one server for what is missing here, over one stream.
type puller struct {
	server  *Server
	stream  *frame.Stream
	window  protocol.SyncWindow
	learned int
}

// syncOnce brings what the server has and we lack within the window, and
// returns how many pages were new.
func (m *member) syncOnce(ctx context.Context, w pages.Window) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, syncLifetime)
	defer cancel()
	stream, err := frame.Dial(ctx, m.server.host, m.info.ID, protocol.SyncID, protocol.SyncFrameBytes)
	if err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, stream.Reset)
	defer stop()
	p := puller{server: m.server, stream: stream, window: protocol.SyncWindow{AsOf: capacity.Millis(w.AsOf)}}
	if !w.After.IsZero() {
		p.window.After = capacity.Millis(w.After)
	}
	if err := p.pull(); err != nil {
		stream.Reset()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return p.learned, fmt.Errorf("catching up: %w", err)
	}
	return p.learned, stream.Close()
}

// pull compares all ranges and fills those that differ.
func (p *puller) pull() error {
	theirs, err := p.ask(protocol.DigestsOf{Window: p.window})
	if err != nil {
		return err
	}
	ours := make(map[protocol.SyncRange]ledger.Hash)
	for _, d := range p.server.core.digests(windowOf(p.window)) {
		ours[d.Range] = d.Hash
	}
	for _, d := range theirs.Digests {
		if ours[d.Range] == d.Hash {
			continue
		}
		if err := p.fill(d.Range); err != nil {
			return err
		}
	}
	return nil
}

// fill fetches what is missing in a range.
func (p *puller) fill(r protocol.SyncRange) error {
	var past ledger.Hash
	for {
		told, err := p.ask(protocol.NamesOf{Range: r, Window: p.window, Past: past})
		if err != nil {
			return err
		}
		if len(told.Names) == 0 {
			return nil
		}
		if bytes.Compare(told.Names[0][:], past[:]) <= 0 {
			return &protocol.FaultError{Why: "names do not go on"}
		}
		if err := p.fetch(r, p.server.core.set.Missing(rangeOf(r), told.Names)); err != nil {
			return err
		}
		if len(told.Names) < protocol.SyncNamesMax {
			return nil
		}
		past = told.Names[len(told.Names)-1]
	}
}

// fetch brings pages by name. A server that deals with none of the names it
// is asked for would keep us here for ever.
func (p *puller) fetch(r protocol.SyncRange, names []ledger.Hash) error {
	for len(names) > 0 {
		told, err := p.ask(protocol.Fetch{Range: r, Names: names})
		if err != nil {
			return err
		}
		if told.Dealt <= 0 || told.Dealt > len(names) {
			return &protocol.FaultError{Why: "fetch deals with no name or too many"}
		}
		names = names[told.Dealt:]
		for _, signed := range told.Pages {
			if err := p.take(signed); err != nil {
				return err
			}
		}
	}
	return nil
}

// take puts one page into the set and passes it on: others may lack it too.
func (p *puller) take(signed capacity.SignedPage) error {
	v, err := p.server.core.check(signed)
	if errors.Is(err, capacity.ErrVersion) {
		return nil // of a newer program; nobody's fault
	}
	if err != nil {
		return err
	}
	if p.server.core.addSynced(v) == pages.Admitted {
		p.learned++
		p.server.federation.Publish(capacity.ShardOf(v.Page().Currency), signed)
	}
	return nil
}

// ask puts one question; the stream is reset when the catch-up takes too long.
func (p *puller) ask(question protocol.SyncAsk) (protocol.SyncTell, error) {
	data, err := protocol.EncodeSyncAsk(question)
	if err != nil {
		return protocol.SyncTell{}, err
	}
	if err := p.stream.Write(data); err != nil {
		return protocol.SyncTell{}, err
	}
	answer, err := p.stream.Read()
	if err != nil {
		return protocol.SyncTell{}, err
	}
	return protocol.DecodeSyncTell(answer)
}
