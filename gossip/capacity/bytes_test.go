package capacity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

var rewrite = flag.Bool("rewrite", false, "write testdata anew")

const vectorsFile = "testdata/vectors.json"

// vector is a golden page, readable by any language: what may pass 2^53 is text.
type vector struct {
	Name      string        `json:"name"`
	Seed      string        `json:"seed"` // Ed25519 seed of the node
	Node      string        `json:"node"`
	Epoch     uint64        `json:"epoch,string"`
	Seq       uint64        `json:"seq,string"`
	Currency  string        `json:"currency"` // NAME/decimals
	Number    uint16        `json:"number"`
	Count     uint16        `json:"count"`
	IssuedMS  uint64        `json:"issued_ms,string"`
	TTLS      int           `json:"ttl_s"`
	Entries   []vectorEntry `json:"entries"`
	Body      string        `json:"body"`
	Hash      string        `json:"hash"`
	Signature string        `json:"signature"`
}

type vectorEntry struct {
	Friend     string        `json:"friend"`
	CanSend    ledger.Amount `json:"can_send"`
	CanReceive ledger.Amount `json:"can_receive"`
	Transit    ledger.Amount `json:"transit"`
	Mul        uint32        `json:"mul"`
	Add        uint64        `json:"add,string"`
}

func vectorOf(name string, seed byte, p Page) vector {
	_, key := keyOf(seed)
	body := p.Body()
	signed := sign(body, key)
	h := Hash(body)
	v := vector{
		Name: name, Seed: hex.EncodeToString(key.Seed()), Node: hex.EncodeToString(p.Node[:]),
		Epoch: p.Epoch, Seq: p.Seq, Currency: p.Currency.String(), Number: p.Number, Count: p.Count,
		IssuedMS: p.Issued, TTLS: int(p.TTL / time.Second), Entries: []vectorEntry{},
		Body: hex.EncodeToString(body), Hash: h.String(), Signature: hex.EncodeToString(signed.Signature[:]),
	}
	for _, e := range p.Entries {
		v.Entries = append(v.Entries, vectorEntry{
			Friend: hex.EncodeToString(e.Friend[:]), CanSend: e.CanSend, CanReceive: e.CanReceive,
			Transit: e.Transit, Mul: e.Rate.Mul, Add: e.Rate.Add,
		})
	}
	return v
}

func goldenPages() []vector {
	one := page()
	empty := page()
	empty.Entries = nil
	last := page()
	last.Epoch, last.Seq, last.Issued, last.TTL = EpochMax, 1<<64-1, IssuedMax, TTLMax
	last.Currency = ledger.Currency{Name: "HOURS.BERLIN-2_0", Decimals: 18}
	last.Count = CountMax
	most := ledger.AmountFromParts(1<<32-1, 1<<64-1)
	last.Entries[0] = Entry{Friend: friend(9), CanSend: most, CanReceive: most, Transit: most, Rate: ledger.Rate{Mul: 1<<32 - 1, Add: 1<<64 - 1}}
	last.Number = uint16(PlaceOf(friend(9), CountMax))
	three := page()
	three.Entries = append(three.Entries, Entry{Friend: friend(3)}, Entry{Friend: friend(4), CanReceive: ledger.NewAmount(1)})
	return []vector{
		vectorOf("one friend", 1, one), vectorOf("currency given up", 1, empty),
		vectorOf("largest values", 1, last), vectorOf("three friends", 1, three),
	}
}

// The bytes, hashes and signatures of pages never change within a version.
func TestVectors(t *testing.T) {
	if *rewrite {
		b, err := json.MarshalIndent(goldenPages(), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var want []vector
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, goldenPages(), cmp.AllowUnexported(ledger.Amount{})); diff != "" {
		t.Errorf("pages encode to other bytes (-file +now):\n%s", diff)
	}
	for _, v := range want {
		body, err := hex.DecodeString(v.Body)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := hex.DecodeString(v.Signature)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Verify(SignedPage{Body: body, Signature: ledger.Signature(sig)})
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		if got.Hash().String() != v.Hash {
			t.Errorf("%s: hash %v, want %s", v.Name, got.Hash(), v.Hash)
		}
		if p := got.Page(); p.Seq != v.Seq || p.Issued != v.IssuedMS || len(p.Entries) != len(v.Entries) {
			t.Errorf("%s: decodes to %+v", v.Name, p)
		}
	}
}

// Decode is the inverse of Body for every page that Build makes.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, pages := genPages(t)
		for _, p := range pages {
			body := p.Body()
			if len(body) > BodyBytesMax {
				t.Fatalf("%d bytes, more than BodyBytesMax", len(body))
			}
			got, err := Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, got, cmp.AllowUnexported(ledger.Amount{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestDecodeKinds(t *testing.T) {
	good := page().Body()
	future := bytes.Clone(good)
	future[0] = Version + 1
	if _, err := Decode(future); !errors.Is(err, ErrVersion) {
		t.Errorf("next version: got %v, want ErrVersion", err)
	}
	if _, err := Decode(append(future, make([]byte, BodyBytesMax)...)); !errors.Is(err, ErrVersion) {
		t.Errorf("longer page of the next version: got %v, want ErrVersion", err)
	}
	for name, b := range map[string][]byte{
		"nothing":   {},
		"truncated": good[:len(good)-1],
		"trailing":  append(bytes.Clone(good), 0),
		"too long":  append(bytes.Clone(good), make([]byte, BodyBytesMax)...),
		"head only": good[:40],
	} {
		if _, err := Decode(b); err == nil {
			t.Errorf("%s: decoded", name)
		} else {
			isFault(t, err)
		}
	}
}

func TestVerify(t *testing.T) {
	_, key := keyOf(1)
	_, other := keyOf(2)
	body := page().Body()
	v, err := Verify(sign(body, key))
	if err != nil {
		t.Fatal(err)
	}
	if v.IsZero() || v.Hash() != Hash(body) || v.Order() != (Order{3, 9, Hash(body)}) || !bytes.Equal(v.Signed().Body, body) {
		t.Errorf("verified page says %+v", v)
	}
	_, err = Verify(sign(body, other))
	isFault(t, err)
	raw := SignedPage{Body: body, Signature: ledger.Signature(ed25519.Sign(key, body))}
	_, err = Verify(raw) // signed without the domain tag
	isFault(t, err)
	bent := sign(bytes.Clone(body), key)
	bent.Body[len(body)-1] ^= 1
	_, err = Verify(bent)
	isFault(t, err)

	var zero VerifiedPage
	if !zero.IsZero() || zero.Page().Entries != nil || zero.Order() != (Order{}) {
		t.Error("the zero VerifiedPage is a page")
	}
}

// What decodes encodes to the same bytes, so a page has one name only.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{Version})
	f.Add([]byte{Version + 1, 0})
	for _, v := range goldenPages() {
		b, _ := hex.DecodeString(v.Body)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil {
			var fault *FaultError
			if !errors.Is(err, ErrVersion) && !errors.As(err, &fault) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("decoded an invalid page: %v", err)
		}
		if !bytes.Equal(p.Body(), b) {
			t.Fatal("encodes to other bytes")
		}
	})
}
