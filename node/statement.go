package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/engine"
)

// Statement implements apiserver.Archive: from what is on disk, with this node's
// own signatures, and verified before anybody sees it.
func (b backend) Statement(ctx context.Context, friend ledger.NodeID) (string, error) {
	s, err := b.store.Statement(ctx, friend)
	if errors.Is(err, friendship.ErrNoStatement) {
		return "", &engine.CommandError{
			Code: engine.Precondition, Reason: api.ReasonNoStatement, Text: friendship.ErrNoStatement.Error(),
		}
	}
	if err != nil {
		return "", err
	}
	sign := func(h ledger.Hash) ledger.Signature { return ledger.Signature(b.identity.Sign(h[:])) }
	if err := s.Complete(b.id, sign); err != nil {
		return "", err
	}
	if _, err := s.Verify(); err != nil {
		return "", fmt.Errorf("checking the own statement: %w", err)
	}
	return s.Text(), nil
}
