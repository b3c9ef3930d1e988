// Package seal holds the keys of a node that are derived from its identity, and
// seals parts of payments, and the commit of a reserved one, so that only the
// seller can read them.
//
// Nothing here is stored: the key of an invoice's lock, the key of a part's
// lock and the key that parts are sealed to all come out of the identity's
// secret, so 24 recovery words bring them back, and a restored seller can
// collect an invoice that it no longer has (ledger.md 3.1, 3.2).
//
//	InvoiceKey = HKDF(secret "invoice"; tag ‖ id, currency, amount, expiry)
//	PartKey    = HKDF(secret "part";    tag ‖ lock, salt)
//	SealKey    = X25519, DHKEM.DeriveKeyPair(secret "seal") of RFC 9180
//
// Sealing is HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256, ChaCha20-Poly1305. The info of a part names both locks of its
// request, so a ciphertext that is moved to another request does not open.
//
// A sealed part is the salt of its part key in clear, then HPKE's output:
//
//	salt 16 | encapsulated key 32 | ciphertext with tag
//
// The seller needs no salt; it stands there for the buyer, who after a restore
// finds the keys of its own parts again from what its friends still hold. A
// sealed commit is HPKE's output alone; its info names the invoice's lock and the
// payment.
package seal
