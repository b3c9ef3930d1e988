package client

import (
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/indexd/protocol"
)

// ErrUnreachable is in the chain when no index server could be asked: none is
// listed, none is connected, or none has answered.
var ErrUnreachable = errors.New("no index server could be asked")

// RefusedError says that an index server did not look for routes.
type RefusedError struct {
	Server peer.ID
	Reason protocol.QueryRefused
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("index server %s refused the query: %s", e.Server, e.Reason)
}
