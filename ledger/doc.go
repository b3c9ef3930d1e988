// Package ledger is the vocabulary of credit between friends: the values that
// two nodes sign, their exact bytes, and the words of the protocol.
//
// The package is pure: it holds no goroutine, clock, randomness, file or
// socket. Everything that is signed anywhere in Offset has its bytes specified
// here field by field (see Encoder), under a domain Tag, and decoding is the
// exact inverse of encoding: what decodes encodes to the same bytes.
//
// # Glossary
//
// One word for one thing; the code uses these words and no others.
//
//	node         a libp2p peer with an Ed25519 key; its NodeID is that key
//	friend       another node with whom this node keeps a ledger
//	ledger       (of a friendship) two append-only logs, one signed by each side;
//	             the state is what both logs say together
//	entry        one signed batch of operations, appended by one side to its own log
//	epoch        a run of both logs from one opening agreed by both sides
//	opening      terms, nonces and both signatures: the birth of an epoch
//	terms        what an opening fixes: balances and the requests that are kept
//	currency     a name and a number of decimals; amounts are whole numbers of
//	             its smallest unit
//	balance      signed; positive: the friend owes me
//	limit        how much I let this friend owe me, per currency
//	request      opens a conditional transfer; it freezes its amount
//	collect      completes a request with both keys; credit moves
//	cancel       releases a request; nothing moves
//	pending      a request that is not resolved
//	frozen       the sum of pending requests
//	ordinal      the number of a request in its log and epoch: 1, 2, …
//	lock, key    lock = SHA-256(key); every request has two: the invoice's lock
//	             and its own part lock
//	invoice      a seller's signed demand for payment
//	part         one chain of requests of a payment, from buyer to seller
//	hold         how long the seller may keep a part pending before it must
//	             collect or cancel
//	rate, fee    what a mediator charges: fee(x) = floor(x·mul / 2³²) + add
//	receipt      an invoice and the key of its lock: proof of payment
//	reservation  the seller's signed word that all parts of a payment arrived
//	commit       the part keys of a reserved payment, handed to the seller
//	statement    two entries, the second acknowledging the first, and their
//	             opening: a balance that both sides have signed
//
// A payer's node is the buyer, the payee's the seller, every node between them
// a mediator. "Here" is a side's own view of a friendship, "there" is what the
// friend had seen when it signed its newest entry.
package ledger
