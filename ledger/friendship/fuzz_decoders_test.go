package friendship_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/wire"
)

// decoder is one of those that read bytes of a friend, of a stranger or of the
// disk: it decodes, and encodes again what it has read.
type decoder struct {
	name  string
	again func(b []byte) ([]byte, error)
}

type encodable interface{ Encode() []byte }

func decodes[T encodable](name string, decode func([]byte) (T, error)) decoder {
	return decoder{name, func(b []byte) ([]byte, error) {
		v, err := decode(b)
		if err != nil {
			return nil, err
		}
		return v.Encode(), nil
	}}
}

// decoders are all of packages ledger, ledger/wire and ledger/friendship whose
// bytes have one form. The order is that of the corpus: new ones come last.
var decoders = []decoder{
	decodes("entry", ledger.DecodeEntry),
	{"request", func(b []byte) ([]byte, error) {
		r, err := ledger.DecodeRequest(b)
		if err != nil {
			return nil, err
		}
		return ledger.EncodeRequest(r), nil
	}},
	decodes("terms", ledger.DecodeTerms),
	decodes("opening", ledger.DecodeOpening),
	decodes("acceptance", friendship.DecodeAcceptance),
	decodes("evidence", friendship.DecodeEvidence),
	decodes("snapshot", friendship.DecodeSnapshot),
	decodes("statement", friendship.DecodeStatement),
	decodes("proof", friendship.DecodeProof),
	{"kept", func(b []byte) ([]byte, error) {
		kept, err := friendship.DecodeKept(b)
		return friendship.EncodeKept(kept), err
	}},
	{"bound", func(b []byte) ([]byte, error) {
		bound, err := friendship.DecodeBound(b)
		return friendship.EncodeBound(bound), err
	}},
	decodes("invoice", ledger.DecodeInvoice),
	decodes("part", ledger.DecodePart),
	decodes("receipt", ledger.DecodeReceipt),
	decodes("reservation", ledger.DecodeReservation),
	decodes("standing code", ledger.DecodeStandingCode),
	decodes("commit keys", ledger.DecodeCommitKeys),
	decodes("commit", ledger.DecodeSealedCommit),
}

// Bounds of what a decoder may allocate, in all, for an input.
const (
	allocPerByte = 16
	allocBase    = 1 << 20
)

// allocated returns how many bytes f allocates in all: at least as many as its
// heap grows at most.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// checkDecoder wants the identity on accepted input, and little memory for any.
func checkDecoder(t *testing.T, d decoder, b []byte) {
	t.Helper()
	var again []byte
	var err error
	spent := allocated(func() { again, err = d.again(b) })
	if err == nil && !bytes.Equal(again, b) {
		t.Fatalf("%s: %x is encoded as %x", d.name, b, again)
	}
	if spent > uint64(allocPerByte*len(b)+allocBase) {
		t.Fatalf("%s: %d bytes for an input of %d", d.name, spent, len(b))
	}
}

// FuzzDecoders: whatever the bytes, every decoder gives back exactly them or an
// error, and spends memory in proportion to them only.
func FuzzDecoders(f *testing.F) {
	for i := range decoders {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), bytes.Repeat([]byte{0xff}, 100))
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		checkDecoder(t, decoders[int(which)%len(decoders)], b)
	})
}

// FuzzDecodeFrame is the same for frames, which protobuf can write in several
// ways: what was read passes the wire unchanged from then on.
func FuzzDecodeFrame(f *testing.F) {
	f.Add([]byte{0x0a, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		var once []byte
		spent := allocated(func() {
			if fr, err := wire.Decode(b); err == nil {
				once = wire.Encode(fr)
			}
		})
		if spent > uint64(allocPerByte*len(b)+allocBase) {
			t.Fatalf("%d bytes for an input of %d", spent, len(b))
		}
		if once == nil {
			return
		}
		fr, err := wire.Decode(once)
		if err != nil || !bytes.Equal(wire.Encode(fr), once) {
			t.Fatalf("%x decodes, but what it encodes to does not pass: %v", b, err)
		}
	})
}

// FuzzParseStatement is the same for the text of a statement, which people pass
// on by hand.
func FuzzParseStatement(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		var s *friendship.Statement
		var err error
		spent := allocated(func() { s, err = friendship.ParseStatement(text) })
		if spent > uint64(allocPerByte*len(text)+allocBase) {
			t.Fatalf("%d bytes for an input of %d", spent, len(text))
		}
		if err != nil {
			return
		}
		if again, err := friendship.ParseStatement(s.Text()); err != nil || !bytes.Equal(again.Encode(), s.Encode()) {
			t.Fatalf("%q is not read as what was written: %v", s.Text(), err)
		}
	})
}

// TestDecodersAllocateLittle gives every decoder real bytes of every other one,
// cut and stretched, with counts and lengths as large as they go: the inputs
// with which a short message could ask for much memory.
func TestDecodersAllocateLittle(t *testing.T) {
	seeds := [][]byte{nil, bytes.Repeat([]byte{0}, 4096), bytes.Repeat([]byte{0xff}, 300_000)}
	for _, s := range realBytes(t) {
		seeds = append(seeds, s.bytes)
	}
	for _, d := range decoders {
		for _, seed := range seeds {
			checkDecoder(t, d, seed)
			for at := 0; at < len(seed) && at < 400; at += 1 + min(len(seed), 400)/25 {
				long := slices.Clone(seed)
				for i := at; i < min(at+4, len(long)); i++ {
					long[i] = 0xff
				}
				_, _ = d.again(long[:at])
				checkDecoder(t, d, long)
			}
		}
	}
}

// TestDecodeEntryOfManySmallItems: the smallest operations make the largest
// values out of an input.
func TestDecodeEntryOfManySmallItems(t *testing.T) {
	entry := func(n int) []byte {
		e := (&ledger.Entry{Seq: 1}).Encode()
		e = append(e[:len(e)-3], byte(n>>8), byte(n))
		for range n {
			e = append(e, byte(ledger.KindWithdraw), 0, 0, 0, 0, 0, 0, 0, 1)
		}
		return append(e, 0)
	}
	if _, err := ledger.DecodeEntry(entry(ledger.EntryOpsMax)); err != nil {
		t.Fatal(err)
	}
	checkDecoder(t, decoders[0], entry(ledger.EntryOpsMax))
	if _, err := ledger.DecodeEntry(entry(ledger.EntryOpsMax + 1)); err == nil {
		t.Fatal("an entry with too many operations decodes")
	}
}

// TestDecodeProofOfManySmallItems: entries without a byte would cost a slice
// each.
func TestDecodeProofOfManySmallItems(t *testing.T) {
	proof := slices.IndexFunc(decoders, func(d decoder) bool { return d.name == "proof" })
	const n = 100_000
	b := append([]byte{1}, make([]byte, 32+4*4)...)
	b = append(b, n>>24, n>>16&0xff, n>>8&0xff, n&0xff)
	checkDecoder(t, decoders[proof], append(b, make([]byte, 4*n+4)...))
}
