package ledger_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

// What decodes has the number that was peeked at, and what has no number does
// not decode.
func FuzzPeekEntry(f *testing.F) {
	body := goldenEntry().Encode()
	f.Add(body)
	f.Add(body[:42])
	f.Add(body[:41])
	f.Add([]byte{9})
	f.Fuzz(func(t *testing.T, b []byte) {
		number, err := ledger.PeekEntry(b)
		n, decodeErr := ledger.DecodeEntry(b)
		switch {
		case err != nil && !errors.Is(err, ledger.ErrBytes):
			t.Errorf("error is %v", err)
		case err != nil && decodeErr == nil:
			t.Errorf("an entry without a number: %v", err)
		case decodeErr == nil && number != (ledger.EntryNumber{Epoch: n.Epoch, Author: n.Author, Seq: n.Seq}):
			t.Errorf("peeked at %+v, it is %+v", number, n)
		}
	})
}

func TestPeekEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawEntry(t)
		body := n.Encode()
		want := ledger.EntryNumber{Epoch: n.Epoch, Author: n.Author, Seq: n.Seq}
		for _, b := range [][]byte{body, body[:42]} { // the rest does not matter
			if got, err := ledger.PeekEntry(b); err != nil || got != want {
				t.Fatalf("peeked at %+v, %v, want %+v", got, err, want)
			}
		}
	})
	good := goldenEntry().Encode()
	for name, change := range map[string]func(b []byte) []byte{
		"nothing":         func([]byte) []byte { return nil },
		"cut":             func(b []byte) []byte { return b[:41] },
		"another version": func(b []byte) []byte { b[0] = 2; return b },
		"no author":       func(b []byte) []byte { b[33] = 2; return b },
		"seq 0":           func(b []byte) []byte { clear(b[34:42]); return b },
		"over the bound":  func(b []byte) []byte { return append(b, make([]byte, ledger.EntryBytesMax)...) },
	} {
		if got, err := ledger.PeekEntry(change(append([]byte(nil), good...))); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
