package capacity

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

var eur = ledger.Currency{Name: "EUR", Decimals: 2}

// keyOf returns the key pair made from a seed of equal bytes.
func keyOf(b byte) (ledger.NodeID, ed25519.PrivateKey) {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = b
	}
	key := ed25519.NewKeyFromSeed(seed)
	return ledger.NodeID(key.Public().(ed25519.PublicKey)), key
}

func sign(body []byte, key ed25519.PrivateKey) SignedPage {
	h := Hash(body)
	return SignedPage{Body: body, Signature: ledger.Signature(ed25519.Sign(key, h[:]))}
}

func friend(b byte) ledger.NodeID { return ledger.NodeID{0: b, 31: 7} }

// page returns a valid page with one entry.
func page() Page {
	node, _ := keyOf(1)
	return Page{
		Node: node, Epoch: 3, Seq: 9, Currency: eur, Count: 1,
		Issued: 1_700_000_000_000, TTL: 10 * time.Minute,
		Entries: []Entry{{
			Friend: friend(2), CanSend: ledger.NewAmount(500), CanReceive: ledger.NewAmount(70),
			Transit: ledger.NewAmount(300), Rate: ledger.Rate{Mul: 42_949_673, Add: 2},
		}},
	}
}

func genAmount(t *rapid.T, label string) ledger.Amount {
	hi := rapid.Uint32().Draw(t, label+"Hi")
	return ledger.AmountFromParts(uint64(hi)>>rapid.IntRange(0, 32).Draw(t, label+"Shift"), rapid.Uint64().Draw(t, label+"Lo"))
}

func genEntry(t *rapid.T) Entry {
	e := Entry{
		CanSend:    genAmount(t, "canSend"),
		CanReceive: genAmount(t, "canReceive"),
		Rate:       ledger.Rate{Mul: rapid.Uint32().Draw(t, "mul"), Add: rapid.Uint64().Draw(t, "add")},
	}
	e.Transit = ledger.MinAmount(e.CanSend, genAmount(t, "transit"))
	copy(e.Friend[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "friend"))
	e.Friend[31] |= 1 // never the zero value
	return e
}

func genTemplate(t *rapid.T) Page {
	node, _ := keyOf(1)
	return Page{
		Node:  node,
		Epoch: rapid.Uint64Range(1, EpochMax).Draw(t, "epoch"),
		Seq:   rapid.Uint64Range(1, 1<<40).Draw(t, "seq"),
		Currency: ledger.Currency{
			Name:     rapid.StringMatching(`[A-Z0-9._-]{1,16}`).Draw(t, "currency"),
			Decimals: rapid.Uint8Range(0, ledger.DecimalsMax).Draw(t, "decimals"),
		},
		Issued: rapid.Uint64Range(0, IssuedMax).Draw(t, "issued"),
		TTL:    time.Duration(rapid.IntRange(360, 900).Draw(t, "ttl")) * time.Second,
	}
}

// genPages draws the pages of a node with up to 200 friends.
func genPages(t *rapid.T) ([]Entry, []Page) {
	node, _ := keyOf(1)
	entries := rapid.SliceOfNDistinct(rapid.Custom(genEntry), 0, 200, func(e Entry) ledger.NodeID { return e.Friend }).Draw(t, "entries")
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.Friend == node })
	template := genTemplate(t)
	template.Count = rapid.SampledFrom([]uint16{0, 1, 2, 8}).Draw(t, "least")
	pages, err := Build(template, entries)
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	return entries, pages
}

func isFault(t *testing.T, err error) {
	t.Helper()
	var fault *FaultError
	if !errors.As(err, &fault) {
		t.Errorf("got %v (%T), want a *FaultError", err, err)
	}
}
