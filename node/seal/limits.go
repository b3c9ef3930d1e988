package seal

import "github.com/offset-p2p/offset/ledger"

const (
	// encapsulatedBytes is the length of DHKEM(X25519)'s encapsulated key.
	encapsulatedBytes = 32
	// authBytes is the length of ChaCha20-Poly1305's tag.
	authBytes = 16
	// saltBytes is the length of the salt before the ciphertext.
	saltBytes = len(ledger.PartSalt{})
	// overheadBytes is what sealing adds to a part's plaintext. The longest
	// part has some 420 bytes, well within ledger.SealedBytesMax.
	overheadBytes = saltBytes + encapsulatedBytes + authBytes
	// commitOverheadBytes is what sealing adds to a commit. The commit of the most
	// parts has 562 bytes of plaintext, well within ledger.SealedBytesMax.
	commitOverheadBytes = encapsulatedBytes + authBytes
)
