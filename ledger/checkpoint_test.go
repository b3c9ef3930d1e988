package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// sides is a small view: EUR offered by both, HOUR by author 1, two requests of
// author 0 pending and none of author 1.
func sides() *[2]ledger.CheckpointSide {
	eur, hour := ledger.Currency{Name: "EUR", Decimals: 2}, ledger.Currency{Name: "HOUR"}
	return &[2]ledger.CheckpointSide{
		{
			Offers:  []ledger.Credit{{Currency: eur, Limit: ledger.NewAmount(1000)}},
			Next:    9,
			Pending: []ledger.PendingHash{{Ordinal: 3, Request: fill(0x33)}, {Ordinal: 8, Request: fill(0x88)}},
		},
		{
			Offers: []ledger.Credit{{Currency: eur, Limit: ledger.NewAmount(5)}, {Currency: hour}},
			Next:   1,
		},
	}
}

// TestCheckpointBytes writes the bytes under the digest by hand.
func TestCheckpointBytes(t *testing.T) {
	want := strings.Join([]string{
		"13", hex.EncodeToString([]byte("offset/checkpoint/1")),
		"01", "03455552", "02", "0000000000000000000003e8",
		"0000000000000009",
		"0002",
		"0000000000000003", strings.Repeat("33", 32),
		"0000000000000008", strings.Repeat("88", 32),
		"02", "03455552", "02", "000000000000000000000005", "04484f5552", "00", "000000000000000000000000",
		"0000000000000001",
		"0000",
	}, "")
	b, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	got := ledger.CheckpointDigest(sides())
	if got != sha256.Sum256(b) {
		t.Errorf("digest %s, want the hash of %s", got, want)
	}
	const golden = "7c7237ee144b701572f6c8010fd149740d6b51d85e1d4f7d6e2462199764e8da"
	if got.String() != golden {
		t.Errorf("digest %s, want %s", got, golden)
	}
}

// TestCheckpointCoversEverything: no field can change and leave the digest.
func TestCheckpointCoversEverything(t *testing.T) {
	before := ledger.CheckpointDigest(sides())
	for name, edit := range map[string]func(s *[2]ledger.CheckpointSide){
		"limit":         func(s *[2]ledger.CheckpointSide) { s[0].Offers[0].Limit = ledger.NewAmount(1001) },
		"decimals":      func(s *[2]ledger.CheckpointSide) { s[1].Offers[1].Currency.Decimals = 1 },
		"name":          func(s *[2]ledger.CheckpointSide) { s[1].Offers[1].Currency.Name = "HOUS" },
		"offer less":    func(s *[2]ledger.CheckpointSide) { s[1].Offers = s[1].Offers[:1] },
		"next":          func(s *[2]ledger.CheckpointSide) { s[1].Next = 2 },
		"ordinal":       func(s *[2]ledger.CheckpointSide) { s[0].Pending[1].Ordinal = 7 },
		"request":       func(s *[2]ledger.CheckpointSide) { s[0].Pending[0].Request[31] ^= 1 },
		"request less":  func(s *[2]ledger.CheckpointSide) { s[0].Pending = s[0].Pending[:1] },
		"sides swapped": func(s *[2]ledger.CheckpointSide) { s[0], s[1] = s[1], s[0] },
		"moved over":    func(s *[2]ledger.CheckpointSide) { s[0].Pending, s[1].Pending = s[1].Pending, s[0].Pending },
	} {
		s := sides()
		if edit(s); ledger.CheckpointDigest(s) == before {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestRequestHashWithoutAllocation(t *testing.T) {
	r := &ledger.Request{Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(5), Sealed: make([]byte, 300)}
	var buf []byte
	if got := r.HashWith(&buf); got != r.Hash() {
		t.Fatalf("%s with a buffer, %s without", got, r.Hash())
	}
	r.Hold++
	if n := testing.AllocsPerRun(100, func() { r.HashWith(&buf) }); n != 0 {
		t.Errorf("%v allocations for each hash", n)
	}
	if got := r.HashWith(&buf); got != r.Hash() {
		t.Fatal("the buffer's old bytes are in the hash")
	}
}

// TestCheckpointWriterStreams: however many requests there are, the digest is the
// hash of their bytes in a row.
func TestCheckpointWriterStreams(t *testing.T) {
	offers := sides()[1].Offers
	for _, count := range []int{0, 1, 101, 102, 103, 500, ledger.PendingMax} {
		var e ledger.Encoder
		w := ledger.NewCheckpointWriter()
		for side := range 2 {
			e.U8(uint8(len(offers)))
			for _, c := range offers {
				e.Currency(c.Currency)
				e.Amount(c.Limit)
			}
			e.U64(uint64(7 + side))
			e.U16(uint16(count))
			w.Side(offers, uint64(7+side), count)
			for i := range count {
				h := fill(byte(i + side))
				e.U64(uint64(3 * i))
				e.Raw(h[:])
				w.Pending(uint64(3*i), h)
			}
		}
		if want := ledger.NewTag("offset/checkpoint/1").Hash(e.Bytes()); w.Digest() != want {
			t.Errorf("%d requests: not the hash of the bytes", count)
		}
	}
}

func TestEncoderRequest(t *testing.T) {
	r := goldenRequest()
	var e, want ledger.Encoder
	e.Grow(1000)
	before := &e.Bytes()[:1][0]
	e.Request(r)
	want.Var16(ledger.EncodeRequest(r))
	if !bytes.Equal(e.Bytes(), want.Bytes()) {
		t.Errorf("%x, want %x", e.Bytes(), want.Bytes())
	}
	if &e.Bytes()[0] != before {
		t.Error("the bytes moved, though there was room")
	}
}
