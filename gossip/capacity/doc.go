// Package capacity is the form of what a node says about its own capacities:
// the page, which the node signs and every index server can check on its own.
//
// A page lists up to EntriesMax friends of one node in one currency: what a
// request to and from each friend could carry now, and what the node charges.
// A node with more friends spreads them over several pages by the leading bits
// of SHA-256(friend), so that a friend has one place and a change of one
// friendship touches one page (PlaceOf, Build). A page is always whole: it
// replaces what its predecessor said, it never adds to it.
//
// # Bytes
//
// The body of a page is, in this order (ledger.Encoder; integers big-endian):
//
//	version    1 byte, 1
//	node       32 bytes
//	epoch      8 bytes, from 1: rises with each start of the node
//	seq        8 bytes, from 1: rises with each page of an epoch
//	currency   length (1 byte), name, decimals (1 byte)
//	number     2 bytes, below count
//	count      2 bytes, a power of two: the node's pages in this currency
//	issued     8 bytes, milliseconds since 1970 UTC
//	ttl        2 bytes, seconds
//	entries    count (1 byte), then each
//	             friend 32, can_send 12, can_receive 12, transit 12,
//	             rate: mul 4, add 8
//
// Entries rise strictly by friend. The node signs the tagged SHA-256 of the
// body (Hash); that hash is also the page's name. The signature is no part of
// it: two signatures of one body are one page.
//
// # Three kinds of no
//
// What is wrong whatever the time and the state is a *FaultError: whoever sent
// it is to blame, for it could have seen that too. A version that this program
// does not know is ErrVersion and nobody's fault. What depends on the clock is
// ErrStale or ErrFuture, and what depends on the state is told by gossip/pages;
// an honest neighbour can send either.
//
// # Privacy
//
// Amounts are published rounded down to a coarse grid (Round), so that a page
// does not change, and says nothing, with every payment of its node. Who is a
// friend of whom is said in clear.
package capacity
