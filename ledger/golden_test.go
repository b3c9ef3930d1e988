package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors.json from the code")

// vector is one value and its exact bytes, for implementers in other languages.
// Hashes, keys, nodes and signatures inside a value are as their types write
// themselves; fields of bytes are base64; amounts are decimal.
type vector struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`                // request, entry, terms, opening, lock
	Value     any    `json:"value"`               // for people; Bytes is what counts
	Bytes     string `json:"bytes"`               // hexadecimal
	Hash      string `json:"hash,omitempty"`      // SHA-256 of tag and bytes; of an opening: of tag, terms and acceptor's nonce
	Tag       string `json:"tag,omitempty"`       // of Hash
	Seed      string `json:"seed,omitempty"`      // Ed25519 seed of the signer
	Signature string `json:"signature,omitempty"` // of Hash
}

// golden keys: seeds of 32 equal bytes, 1 for the lower node and 2 for the higher.
func goldenKey(n byte) (ledger.NodeID, ed25519.PrivateKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	return ledger.NodeID(key.Public().(ed25519.PublicKey)), key
}

// goldenSeeds returns the seeds of the lower and the higher node.
func goldenSeeds() (low, high byte) {
	a, _ := goldenKey(1)
	b, _ := goldenKey(2)
	if a.Less(b) {
		return 1, 2
	}
	return 2, 1
}

func fill(n byte) (h [32]byte) {
	for i := range h {
		h[i] = n
	}
	return h
}

func goldenRequest() *ledger.Request {
	return &ledger.Request{
		Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(12_345),
		Lock: ledger.Key(fill(0x11)).Lock(), PartLock: ledger.Key(fill(0x12)).Lock(), Hold: 60,
		Path: ledger.NewPath(
			ledger.Hop{Node: fill(0x21), Amount: ledger.NewAmount(12_300)},
			ledger.Hop{Node: fill(0x22), Amount: ledger.AmountFromParts(0, 12_250)}),
		Sealed: []byte("sealed to the seller"),
	}
}

func goldenEntry() *ledger.Entry {
	largest := ledger.AmountFromParts(1<<56-1, 1<<64-1) // 2^120 − 1
	return &ledger.Entry{
		Epoch: goldenTerms().EpochID(ledger.Nonce{0x0a}), Author: 1, Seq: 7, Prev: fill(0x31),
		Ack: ledger.Head{Seq: 5, Hash: fill(0x32)},
		Ops: []ledger.Op{
			&ledger.Credit{Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Limit: ledger.AmountFromParts(1<<32-1, 1<<64-1)},
			goldenRequest(),
			&ledger.Collect{Ordinal: 1, Key: fill(0x41), PartKey: fill(0x42)},
			&ledger.Cancel{Ordinal: 2, Reason: ledger.NoRoute, Reporter: fill(0x43)},
			&ledger.Reserve{Ordinal: 3, Reservation: []byte("reservation")},
			&ledger.Withdraw{Ordinal: 4},
			&ledger.Commit{Ordinal: 5, Sealed: []byte("sealed commit")},
			&ledger.Checkpoint{Digest: fill(0x44)},
		},
		Totals: []ledger.Totals{
			{Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Logs: [2]ledger.Counters{
				{Requested: ledger.NewAmount(100), Collected: ledger.NewAmount(60), Cancelled: ledger.NewAmount(30)},
				{Requested: largest, Collected: ledger.AmountFromParts(1, 0), Cancelled: ledger.NewAmount(1 << 63)},
			}},
			{Currency: ledger.Currency{Name: "HOUR"}},
		},
	}
}

func goldenTerms() *ledger.Terms {
	l, h := goldenSeeds()
	low, _ := goldenKey(l)
	high, _ := goldenKey(h)
	return &ledger.Terms{
		Low: low, High: high, Number: 4, Base: fill(0x51), Nonce: ledger.Nonce{0x52, 0x53},
		Balances: []ledger.TermsBalance{
			{Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Balance: ledger.NewBalance(-12_345)},
			{Currency: ledger.Currency{Name: "HOUR"}, Balance: ledger.NewBalance(77)},
		},
		Kept: []ledger.Kept{{Author: 0, Ordinal: 3, Request: goldenRequest().Hash()}, {Author: 1, Ordinal: 1, Request: fill(0x54)}},
	}
}

func goldenOpening() *ledger.Opening {
	o := &ledger.Opening{Terms: goldenTerms(), Acceptor: ledger.Nonce{0x0a}}
	id := o.ID()
	l, h := goldenSeeds()
	_, low := goldenKey(l)
	_, high := goldenKey(h)
	o.Low, o.High = ledger.Signature(ed25519.Sign(low, id[:])), ledger.Signature(ed25519.Sign(high, id[:]))
	return o
}

func signed(v vector, tag string, hash ledger.Hash, seed byte) vector {
	_, key := goldenKey(seed)
	v.Tag, v.Hash = tag, hash.String()
	v.Seed = hex.EncodeToString(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	v.Signature = hex.EncodeToString(ed25519.Sign(key, hash[:]))
	return v
}

func vectors() []vector {
	low, high := goldenSeeds()
	entry := func(name string, n *ledger.Entry) vector {
		body := n.Encode()
		seed := []byte{low, high}[n.Author]
		return signed(vector{Name: name, Kind: "entry", Value: n, Bytes: hex.EncodeToString(body)},
			"offset/entry/1", ledger.EntryHash(body), seed)
	}
	request := func(name string, r *ledger.Request) vector {
		return vector{
			Name: name, Kind: "request", Value: r, Bytes: hex.EncodeToString(ledger.EncodeRequest(r)),
			Tag: "offset/request/1", Hash: r.Hash().String(),
		}
	}
	atSeller := goldenRequest()
	atSeller.Path, atSeller.Sealed = ledger.NewPath(), nil
	atSeller.Amount = ledger.AmountFromParts(1<<32-1, 1<<64-1)
	onion := goldenRequest()
	onion.Path = ledger.Path{Version: 2, Opaque: []byte("onion")}
	m, o := goldenTerms(), goldenOpening()
	bare := &ledger.Terms{Low: m.Low, High: m.High, Number: 1}
	key := ledger.Key(fill(0x11))
	return []vector{
		{Name: "lock of a key", Kind: "lock", Value: "SHA-256 of the bytes, without a tag", Bytes: hex.EncodeToString(key[:]), Hash: key.Lock().String()},
		request("plain path of two hops", goldenRequest()),
		request("at the seller, largest amount", atSeller),
		request("path of a later version", onion),
		entry("every operation", goldenEntry()),
		entry("empty", &ledger.Entry{Epoch: o.ID(), Seq: 1, Ack: ledger.Head{Seq: 1, Hash: fill(0x32)}}),
		{Name: "new friendship", Kind: "terms", Value: bare, Bytes: hex.EncodeToString(bare.Encode()), Tag: "offset/terms/1", Hash: bare.Hash().String()},
		{Name: "next epoch", Kind: "terms", Value: m, Bytes: hex.EncodeToString(m.Encode()), Tag: "offset/terms/1", Hash: m.Hash().String()},
		signed(vector{Name: "next epoch, signed by the lower node", Kind: "opening", Value: o, Bytes: hex.EncodeToString(o.Encode())}, "offset/epoch/1", o.ID(), low),
		signed(vector{Name: "next epoch, signed by the higher node", Kind: "opening", Value: o, Bytes: hex.EncodeToString(o.Encode())}, "offset/epoch/1", o.ID(), high),
	}
}

// TestVectors pins the bytes: a change of them is a change of the protocol.
func TestVectors(t *testing.T) {
	pin(t, "testdata/vectors.json", vectors())
}

// pin wants that a file holds exactly these vectors.
func pin(t *testing.T, file string, vectors any) {
	t.Helper()
	got, err := json.MarshalIndent(vectors, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("the bytes changed; if that is meant, the versions and tags must change too (go test -update)\n%s", got)
	}
}

// TestVectorsDecode: the bytes on file still decode, to the same bytes, and
// their signatures verify.
func TestVectorsDecode(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	recode := map[string]func([]byte) ([]byte, error){
		"entry": recodeEntry, "terms": recodeTerms, "opening": recodeOpening, "request": recodeRequest,
		"lock": func(b []byte) ([]byte, error) { return b, nil },
	}
	for _, v := range all {
		body, err := hex.DecodeString(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := recode[v.Kind](body); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%s %q: encodes to %x, %v", v.Kind, v.Name, again, err)
		}
		if v.Kind != "opening" && v.Tag != "" && ledger.NewTag(v.Tag).Hash(body).String() != v.Hash {
			t.Errorf("%s %q: hash is not of tag and bytes", v.Kind, v.Name)
		}
		if v.Signature == "" {
			continue
		}
		seed, _ := hex.DecodeString(v.Seed)
		key := ed25519.NewKeyFromSeed(seed)
		hash, _ := hex.DecodeString(v.Hash)
		sig, _ := hex.DecodeString(v.Signature)
		if !ed25519.Verify(key.Public().(ed25519.PublicKey), hash, sig) {
			t.Errorf("%s %q: signature does not verify", v.Kind, v.Name)
		}
	}
}
