package arch

// A Row says what one package of the repository is for and which others of the
// repository it may import. Paths are relative to the module.
//
// Package and May are patterns: "a" is that package, "a/*" all packages below
// it, "a/..." both.
type Row struct {
	Package string
	May     []string

	// Pure packages hold values and algorithms only, see Purity.
	Pure bool
	// NamesContext lets a pure package name context.Context in its interfaces.
	NamesContext bool
}

// everything is the May of packages that nothing else depends on.
var everything = []string{"..."}

// Table is the import table. A package is ruled by the first row that matches
// it. Two rules are in no row: generated packages (those in or below a folder
// pb) need none and import only their own pb folder; test kits (packages named
// <pkg>test) are imported only by test kits, integration and tests, whatever
// the patterns here would let through.
var Table = []Row{
	// Hosts and streams, which know nothing of money.
	// (p2p writes ticket files, so it knows their form.)
	{Package: "p2p", May: []string{"p2p/address", "p2p/identity"}},
	{Package: "p2p/identity"},
	{Package: "p2p/address", Pure: true},
	{Package: "p2p/frame"},
	{Package: "p2p/rpc"},
	{Package: "p2p/p2ptest", May: []string{"p2p", "p2p/identity"}},

	// The vocabulary of credit and what two friends keep.
	{Package: "ledger", Pure: true},
	{Package: "ledger/friendship", Pure: true, May: []string{"ledger"}},
	{Package: "ledger/wire", Pure: true, May: []string{"ledger", "ledger/wire/pb"}},
	{Package: "ledger/ledgertest", May: []string{"ledger/..."}},

	// Capacities and routes, which know neither friends' ledgers nor streams.
	{Package: "gossip/capacity", Pure: true, May: []string{"ledger"}},
	// (pages names nodes and currencies, which are the ledger's words.)
	{Package: "gossip/pages", May: []string{"gossip/capacity", "ledger"}},
	{Package: "gossip/graph", May: []string{"gossip/capacity", "ledger"}},
	{Package: "gossip/route", Pure: true, May: []string{"gossip/graph", "ledger"}},
	{Package: "gossip", May: []string{"gossip/pb", "gossip/capacity", "gossip/pages"}},

	{Package: "relayd", May: []string{"p2p/..."}},

	// Index servers: one protocol, its server and its client apart.
	{Package: "indexd", May: []string{"gossip/...", "p2p/...", "indexd/protocol", "ledger"}},
	{Package: "indexd/protocol", May: []string{"indexd/pb/...", "gossip/capacity", "gossip/route", "ledger"}},
	{Package: "indexd/client", May: []string{"indexd/protocol", "p2p/...", "gossip/capacity", "gossip/route", "ledger"}},

	// The node: a pure engine, and thin shells that do not know each other.
	{Package: "node", May: []string{"node/*", "ledger/...", "p2p/...", "indexd/client", "gossip/*"}},
	{Package: "node/engine", Pure: true, May: []string{"ledger", "ledger/friendship"}},
	{Package: "node/store", May: []string{"ledger", "ledger/friendship", "node/engine"}},
	{Package: "node/link", May: []string{"ledger", "ledger/friendship", "ledger/wire", "p2p/...", "node/seal"}},
	{Package: "node/market", May: []string{"indexd/client", "gossip/*", "ledger", "p2p/...", "node/seal"}},
	// Sealing reads randomness, so it cannot be in the engine; market seals
	// what link opens, so it is in neither.
	{Package: "node/seal", May: []string{"ledger", "p2p/identity"}},
	{Package: "node/api", Pure: true, NamesContext: true, May: []string{"node/api/pb/...", "ledger"}},
	{Package: "node/apiserver", May: []string{"node/api/...", "node/engine", "p2p/rpc", "ledger", "ledger/friendship"}},
	{Package: "node/apiclient", May: []string{"node/api/...", "p2p", "p2p/rpc", "p2p/identity", "ledger"}},
	{Package: "node/dashboard", May: []string{"node/api/..."}},

	// Programs: flags, configuration, Run of their daemon.
	{Package: "cmd/internal/cli", May: []string{"p2p/identity"}},
	{Package: "cmd/stnode", May: []string{"node", "cmd/internal/cli", "p2p/identity"}},
	{Package: "cmd/strelay", May: []string{"relayd", "cmd/internal/cli", "p2p/identity"}},
	{Package: "cmd/stindex", May: []string{"indexd", "cmd/internal/cli", "p2p/identity"}},
	{Package: "cmd/stctrl", May: stctrlMay},
	{Package: "cmd/stlab", May: append([]string{
		"integration/harness", "integration/sim", "integration/bench",
	}, stctrlMay...)},

	{Package: "integration/...", May: everything},
}

// stctrlMay is shared by stctrl and stlab: an application, and the work with
// keys, tickets, receipts and statements that needs no node.
var stctrlMay = []string{
	"node/apiclient", "node/api/...", "p2p/identity", "p2p/address", "ledger", "ledger/friendship",
}

// TopLevel is what the top level of the repository may hold, hidden files
// aside.
var TopLevel = []string{
	"p2p", "node", "relayd", "indexd", "gossip", "ledger", "cmd", "integration",
	"go.mod", "go.sum", "README.md", "LICENSE", "CHANGELOG.md",
}

// topLevelMust are the files among TopLevel that may not be missing.
var topLevelMust = []string{"go.mod", "go.sum", "README.md", "LICENSE", "CHANGELOG.md"}

// topLevelBuilt is build output that .gitignore keeps out of the repository.
var topLevelBuilt = []string{"bin"}
