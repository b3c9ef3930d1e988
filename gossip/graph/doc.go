// Package graph is the capacity graph of each currency, derived from what
// nodes declare of their friends in capacity pages.
//
// A declaration is one side's word. An edge from a to b exists only while both
// declare each other; what a request can use of it is
//
//	capacity = min(a's can_send to b, b's can_receive from a)
//	transit  = min(a's transit to b, b's can_receive from a)
//	rate     = b's rate for requests that come from a: the fee of arriving
//
// so nobody can invent a friendship, and nobody's word raises what the other
// side allows. A node that is removed takes its own declarations with it and
// so its own edges, and no others.
//
// Currencies with one name and different decimals are different graphs. In
// each, nodes have dense 32-bit ids, and the declarations of a node lie in one
// block without pointers. Ids of nodes that nobody speaks of are used again.
//
// The graph does not know time: pages end in gossip/pages, which tells.
package graph
