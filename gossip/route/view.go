package route

import (
	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// View is what the planner needs to know of the graph of one currency;
// graph.View is one. It must not change during a plan. What it says is taken
// for true: it comes from pages checked before.
type View interface {
	// Len returns a number above every ID in use.
	Len() int
	// Lookup returns the ID of a node.
	Lookup(node ledger.NodeID) (graph.ID, bool)
	// Key returns the node with an ID.
	Key(id graph.ID) ledger.NodeID
	// Degree returns at least the number of edges in either direction.
	Degree(id graph.ID) int
	// Out appends the edges from id to buf.
	Out(id graph.ID, buf []graph.Edge) []graph.Edge
	// In appends the edges to id to buf.
	In(id graph.ID, buf []graph.Edge) []graph.Edge
	// Edge returns the edge from a to b.
	Edge(a, b graph.ID) (graph.Edge, bool)
	// Rate returns what node charges for requests from friend, even if friend
	// does not declare node.
	Rate(node, friend graph.ID) (ledger.Rate, bool)
}
