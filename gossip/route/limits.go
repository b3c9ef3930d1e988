package route

const (
	// HopsMax is the number of friendships of the longest route: one less than
	// the nodes of a path (ledger.PathNodesMax).
	HopsMax = 19
	// RoutesMax is the number of routes of one answer: as many as a payment has
	// parts (ledger.PartsMax).
	RoutesMax = 16
	// ExcludesMax is the number of excluded nodes and edges of a query, together.
	ExcludesMax = 64
	// FirstHopsMax is the number of the payer's own edges in a query. A payer
	// with more friends names those with the most to send.
	FirstHopsMax = 1024
	// SearchEdgesMax is how many edges one search scans: some milliseconds.
	SearchEdgesMax = 50_000
	// SearchesMax is how many searches one plan makes, those that only find out
	// why there is no route included.
	SearchesMax = 32

	// cheapFactor is how many times the edges that the shortest route cost are
	// spent on looking for a cheaper one.
	cheapFactor = 4
	// cheapEdgesMin is what is spent on it at least: graphs of this size are
	// answered with the cheapest route there is.
	cheapEdgesMin = 10_000
	// bansMax is how often the search for a shortest route is repeated without
	// the edge at which the found one broke.
	bansMax = 3
)
