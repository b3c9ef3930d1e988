package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMessagesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msgs := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 1, 20).Draw(t, "messages")
		var wire bytes.Buffer
		w := NewWriter(&wire, 300)
		if rapid.Bool().Draw(t, "together") {
			if err := w.Write(msgs...); err != nil {
				t.Fatal(err)
			}
		} else {
			for _, m := range msgs {
				if err := w.Write(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		r := NewReader(iotest.OneByteReader(&wire), 300)
		for _, want := range msgs {
			got, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("got %x, want %x", got, want)
			}
		}
		if _, err := r.Read(); err != io.EOF {
			t.Fatalf("after the last message: %v", err)
		}
	})
}

func TestWireFormat(t *testing.T) {
	var wire bytes.Buffer
	if err := NewWriter(&wire, 10).Write([]byte("ab"), nil, []byte("c")); err != nil {
		t.Fatal(err)
	}
	want := []byte("\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x01c")
	if diff := cmp.Diff(want, wire.Bytes()); diff != "" {
		t.Error(diff)
	}
}

func TestReadErrors(t *testing.T) {
	for _, tc := range []struct {
		name, wire string
		want       error
	}{
		{"nothing", "", io.EOF},
		{"half a prefix", "\x00\x00", io.ErrUnexpectedEOF},
		{"prefix alone", "\x00\x00\x00\x05", io.ErrUnexpectedEOF},
		{"half a message", "\x00\x00\x00\x05abc", io.ErrUnexpectedEOF},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := NewReader(strings.NewReader(tc.wire), 100).Read(); err != tc.want {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	var tooLarge *TooLargeError
	_, err := NewReader(strings.NewReader("\x00\x00\x00\x0bhello world"), 10).Read()
	if !errors.As(err, &tooLarge) || tooLarge.Bytes != 11 || tooLarge.Max != 10 {
		t.Errorf("reading: %v", err)
	}
	var wire bytes.Buffer
	err = NewWriter(&wire, 10).Write([]byte("ok"), []byte("hello world"))
	if !errors.As(err, &tooLarge) || wire.Len() != 0 {
		t.Errorf("writing: %v, %d bytes sent", err, wire.Len())
	}
	if _, err := NewReader(strings.NewReader("\x00\x00\x00\x0ahello worl"), 10).Read(); err != nil {
		t.Errorf("a message of exactly the bound: %v", err)
	}
}

// allocated is the memory f allocates, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestPrefixAloneAllocatesNothing(t *testing.T) {
	for name, size := range map[string]uint32{"4 GiB": 1<<32 - 1, "the bound": MessageBytesCeiling} {
		wire := binary.BigEndian.AppendUint32(nil, size)
		got := allocated(func() {
			if _, err := NewReader(bytes.NewReader(wire), MessageBytesCeiling).Read(); err == nil {
				t.Errorf("%s: read a message out of nothing", name)
			}
		})
		if got > 2*chunkBytes {
			t.Errorf("%s: %d bytes allocated for four that came", name, got)
		}
	}
}

func TestLongMessageGrowsWithWhatComes(t *testing.T) {
	const size = 4 << 20
	var wire bytes.Buffer
	msg := bytes.Repeat([]byte{7}, size)
	if err := NewWriter(&wire, size).Write(msg); err != nil {
		t.Fatal(err)
	}
	got := allocated(func() {
		m, err := NewReader(&wire, size).Read()
		if err != nil || !bytes.Equal(m, msg) {
			t.Errorf("%d bytes, %v", len(m), err)
		}
	})
	if got > 3*size {
		t.Errorf("%d bytes allocated for a message of %d", got, size)
	}
}

func TestShortMessagesAreReadWithoutAllocating(t *testing.T) {
	wire := bytes.NewReader(bytes.Repeat([]byte("\x00\x00\x00\x01x"), 1000))
	r := NewReader(wire, 100)
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := r.Read(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1 { // The prefix may escape into io.Reader.
		t.Errorf("%v allocations for each message", allocs)
	}
}

// A stream that waits holds little, whatever came before.
func TestLongMessageIsNotKept(t *testing.T) {
	const size = 1 << 20
	var wire bytes.Buffer
	w := NewWriter(&wire, size)
	if err := w.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	r := NewReader(&wire, size)
	if m, err := r.Read(); err != nil || len(m) != size {
		t.Fatalf("%d bytes, %v", len(m), err)
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if cap(r.buf) > keptBufferBytes || cap(w.buf) > keptBufferBytes {
		t.Errorf("%d and %d bytes are kept", cap(r.buf), cap(w.buf))
	}
}

func TestBadLimitPanics(t *testing.T) {
	for _, limit := range []int{-1, MessageBytesCeiling + 1} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(p.(string), "frame: ") {
					t.Errorf("limit %d: recovered %v", limit, p)
				}
			}()
			NewReader(nil, limit)
		}()
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("\x00\x00\x00\x02ab"))
	f.Add([]byte("\xff\xff\xff\xffab"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01x\x00"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		const limit = 1 << 10
		r := NewReader(bytes.NewReader(wire), limit)
		var again bytes.Buffer
		w := NewWriter(&again, limit)
		for {
			m, err := r.Read()
			if err != nil {
				break
			}
			if err := w.Write(m); err != nil {
				t.Fatalf("a message that was read cannot be written: %v", err)
			}
		}
		if !bytes.HasPrefix(wire, again.Bytes()) {
			t.Fatalf("%x reads as %x", wire, again.Bytes())
		}
	})
}
