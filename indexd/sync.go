package indexd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/pages"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/frame"
)

// errTrustEnded says that trust ended while a catch-up was under way.
var errTrustEnded = errors.New("trust has ended")

// serveSync is the handler of protocol.SyncID: it answers the questions of a
// trusted server until that closes the stream.
func (s *Server) serveSync(_ context.Context, stream *frame.Stream, ask []byte) error {
	for {
		if !s.federation.Trust().Mutual(stream.Peer()) {
			return errTrustEnded
		}
		question, err := protocol.DecodeSyncAsk(ask)
		if err != nil {
			s.blameServer(stream.Peer(), err)
			return err
		}
		answer, err := s.core.tell(question).Encode()
		if err != nil {
			return fmt.Errorf("encoding an answer: %w", err)
		}
		if err := stream.Write(answer); err != nil {
			return err
		}
		ask, err = stream.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// blameServer gives a trusted server a strike if it is to blame.
func (s *Server) blameServer(id peer.ID, err error) {
	var message *protocol.FaultError
	var page *capacity.FaultError
	if errors.As(err, &message) || errors.As(err, &page) {
		s.federation.Strike(id, err.Error())
	}
}

// windowOf is a window as the set takes it.
func windowOf(w protocol.SyncWindow) pages.Window {
	after, asOf := w.Times()
	return pages.Window{After: after, AsOf: asOf}
}

func rangeOf(r protocol.SyncRange) pages.Range { return pages.Range(r) }

// tell answers a question from the set.
func (c *core) tell(question protocol.SyncAsk) protocol.SyncTell {
	switch q := question.(type) {
	case protocol.DigestsOf:
		return protocol.SyncTell{Digests: c.digests(windowOf(q.Window))}
	case protocol.NamesOf:
		names := c.set.Names(rangeOf(q.Range), windowOf(q.Window))
		from, found := slices.BinarySearchFunc(names, q.Past, func(a, b ledger.Hash) int { return bytes.Compare(a[:], b[:]) })
		if found {
			from++
		}
		names = names[from:]
		return protocol.SyncTell{Names: names[:min(len(names), protocol.SyncNamesMax)]}
	case protocol.Fetch:
		fetched, dealt := c.set.Fetch(rangeOf(q.Range), q.Names, protocol.SyncPagesBytes)
		return protocol.SyncTell{Pages: fetched, Dealt: dealt}
	}
	return protocol.SyncTell{}
}

// digests returns the digests of all ranges with a page within the window.
func (c *core) digests(w pages.Window) []protocol.SyncDigest {
	var out []protocol.SyncDigest
	for shard := range capacity.Shards {
		for _, d := range c.set.Digests(uint8(shard), w) {
			out = append(out, protocol.SyncDigest{
				Range: protocol.SyncRange{Shard: uint8(shard), Bucket: d.Bucket},
				Count: d.Count,
				Hash:  d.Hash,
			})
		}
	}
	return out
}
