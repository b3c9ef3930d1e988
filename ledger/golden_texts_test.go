package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// textVector is a value of a payment: its bytes, its text if it has one, and
// what is signed or sealed with it.
type textVector struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`  // invoice, receipt, part, reservation, commit keys, commit, standing code
	Value     any    `json:"value"` // for people; Bytes is what counts
	Bytes     string `json:"bytes"` // hexadecimal; of an invoice: body and signature
	Text      string `json:"text,omitempty"`
	Hash      string `json:"hash,omitempty"`      // of an invoice's body with its tag
	Seed      string `json:"seed,omitempty"`      // Ed25519 seed of the seller
	Signature string `json:"signature,omitempty"` // of Hash
	Info      string `json:"info,omitempty"`      // HPKE info: of a part, for the locks of the key of 0x11 and the part key of 0x12; of commit keys
	Parts     string `json:"parts,omitempty"`     // of a reservation: what its parts hash is of, without the tag
}

func goldenInvoice() *ledger.Invoice {
	seller, key := goldenKey(1)
	v := &ledger.Invoice{
		ID: fill(0x61), Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(12_250),
		Seller: seller, Lock: ledger.Key(fill(0x11)).Lock(), SealKey: fill(0x62), Description: "two pizzas, déjà vu",
		Created: 1_700_000_000, Expires: 1_700_003_600, Addresses: []string{"/ip4/192.0.2.1/udp/4001/quic-v1"},
		Reserved: 86_400, Hints: []ledger.Hint{{Friend: fill(0x63), Receivable: ledger.NewAmount(500), Rate: ledger.Rate{Mul: 42_949_673, Add: 5}}},
	}
	hash := v.Hash()
	v.Signature = ledger.Signature(ed25519.Sign(key, hash[:]))
	return v
}

func goldenPart() *ledger.Part {
	partKey := ledger.Key(fill(0x12))
	return &ledger.Part{
		Payment: ledger.PaymentID{0x71}, Total: ledger.NewAmount(12_250), Amount: ledger.NewAmount(12_000), Invoice: fill(0x61),
		InvoiceAmount: ledger.NewAmount(12_250), Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Expires: 1_700_003_600,
		PartKey: &partKey, Note: "table 7",
	}
}

func textVectors() []textVector {
	invoice := func(name string, v *ledger.Invoice) textVector {
		return textVector{
			Name: name, Kind: "invoice", Value: shownInvoice(v), Bytes: hex.EncodeToString(v.Encode()), Text: v.Text(),
			Hash: v.Hash().String(), Seed: hex.EncodeToString(bytes.Repeat([]byte{1}, ed25519.SeedSize)),
			Signature: hex.EncodeToString(v.Signature[:]),
		}
	}
	bare := &ledger.Invoice{Currency: ledger.Currency{Name: "H"}, Seller: goldenInvoice().Seller, Expires: 1}
	_, key := goldenKey(1)
	hash := bare.Hash()
	bare.Signature = ledger.Signature(ed25519.Sign(key, hash[:]))
	part := func(name string, p *ledger.Part) textVector {
		info := ledger.PartInfo(ledger.Key(fill(0x11)).Lock(), ledger.Key(fill(0x12)).Lock())
		return textVector{Name: name, Kind: "part", Value: p, Bytes: hex.EncodeToString(p.Encode()), Info: hex.EncodeToString(info)}
	}
	reserved := goldenPart()
	reserved.PartKey, reserved.Note = nil, ""
	receipt := &ledger.Receipt{Invoice: goldenInvoice(), Key: fill(0x11)}
	return append([]textVector{
		invoice("every field", goldenInvoice()),
		invoice("smallest: the payer chooses", bare),
		{
			Name: "of the first invoice", Kind: "receipt", Value: map[string]any{"Key": receipt.Key},
			Bytes: hex.EncodeToString(receipt.Encode()), Text: receipt.Text(),
		},
		part("plaintext of an express part", goldenPart()),
		part("plaintext of a reserved part", reserved),
	}, reservedVectors()...)
}

// goldenParts are the two parts of the golden reserved payment, sorted.
func goldenParts() []ledger.ReservedPart {
	parts := []ledger.ReservedPart{
		{Lock: ledger.Key(fill(0x12)).Lock(), Amount: ledger.NewAmount(12_000)},
		{Lock: ledger.Key(fill(0x13)).Lock(), Amount: ledger.NewAmount(250)},
	}
	if bytes.Compare(parts[0].Lock[:], parts[1].Lock[:]) > 0 {
		parts[0], parts[1] = parts[1], parts[0]
	}
	return parts
}

func goldenReservation() *ledger.Reservation {
	r, err := ledger.NewReservation(goldenInvoice(), ledger.PaymentID{0x71}, goldenParts())
	if err != nil {
		panic(err)
	}
	hash := r.Hash()
	_, key := goldenKey(1)
	r.Signature = ledger.Signature(ed25519.Sign(key, hash[:]))
	return r
}

func goldenStanding(currency *ledger.Currency, amount ledger.Amount, addresses ...string) *ledger.StandingCode {
	seller, key := goldenKey(1)
	s := &ledger.StandingCode{Seller: seller, Addresses: addresses, Currency: currency, Amount: amount}
	hash := s.Hash()
	s.Signature = ledger.Signature(ed25519.Sign(key, hash[:]))
	return s
}

// reservedVectors are the messages of a reserved payment, and standing codes.
func reservedVectors() []textVector {
	seed := hex.EncodeToString(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	r, parts := goldenReservation(), ledger.Encoder{}
	parts.U8(uint8(len(goldenParts())))
	for _, p := range goldenParts() {
		parts.Raw(p.Lock[:])
		parts.Amount(p.Amount)
	}
	lock := goldenInvoice().Lock
	keys := ledger.NewCommitKeys(ledger.PaymentID{0x71}, fill(0x61), []ledger.Key{fill(0x13), fill(0x12)})
	sealed := &ledger.SealedCommit{Lock: lock, Payment: ledger.PaymentID{0x71}, Sealed: []byte("encapsulated key, ciphertext and tag")}
	standing := func(name string, s *ledger.StandingCode) textVector {
		return textVector{
			Name: name, Kind: "standing code", Value: s, Bytes: hex.EncodeToString(s.Encode()), Text: s.Text(),
			Hash: s.Hash().String(), Seed: seed, Signature: hex.EncodeToString(s.Signature[:]),
		}
	}
	return []textVector{
		{
			Name: "of the first invoice", Kind: "reservation", Value: r, Bytes: hex.EncodeToString(r.Encode()),
			Hash: r.Hash().String(), Seed: seed, Signature: hex.EncodeToString(r.Signature[:]), Parts: hex.EncodeToString(parts.Bytes()),
		},
		{
			Name: "plaintext of the commit", Kind: "commit keys", Value: keys, Bytes: hex.EncodeToString(keys.Encode()),
			Info: hex.EncodeToString(ledger.CommitInfo(lock, keys.Payment)),
		},
		{Name: "handed over", Kind: "commit", Value: sealed, Bytes: hex.EncodeToString(sealed.Encode()), Text: sealed.Text()},
		standing("priced", goldenStanding(&ledger.Currency{Name: "EUR", Decimals: 2}, ledger.NewAmount(350), "/ip4/192.0.2.1/udp/4001/quic-v1")),
		standing("the payer chooses the amount", goldenStanding(&ledger.Currency{Name: "HOUR"}, ledger.Amount{})),
		standing("the payer chooses", goldenStanding(nil, ledger.Amount{})),
	}
}

// shownInvoice is an invoice's fields, without its own way of writing itself as
// a text.
func shownInvoice(v *ledger.Invoice) any {
	type fields ledger.Invoice
	return (*fields)(v)
}

// TestTextVectors pins what buyers and sellers exchange.
func TestTextVectors(t *testing.T) {
	pin(t, "testdata/texts.json", textVectors())
}

// TestTextVectorsDecode: the bytes and texts on file still decode, to the same
// bytes, and verify.
func TestTextVectorsDecode(t *testing.T) {
	b, err := os.ReadFile("testdata/texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []textVector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		body, err := hex.DecodeString(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		var again []byte
		switch v.Kind {
		case "invoice":
			var fromText *ledger.Invoice
			if fromText, err = ledger.ParseInvoice(v.Text); err == nil {
				again = fromText.Encode()
			}
		case "receipt":
			var fromText *ledger.Receipt
			if fromText, err = ledger.ParseReceipt(v.Text); err == nil {
				again = fromText.Encode()
			}
		case "part":
			var p *ledger.Part
			if p, err = ledger.DecodePart(body); err == nil {
				again = p.Encode()
			}
		case "reservation":
			again, err = readReservationVector(t, v, body)
		case "commit keys":
			again, err = recodeCommitKeys(body)
		case "commit":
			var fromText *ledger.SealedCommit
			if fromText, err = ledger.ParseCommit(v.Text); err == nil {
				again = fromText.Encode()
			}
		case "standing code":
			var fromText *ledger.StandingCode
			if fromText, err = ledger.ParseStandingCode(v.Text); err == nil {
				again = fromText.Encode()
			}
		}
		if err != nil || !bytes.Equal(again, body) {
			t.Errorf("%s %q: encodes to %x, %v", v.Kind, v.Name, again, err)
		}
	}
}

// readReservationVector decodes a reservation on file, whose parts hash is that
// of the list beside it, and which the buyer would accept.
func readReservationVector(t *testing.T, v textVector, body []byte) ([]byte, error) {
	t.Helper()
	r, err := ledger.DecodeReservation(body)
	if err != nil {
		return nil, err
	}
	list, err := hex.DecodeString(v.Parts)
	if err != nil {
		return nil, err
	}
	if ledger.NewTag("offset/reserved-parts/1").Hash(list) != r.Parts || ledger.NewTag("offset/reservation/1").Hash(r.Body()).String() != v.Hash {
		t.Errorf("%s %q: a hash is not of tag and bytes", v.Kind, v.Name)
	}
	return r.Encode(), r.Verify(goldenInvoice(), ledger.PaymentID{0x71}, goldenParts())
}
