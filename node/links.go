package node

import (
	"context"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
)

// links turns what happens on friend links into inputs of the engine. While
// the queue is full it waits, and with it that friend's stream.
type links struct{ loop *loop }

var _ link.Handler = links{}

// Up implements link.Handler.
func (l links) Up(ctx context.Context, friend ledger.NodeID, id uint64, peerRecord []byte) error {
	return l.loop.input(ctx, engine.LinkUp{Friend: friend, Link: engine.LinkID(id), PeerRecord: peerRecord})
}

// Frame implements link.Handler.
func (l links) Frame(ctx context.Context, friend ledger.NodeID, id uint64, f ledger.Frame, size int) error {
	return l.loop.inputOf(ctx, size, engine.FrameArrived{Friend: friend, Link: engine.LinkID(id), Frame: f})
}

// Entry implements link.Handler.
func (l links) Entry(ctx context.Context, friend ledger.NodeID, id uint64, e link.Entry) error {
	return l.loop.inputOf(ctx, e.Bytes, engine.EntryArrived{Friend: friend, Link: engine.LinkID(id), Entry: e.Verified, Parts: e.Parts})
}

// Down implements link.Handler. It fails only when the node stops, and then
// the engine's memory ends too.
func (l links) Down(ctx context.Context, friend ledger.NodeID, id uint64) {
	_ = l.loop.input(ctx, engine.LinkDown{Friend: friend, Link: engine.LinkID(id)})
}
