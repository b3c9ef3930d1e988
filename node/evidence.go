package node

import (
	"context"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/engine"
)

// Evidence implements apiserver.Archive: from what is on disk, with this node's
// own signature of the opening.
func (b backend) Evidence(ctx context.Context, friend ledger.NodeID) ([]byte, error) {
	p, err := b.store.Proof(ctx, friend)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, &engine.CommandError{
			Code: engine.Precondition, Reason: api.ReasonNoEvidence, Text: "this friend has signed nothing against the rules of the ledger",
		}
	}
	opening := *p.Ledger.Opening
	id := opening.ID()
	*opening.SignatureOf(b.id) = ledger.Signature(b.identity.Sign(id[:]))
	p.Ledger.Opening = &opening
	if _, err := p.Check(); err != nil {
		// It stays worth keeping: that the two sides tell the witness's own log
		// differently shows a lie, though not whose.
		b.log.Warn("evidence is not conclusive", "friend", friend, "err", err)
	}
	return p.Encode(), nil
}
