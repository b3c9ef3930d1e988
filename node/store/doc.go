// Package store is the durable form of a node's state: the engine's records
// and the ledgers with its friends, on a go-datastore.
//
// # Contract of a backend
//
// go-datastore promises neither that a batch is atomic nor that it is on
// stable storage when Commit returns. This package needs both and says so in
// Backend; Open gives the default, Pebble with every batch synced, and Memory
// one for tests. The conformance suite of this package is the same for all.
//
// # Rows
//
// Keys are paths; <node> is a peer ID, <lock>, <id> and <hash> are hexadecimal,
// numbers are 16 hexadecimal digits so that keys sort as numbers do.
//
//	/schema                                version of this layout, decimal
//	/owner                                 peer ID of the node that it belongs to
//	/settings                              JSON of engine.Settings
//	/index-epoch                           epoch of the newest capacity pages, decimal
//	/app/<node>                            JSON of engine.AppRecord
//	/friend/<node>                         JSON of engine.FriendRecord
//	/highest/<node>                        highest signed number; outlives the friend
//	/opening/<node>                        ledger.Opening of the open epoch
//	/snapshot/<node>                       friendship.Snapshot, in place of dropped entries
//	/kept/<node>                           requests that the opening keeps, if any
//	/acceptance/<node>                     friendship.Acceptance
//	/bound/<node>                          what the friend's terms may cost, if anything
//	/evidence/<node>                       friendship.Evidence
//	/closed/<node>                         friendship.Proof of the last epoch that the friend broke
//	/entry/<node>/<epoch>/<author>/<seq>   signature 64 | body, by epoch number
//	/forward/<lock>                        JSON of engine.ForwardRecord
//	/mark/<node>/<lock>                    JSON of engine.MarkRecord
//	/invoice/<id>                          JSON of engine.InvoiceRecord
//	/invoice-open/<id>                     open
//	/invoice-done/<expires>/<id>           not open, by expiry; "expired" if that is all that ended it
//	/invoice-time/<age>/<id>               all, newest first
//	/payment/<id>                          JSON of engine.PaymentRecord
//	/payment-open/<id>                     not final, or with parts not ended
//	/payment-time/<age>/<id>               all, newest first
//	/payment-invoice/<hash>                id of the payment that decides about this invoice
//
// <age> is the complement of the time of creation, so that ascending keys are
// descending times. Index rows are empty, or an id, and written in the batch of
// their record. Every table ends with the row "~", written when the database is
// made: a scan that does not reach it was cut short by a fault of the disk, which
// not every go-datastore reports, and is an error.
//
// # Damage
//
// What can be checked is checked again when it is read: records against their
// keys and bounds, both logs of every ledger as hash chains without a gap under
// their opening or from their snapshot on, a snapshot against the digest of its
// checkpoint, the friend's newest signature, those of invoices but in lists. A row
// that fails is named in the error, and nothing is loaded.
package store
