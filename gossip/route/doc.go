// Package route is the planner: it finds on a capacity graph how a payment can
// travel from its source to its destination, and if it cannot, says why.
//
// # Amounts and fees
//
// The amount of a query is what arrives at the destination. Fees are added
// towards the source: a node that forwards x charges the rate it has for the
// friend from whom the request comes, on x, so x + fee(x) must arrive at it.
// The source pays the sum; the destination charges nothing. On the first edge
// of a route the source's own capacity counts, on every other what strangers
// may use (transit).
//
// # Search
//
// First a breadth-first search from both ends over the edges that can carry
// the amount: it finds the shortest route or that there is none, and touches
// little of the graph. Then a search backwards from the destination by (what
// must arrive, friendships): it is exact about fees and all bounds, keeps a
// dearer label of a node if it is nearer, and ends when the cheapest route is
// proven or its budget of scanned edges is spent. Every route is checked once
// more from the graph before it is given (Check).
//
// No search scans more than SearchEdgesMax edges and no plan makes more than
// SearchesMax searches, misses included. When the graph fits into that budget
// the answer is the cheapest route, and a NoRouteError is the truth. Otherwise
// a route may be missed, which ReasonBudget says.
//
// The planner holds no clock, no lock and no random source: the same graph and
// query give the same answer.
package route
