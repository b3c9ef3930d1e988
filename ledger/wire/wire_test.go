package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/ledger/wire/pb"
)

func terms() *ledger.Terms {
	low, _ := ledgertest.Key(0)
	high, _ := ledgertest.Key(1)
	if high.Less(low) {
		low, high = high, low
	}
	return &ledger.Terms{
		Low: low, High: high, Number: 7, Base: ledger.Hash{1}, Nonce: ledger.Nonce{2},
		Balances: []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: ledger.NewBalance(-5)}},
		Kept:     []ledger.Kept{{Author: 1, Ordinal: 3, Request: ledger.Hash{4}}},
	}
}

// frames holds one of each kind, with every field set, and some with none.
func frames() map[string]ledger.Frame {
	return map[string]ledger.Frame{
		"hello": &ledger.Hello{
			Versions: []uint16{1, 65535}, Number: 9, Epoch: ledger.Hash{1}, State: ledger.Consistent, Highest: 1<<64 - 1,
			Mine: ledger.Head{Seq: 1, Hash: ledger.Hash{2}}, Yours: ledger.Head{Seq: 1<<64 - 1, Hash: ledger.Hash{3}},
			PeerRecord: []byte("record"),
		},
		"fresh hello": &ledger.Hello{State: ledger.Fresh},
		"entry":       &ledger.SignedEntry{Body: []byte("body"), Signature: ledger.Signature{5}},
		"opened":      &ledger.Opened{Opening: &ledger.Opening{Terms: terms(), Acceptor: ledger.Nonce{6}, Low: ledger.Signature{7}, High: ledger.Signature{8}}},
		"propose":     &ledger.Propose{Terms: terms()},
		"supply":      &ledger.Supply{Requests: []*ledger.Request{ledgertest.Request(ledgertest.EUR, 3, 1), ledgertest.Request(ledgertest.EUR, 4, 2)}},
		"bare supply": &ledger.Supply{},
		"accept": &ledger.Accept{
			Terms: ledger.Hash{1}, Nonce: ledger.Nonce{2}, Highest: 3, Epoch: ledger.Hash{4}, Signature: ledger.Signature{5},
		},
		"confirm": &ledger.Confirm{Epoch: ledger.Hash{1}, Signature: ledger.Signature{2}},
		"lacks":   &ledger.Refuse{Terms: ledger.Hash{1}, Reason: ledger.RefuseMissing, Missing: []ledger.Hash{{2}, {3}}},
		"refuse":  &ledger.Refuse{Terms: ledger.Hash{1}, Highest: 2, Clock: 3, Reason: ledger.RefuseClock},
		"ping":    &ledger.Ping{Nonce: 1},
		"pong":    &ledger.Pong{Nonce: 1<<64 - 1},
	}
}

func TestFramesPassTheWire(t *testing.T) {
	for name, f := range frames() {
		got, err := wire.Decode(wire.Encode(f))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(f, got, cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestDecodeDoesNotAlias(t *testing.T) {
	b := wire.Encode(&ledger.SignedEntry{Body: []byte("body")})
	f, err := wire.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if got := string(f.(*ledger.SignedEntry).Body); got != "body" {
		t.Fatalf("body became %q", got)
	}
}

func TestCutFramesAreMalformed(t *testing.T) {
	for name, f := range frames() {
		b := wire.Encode(f)
		for n := range b {
			if got, err := wire.Decode(b[:n]); err == nil && name != "hello" && name != "fresh hello" {
				t.Errorf("%s: %d of %d bytes decode to %#v", name, n, len(b), got)
			}
		}
	}
}

func marshal(t *testing.T, m *pb.Frame) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBounds(t *testing.T) {
	hash, sig, nonce := make([]byte, 32), make([]byte, 64), make([]byte, 16)
	one := append([]byte{1}, hash[1:]...)
	hello := func(edit func(*pb.Hello)) *pb.Frame {
		m := &pb.Hello{State: 1}
		edit(m)
		return &pb.Frame{Kind: &pb.Frame_Hello{Hello: m}}
	}
	entry := func(body, sig []byte) *pb.Frame {
		return &pb.Frame{Kind: &pb.Frame_Entry{Entry: &pb.SignedEntry{Body: body, Signature: sig}}}
	}
	propose := func(terms []byte) *pb.Frame {
		return &pb.Frame{Kind: &pb.Frame_Propose{Propose: &pb.Propose{Terms: terms}}}
	}
	supply := func(requests ...[]byte) *pb.Frame {
		return &pb.Frame{Kind: &pb.Frame_Supply{Supply: &pb.Supply{Requests: requests}}}
	}
	missing := func(n int) *pb.Frame {
		return &pb.Frame{Kind: &pb.Frame_Refuse{Refuse: &pb.Refuse{Terms: hash, Reason: 1, Missing: make([]byte, n)}}}
	}
	refuse := func(terms []byte, reason uint32) *pb.Frame {
		return &pb.Frame{Kind: &pb.Frame_Refuse{Refuse: &pb.Refuse{Terms: terms, Reason: reason}}}
	}
	for name, m := range map[string]*pb.Frame{
		"hello state 0":          hello(func(m *pb.Hello) { m.State = 0 }),
		"hello state 256":        hello(func(m *pb.Hello) { m.State = 256 }),
		"hello many versions":    hello(func(m *pb.Hello) { m.Versions = make([]uint32, wire.VersionsMax+1) }),
		"hello large version":    hello(func(m *pb.Hello) { m.Versions = []uint32{1 << 16} }),
		"hello short epoch":      hello(func(m *pb.Hello) { m.Number, m.Epoch = 1, one[:31] }),
		"hello number only":      hello(func(m *pb.Hello) { m.Number = 1 }),
		"hello epoch only":       hello(func(m *pb.Hello) { m.Epoch = one }),
		"hello long record":      hello(func(m *pb.Hello) { m.PeerRecord = make([]byte, wire.PeerRecordBytesMax+1) }),
		"hello seq without hash": hello(func(m *pb.Hello) { m.Mine = &pb.Head{Seq: 1} }),
		"hello hash without seq": hello(func(m *pb.Hello) { m.Yours = &pb.Head{Hash: one} }),
		"hello long hash":        hello(func(m *pb.Hello) { m.Yours = &pb.Head{Seq: 1, Hash: append(one, 0)} }),
		"entry empty":            entry(nil, sig),
		"entry too large":        entry(make([]byte, ledger.EntryBytesMax+1), sig),
		"entry short signature":  entry(one, sig[:63]),
		"entry no signature":     entry(one, nil),
		"opened empty":           {Kind: &pb.Frame_Opened{Opened: &pb.Opened{}}},
		"opened garbage":         {Kind: &pb.Frame_Opened{Opened: &pb.Opened{Opening: []byte{0, 0, 0, 1, 9}}}},
		"propose empty":          propose(nil),
		"supply bad request":     supply([]byte{1}),
		"supply many requests":   supply(make([][]byte, wire.RequestsMax+1)...),
		"refuse half a hash":     missing(33),
		"refuse many missing":    missing((ledger.MissingMax + 1) * 32),
		"accept empty":           {Kind: &pb.Frame_Accept{Accept: &pb.Accept{}}},
		"accept short nonce":     {Kind: &pb.Frame_Accept{Accept: &pb.Accept{Terms: hash, Nonce: nonce[1:], Epoch: hash, Signature: sig}}},
		"confirm no signature":   {Kind: &pb.Frame_Confirm{Confirm: &pb.Confirm{Epoch: hash}}},
		"refuse no reason":       refuse(hash, 0),
		"refuse large reason":    refuse(hash, 256),
		"refuse no terms":        refuse(nil, 1),
	} {
		if f, err := wire.Decode(marshal(t, m)); !errors.Is(err, wire.ErrFrame) || f != nil {
			t.Errorf("%s: %#v, %v", name, f, err)
		}
	}
	if _, err := wire.Decode(make([]byte, wire.FrameBytesMax+1)); !errors.Is(err, wire.ErrFrame) {
		t.Errorf("frame over its bound: %v", err)
	}
	if _, err := wire.Decode(marshal(t, hello(func(m *pb.Hello) { m.Versions = make([]uint32, wire.VersionsMax) }))); err != nil {
		t.Errorf("hello with the most versions: %v", err)
	}
	if _, err := wire.Decode(marshal(t, entry(make([]byte, ledger.EntryBytesMax), sig))); err != nil {
		t.Errorf("largest entry: %v", err)
	}
}

func TestUnknownKindIsTold(t *testing.T) {
	newer := protowire.AppendBytes(protowire.AppendTag(nil, 77, protowire.BytesType), []byte("from the future"))
	for name, b := range map[string][]byte{"empty": {}, "newer": newer} {
		if f, err := wire.Decode(b); !errors.Is(err, wire.ErrUnknownFrame) || errors.Is(err, wire.ErrFrame) || f != nil {
			t.Errorf("%s: %#v, %v", name, f, err)
		}
	}
	// An unknown field beside a known kind is ignored.
	f, err := wire.Decode(append(wire.Encode(&ledger.Ping{Nonce: 4}), newer...))
	if p, is := f.(*ledger.Ping); err != nil || !is || p.Nonce != 4 {
		t.Errorf("known kind with a new field: %#v, %v", f, err)
	}
}

func TestEncodePanicsOnMistakes(t *testing.T) {
	for name, f := range map[string]ledger.Frame{
		"nil":       nil,
		"too large": &ledger.SignedEntry{Body: make([]byte, wire.FrameBytesMax)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			wire.Encode(f)
		}()
	}
}

// TestLargestTermsFit: terms that keep everything that may be pending pass.
func TestLargestTermsFit(t *testing.T) {
	m := terms()
	m.Kept = nil
	for a := range 2 {
		for n := range ledger.PendingMax {
			m.Kept = append(m.Kept, ledger.Kept{Author: ledger.Author(a), Ordinal: uint64(n + 1)})
		}
	}
	for _, f := range []ledger.Frame{
		&ledger.Propose{Terms: m}, &ledger.Opened{Opening: &ledger.Opening{Terms: m}},
	} {
		if _, err := wire.Decode(wire.Encode(f)); err != nil {
			t.Errorf("%T: %v", f, err)
		}
	}
}

// FuzzDecode: whatever decodes passes the wire again unchanged. (Protobuf has
// several forms for one message, so the bytes may differ; nothing signs them.)
func FuzzDecode(f *testing.F) {
	for _, fr := range frames() {
		f.Add(wire.Encode(fr))
	}
	f.Add([]byte{0x0a, 0x00})
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := wire.Decode(b)
		if err != nil {
			if first != nil || !errors.Is(err, wire.ErrFrame) && !errors.Is(err, wire.ErrUnknownFrame) {
				t.Fatalf("%#v, %v", first, err)
			}
			return
		}
		once := wire.Encode(first)
		second, err := wire.Decode(once)
		if err != nil {
			t.Fatalf("%x decodes, %x does not: %v", b, once, err)
		}
		if !bytes.Equal(once, wire.Encode(second)) {
			t.Fatalf("%x is encoded in two ways", b)
		}
	})
}

func BenchmarkDecodeEntry(b *testing.B) {
	f := wire.Encode(&ledger.SignedEntry{Body: make([]byte, 400)})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Decode(f); err != nil {
			b.Fatal(err)
		}
	}
}
