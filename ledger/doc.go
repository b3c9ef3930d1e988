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
//	hop, path    one step of a route and what is frozen towards it / the hops
//	             that remain after a request's receiver
//	reason       why a request was cancelled; the reporter is the node that did
//	rate, fee    what a mediator charges: fee(x) = floor(x·mul / 2³²) + add
//	receipt      an invoice and the key of its lock: proof of payment
//	reservation  the seller's signed word that all parts of a payment arrived
//	commit       the part keys of a reserved payment, sealed to the seller: from
//	             here on the payment is final
//	express      of a payment: the part keys travel with the requests
//	reserved     of a payment: they stay with the buyer until the commit
//	standing     (code) printed once: it says whom to ask for a fresh invoice
//	withdraw     the buyer's advice to cancel a request; obeyed unless committed
//	checkpoint   an operation that fixes the state of both logs by a digest, so
//	             that what came before may be forgotten
//	statement    two entries, the second acknowledging the first, and their
//	             opening: a balance that both sides have signed
//	head         the newest entry of a log: its seq and hash
//	window       how far entries with operations run ahead of acknowledgements
//	tag          the domain of signed or hashed bytes: a tag goes first
//	text         what people pass on ("offset:i1…"): prefix, base32, checksum
//
// How two friends agree on a new epoch:
//
//	propose      offer terms; accept, confirm: sign the epoch's id, first the
//	             acceptor, then the proposer
//	number       of an epoch; the numbers that a side signs only rise
//	base         the epoch before, or none
//	refuse       the answer to a proposal that is not accepted, with a reason
//	kept         a request that stays pending in the new epoch
//	supply       whole requests that are kept and that the other side lacks
//	cost         what accepting terms takes from this side, per currency
//	bound        the user's decision: the highest cost at which the node accepts
//	             the friend's next terms
//	at stake     of an incoming request: this node loses it if it vanishes
//	inconsistent the friend signed something illegal: only a new epoch helps
//	evidence     what proves that: kept, and exportable
//	recovering   this node lost data: it signs nothing but openings
//	tombstone    what is left of a removed friend: its highest number
//
// A payer's node is the buyer, the payee's the seller, every node between them
// a mediator. "Here" is a side's own view of a friendship, "there" is what the
// friend had seen when it signed its newest entry.
package ledger
