package harness

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
)

// Node is the process of one person's node, and an application that controls
// it over the unix socket in its directory.
type Node struct {
	*Process
	ID     ledger.NodeID
	Client *apiclient.Client
}

// connect waits until the node answers. The client of a node that was restarted
// stays, it finds the new process on the same socket: others may be using it.
func (n *Node) connect(ctx context.Context) error {
	socket := filepath.Join(n.Dir, api.SocketName)
	return n.Await(ctx, "an answer", func() bool {
		if n.Client == nil { // a killed node leaves a file that nobody answers on
			c, err := apiclient.Dial(ctx, apiclient.Options{Socket: socket})
			if err != nil {
				return false
			}
			n.Client = c
		}
		info, err := n.Client.Info(ctx)
		if err != nil {
			return false
		}
		if n.ID.IsZero() {
			n.ID = info.Node
		}
		return true
	})
}

func (n *Node) disconnect() {
	if n.Client != nil {
		_ = n.Client.Close()
		n.Client = nil
	}
}

// KillAndRestart kills the node as a power cut would and starts it again after
// a pause; it returns when the node answers.
func (n *Node) KillAndRestart(ctx context.Context, pause time.Duration) error {
	n.Kill()
	select {
	case <-time.After(pause):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := n.Restart(); err != nil {
		return err
	}
	return n.connect(ctx)
}

// Friend returns the friendship with another node of the lab.
func (n *Node) Friend(ctx context.Context, other *Node) (apiclient.Friend, error) {
	f, err := n.Client.Friend(ctx, other.ID.String())
	if err != nil {
		return f, fmt.Errorf("asking %s about %s: %w", n.Name, other.Name, err)
	}
	return f, nil
}

// Total is what a node's friendships add up to in one currency.
type Total struct {
	Balance ledger.Balance // positive: friends owe this node
	Frozen  ledger.Amount  // in both directions
}

// Total adds up the node's friendships in a currency.
func (n *Node) Total(ctx context.Context, c ledger.Currency) (Total, error) {
	friends, err := n.Client.Friends(ctx)
	if err != nil {
		return Total{}, fmt.Errorf("asking %s for its friends: %w", n.Name, err)
	}
	var t Total
	for _, f := range friends {
		fc, ok := f.Currency(c)
		if !ok {
			continue
		}
		if t.Balance, err = t.Balance.Add(fc.Balance); err != nil {
			return t, err
		}
		for _, frozen := range []ledger.Amount{fc.FrozenOut, fc.FrozenIn} {
			if t.Frozen, err = t.Frozen.Add(frozen); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

// relayed reports whether every friend link of the node is up and runs through
// a relay, by the address of the connection that carries it.
func (n *Node) relayed(ctx context.Context) (bool, error) {
	friends, err := n.Client.Friends(ctx)
	if err != nil {
		return false, fmt.Errorf("asking %s for its friends: %w", n.Name, err)
	}
	for _, f := range friends {
		if !f.Link.Connected || !f.Link.Relayed || !strings.Contains(f.Link.Address, "/p2p-circuit") {
			return false, nil
		}
	}
	return len(friends) > 0, nil
}
