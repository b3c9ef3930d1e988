package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func TestEncoderBytes(t *testing.T) {
	var e ledger.Encoder
	e.U8(1)
	e.Bool(true)
	e.Bool(false)
	e.U16(0x0203)
	e.U32(0x04050607)
	e.U64(0x08090a0b0c0d0e0f)
	e.Raw([]byte("r"))
	e.Var8([]byte("a"))
	e.Var16([]byte("bc"))
	e.Var32([]byte("def"))
	e.Amount(ledger.AmountFromParts(0x10, 0x11))
	e.Counter(ledger.AmountFromParts(0x12, 0x13))
	e.Balance(ledger.NewBalance(-2))
	e.Currency(ledger.Currency{Name: "EUR", Decimals: 2})
	want := "\x01" + "\x01" + "\x00" + "\x02\x03" + "\x04\x05\x06\x07" + "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" + "r" +
		"\x01a" + "\x00\x02bc" + "\x00\x00\x00\x03def" +
		"\x00\x00\x00\x10" + "\x00\x00\x00\x00\x00\x00\x00\x11" +
		"\x00\x00\x00\x00\x00\x00\x00\x12" + "\x00\x00\x00\x00\x00\x00\x00\x13" +
		strings.Repeat("\xff", 15) + "\xfe" + "\x03EUR\x02"
	if got := string(e.Bytes()); got != want || e.Len() != len(want) {
		t.Fatalf("%q\nwant\n%q", got, want)
	}
	d := ledger.NewDecoder([]byte(want))
	if d.U8() != 1 || !d.Bool() || d.Bool() || d.U16() != 0x0203 || d.U32() != 0x04050607 || d.U64() != 0x08090a0b0c0d0e0f ||
		string(d.Raw(1)) != "r" || string(d.Var8(1)) != "a" || string(d.Var16(2)) != "bc" || string(d.Var32(3)) != "def" ||
		d.Amount() != ledger.AmountFromParts(0x10, 0x11) || d.Counter() != ledger.AmountFromParts(0x12, 0x13) ||
		d.Balance() != ledger.NewBalance(-2) || d.Currency() != (ledger.Currency{Name: "EUR", Decimals: 2}) {
		t.Fatal("a field reads back as another")
	}
	if err := d.Done(); err != nil || d.Rest() != 0 {
		t.Fatalf("%v, %d bytes left", err, d.Rest())
	}
}

func TestDecoderFaults(t *testing.T) {
	counter := make([]byte, 16)
	counter[0] = 1 // 2^120
	least := make([]byte, 16)
	least[0] = 0xff // −2^120
	for name, tt := range map[string]struct {
		in   []byte
		read func(*ledger.Decoder)
	}{
		"empty":            {nil, func(d *ledger.Decoder) { d.U8() }},
		"short u16":        {[]byte{1}, func(d *ledger.Decoder) { d.U16() }},
		"short u32":        {[]byte{1, 2, 3}, func(d *ledger.Decoder) { d.U32() }},
		"short u64":        {make([]byte, 7), func(d *ledger.Decoder) { d.U64() }},
		"short fixed":      {make([]byte, 31), func(d *ledger.Decoder) { var h ledger.Hash; d.Fixed(h[:]) }},
		"boolean 2":        {[]byte{2}, func(d *ledger.Decoder) { d.Bool() }},
		"length over":      {[]byte{3, 1, 2, 3}, func(d *ledger.Decoder) { d.Var8(2) }},
		"length truncated": {[]byte{0, 9, 1}, func(d *ledger.Decoder) { d.Var16(100) }},
		"length 2^32-1":    {[]byte{0xff, 0xff, 0xff, 0xff}, func(d *ledger.Decoder) { d.Var32(1<<31 - 1) }},
		"count over":       {[]byte{4}, func(d *ledger.Decoder) { d.Count8(3) }},
		"count16 over":     {[]byte{1, 0}, func(d *ledger.Decoder) { d.Count16(255) }},
		"count32 over":     {[]byte{1, 0, 0, 0}, func(d *ledger.Decoder) { d.Count32(255) }},
		"counter 2^120":    {counter, func(d *ledger.Decoder) { d.Counter() }},
		"balance −2^120":   {least, func(d *ledger.Decoder) { d.Balance() }},
		"balance 2^120":    {counter, func(d *ledger.Decoder) { d.Balance() }},
		"currency empty":   {[]byte{0, 2}, func(d *ledger.Decoder) { d.Currency() }},
		"currency long":    {append([]byte{17}, make([]byte, 18)...), func(d *ledger.Decoder) { d.Currency() }},
		"currency lower":   {[]byte{1, 'e', 2}, func(d *ledger.Decoder) { d.Currency() }},
		"decimals 19":      {[]byte{1, 'E', 19}, func(d *ledger.Decoder) { d.Currency() }},
		"trailing":         {[]byte{1, 2}, func(d *ledger.Decoder) { d.U8() }},
	} {
		d := ledger.NewDecoder(tt.in)
		tt.read(d)
		if err := d.Done(); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %v", name, err)
		}
		if d.U64() != 0 || d.Raw(1) != nil || d.Rest() != 0 {
			t.Errorf("%s: reads on after a fault", name)
		}
	}
	d := ledger.NewDecoder([]byte{1})
	d.Fail("first")
	d.Fail("second")
	if err := d.Done(); !strings.Contains(err.Error(), "first") || d.Err() != err {
		t.Errorf("the first fault does not stick: %v", err)
	}
}

// Generators of values within their bounds.

func drawHash(t *rapid.T) (h ledger.Hash) {
	copy(h[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
	return h
}

func drawCurrency(t *rapid.T) ledger.Currency {
	return ledger.Currency{
		Name:     rapid.StringMatching(`[A-Z0-9._-]{1,16}`).Draw(t, "name"),
		Decimals: uint8(rapid.IntRange(0, ledger.DecimalsMax).Draw(t, "decimals")),
	}
}

func drawLimit(t *rapid.T) ledger.Amount {
	return ledger.AmountFromParts(uint64(rapid.Uint32().Draw(t, "hi")), rapid.Uint64().Draw(t, "lo"))
}

func drawCounter(t *rapid.T) ledger.Amount {
	return ledger.AmountFromParts(rapid.Uint64Range(0, 1<<56-1).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
}

func drawBytes(t *rapid.T, limit int) []byte {
	b := rapid.SliceOfN(rapid.Byte(), 0, limit).Draw(t, "bytes")
	if len(b) == 0 {
		return nil
	}
	return b
}

func drawPath(t *rapid.T) ledger.Path {
	if rapid.Bool().Draw(t, "opaque") {
		return ledger.Path{Version: rapid.Uint8Range(2, 255).Draw(t, "version"), Opaque: drawBytes(t, 60)}
	}
	p := ledger.NewPath()
	for range rapid.IntRange(0, 4).Draw(t, "hops") {
		p.Hops = append(p.Hops, ledger.Hop{Node: ledger.NodeID(drawHash(t)), Amount: drawLimit(t)})
	}
	return p
}

func drawRequest(t *rapid.T) *ledger.Request {
	return &ledger.Request{
		Currency: drawCurrency(t), Amount: drawLimit(t), Lock: ledger.Lock(drawHash(t)), PartLock: ledger.Lock(drawHash(t)),
		Hold: rapid.Uint32().Draw(t, "hold"), Path: drawPath(t), Sealed: drawBytes(t, 40),
	}
}

func drawOp(t *rapid.T) ledger.Op {
	ordinal := rapid.Uint64Min(1).Draw(t, "ordinal")
	switch ledger.OpKind(rapid.IntRange(1, 8).Draw(t, "kind")) {
	case ledger.KindCredit:
		return &ledger.Credit{Currency: drawCurrency(t), Limit: drawLimit(t)}
	case ledger.KindRequest:
		return drawRequest(t)
	case ledger.KindCollect:
		return &ledger.Collect{Ordinal: ordinal, Key: ledger.Key(drawHash(t)), PartKey: ledger.Key(drawHash(t))}
	case ledger.KindCancel:
		return &ledger.Cancel{
			Ordinal: ordinal, Reason: ledger.Reason(rapid.Uint8Min(1).Draw(t, "reason")), Reporter: ledger.NodeID(drawHash(t)),
		}
	case ledger.KindReserve:
		return &ledger.Reserve{Ordinal: ordinal, Reservation: drawBytes(t, 40)}
	case ledger.KindWithdraw:
		return &ledger.Withdraw{Ordinal: ordinal}
	case ledger.KindCommit:
		return &ledger.Commit{Ordinal: ordinal, Sealed: drawBytes(t, 40)}
	default:
		return &ledger.Checkpoint{Digest: drawHash(t)}
	}
}

func drawEntry(t *rapid.T) *ledger.Entry {
	n := &ledger.Entry{
		Epoch: drawHash(t), Author: ledger.Author(rapid.IntRange(0, 1).Draw(t, "author")),
		Seq: rapid.Uint64Min(1).Draw(t, "seq"), Prev: drawHash(t),
		Ack: ledger.Head{Seq: rapid.Uint64().Draw(t, "ack"), Hash: drawHash(t)},
	}
	for range rapid.IntRange(0, 5).Draw(t, "ops") {
		n.Ops = append(n.Ops, drawOp(t))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "totals") {
		c := drawCurrency(t)
		c.Name = string(rune('A'+i)) + c.Name[1:]
		tot := ledger.Totals{Currency: c}
		for a := range tot.Logs {
			tot.Logs[a] = ledger.Counters{Requested: drawCounter(t), Collected: drawCounter(t), Cancelled: drawCounter(t)}
		}
		n.Totals = append(n.Totals, tot)
	}
	return n
}

func drawTerms(t *rapid.T) *ledger.Terms {
	nonce := drawHash(t)
	m := &ledger.Terms{
		Low: ledger.NodeID{0, 1}, High: ledger.NodeID(drawHash(t)), Number: rapid.Uint64Min(1).Draw(t, "number"),
		Base: drawHash(t), Nonce: ledger.Nonce(nonce[:16]),
	}
	m.High[0] |= 1
	for i := range rapid.IntRange(0, 3).Draw(t, "balances") {
		c := drawCurrency(t)
		c.Name = string(rune('A'+i)) + c.Name[1:]
		b, err := drawCounter(t).Owed()
		if err == nil && rapid.Bool().Draw(t, "negative") {
			b, err = b.Neg()
		}
		if err != nil {
			t.Fatal(err)
		}
		m.Balances = append(m.Balances, ledger.TermsBalance{Currency: c, Balance: b})
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "kept") {
		m.Kept = append(m.Kept, ledger.Kept{Author: ledger.Author(i / 2), Ordinal: uint64(i%2 + 1), Request: drawHash(t)})
	}
	return m
}

// TestSignedBytesIdentity: values and bytes of everything that friends sign
// determine one another, and no byte can be left out or added.
func TestSignedBytesIdentity(t *testing.T) {
	check := func(t *rapid.T, b []byte, decode func([]byte) ([]byte, error)) {
		t.Helper()
		again, err := decode(b)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x encodes to %x, %v", b, again, err)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, err := decode(b[:cut]); !errors.Is(err, ledger.ErrBytes) {
			t.Fatalf("%d of %d bytes: %v", cut, len(b), err)
		}
		if _, err := decode(append(bytes.Clone(b), 0)); !errors.Is(err, ledger.ErrBytes) {
			t.Fatalf("one byte more: %v", err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, drawEntry(t).Encode(), recodeEntry)
		check(t, drawTerms(t).Encode(), recodeTerms)
		check(t, (&ledger.Opening{Terms: drawTerms(t), Acceptor: ledger.Nonce{1}, Low: ledger.Signature{2}, High: ledger.Signature{3}}).Encode(), recodeOpening)
		r := drawRequest(t)
		check(t, ledger.EncodeRequest(r), recodeRequest)
		if r.EncodedLen() != len(ledger.EncodeRequest(r)) {
			t.Fatalf("length %d", r.EncodedLen())
		}
	})
}

func recodeEntry(b []byte) ([]byte, error) {
	n, err := ledger.DecodeEntry(b)
	if err != nil {
		return nil, err
	}
	return n.Encode(), nil
}

func recodeTerms(b []byte) ([]byte, error) {
	m, err := ledger.DecodeTerms(b)
	if err != nil {
		return nil, err
	}
	return m.Encode(), nil
}

func recodeOpening(b []byte) ([]byte, error) {
	o, err := ledger.DecodeOpening(b)
	if err != nil {
		return nil, err
	}
	return o.Encode(), nil
}

func recodeRequest(b []byte) ([]byte, error) {
	r, err := ledger.DecodeRequest(b)
	if err != nil {
		return nil, err
	}
	return ledger.EncodeRequest(r), nil
}

func fuzzIdentity(f *testing.F, recode func([]byte) ([]byte, error), seeds ...[]byte) {
	for _, s := range append(seeds, nil, []byte{1}, bytes.Repeat([]byte{0xff}, 200)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, err := recode(b); err == nil && !bytes.Equal(again, b) {
			t.Fatalf("%x encodes to %x", b, again)
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	fuzzIdentity(f, recodeEntry, goldenEntry().Encode(), (&ledger.Entry{Seq: 1}).Encode())
}

func FuzzDecodeTerms(f *testing.F) { fuzzIdentity(f, recodeTerms, goldenTerms().Encode()) }

func FuzzDecodeOpening(f *testing.F) { fuzzIdentity(f, recodeOpening, goldenOpening().Encode()) }

func FuzzDecodeRequest(f *testing.F) {
	fuzzIdentity(f, recodeRequest, ledger.EncodeRequest(goldenRequest()),
		ledger.EncodeRequest(&ledger.Request{Currency: ledger.Currency{Name: "X"}, Path: ledger.Path{Version: 9, Opaque: []byte{1}}}))
}

func TestEntryBounds(t *testing.T) {
	base := func() *ledger.Entry { return &ledger.Entry{Seq: 1} }
	many := base()
	for range ledger.EntryOpsMax + 1 {
		many.Ops = append(many.Ops, &ledger.Withdraw{Ordinal: 1})
	}
	large := base()
	for range 260 {
		large.Ops = append(large.Ops, &ledger.Commit{Ordinal: 1, Sealed: make([]byte, ledger.SealedBytesMax)})
	}
	op := func(o ledger.Op) []byte { n := base(); n.Ops = []ledger.Op{o}; return n.Encode() }
	totals := func(names ...string) []byte {
		n := base()
		for _, name := range names {
			n.Totals = append(n.Totals, ledger.Totals{Currency: ledger.Currency{Name: name}})
		}
		return n.Encode()
	}
	edit := func(at int, v byte) []byte { b := base().Encode(); b[at] = v; return b }
	var hundred []string
	for i := range 97 {
		hundred = append(hundred, string([]byte{byte('A' + i/10), byte('0' + i%10)}))
	}
	for name, b := range map[string][]byte{
		"version":           edit(0, 2),
		"author 2":          edit(33, 2),
		"seq 0":             (&ledger.Entry{}).Encode(),
		"too many ops":      many.Encode(),
		"too many bytes":    large.Encode(),
		"unknown op":        func() []byte { b := op(&ledger.Withdraw{Ordinal: 1}); b[len(b)-10] = 9; return b }(),
		"op 0":              func() []byte { b := op(&ledger.Withdraw{Ordinal: 1}); b[len(b)-10] = 0; return b }(),
		"ordinal 0":         op(&ledger.Withdraw{}),
		"no reason":         op(&ledger.Cancel{Ordinal: 1}),
		"path of version 0": op(&ledger.Request{Currency: ledger.Currency{Name: "X"}}),
		"long sealed":       op(&ledger.Commit{Ordinal: 1, Sealed: make([]byte, ledger.SealedBytesMax+1)}),
		"unsorted totals":   totals("B", "A"),
		"double totals":     totals("A", "A"),
		"too many totals":   totals(hundred...),
		"many hops":         op(&ledger.Request{Currency: ledger.Currency{Name: "X"}, Path: ledger.NewPath(make([]ledger.Hop, 21)...)}),
		"long opaque path":  op(&ledger.Request{Currency: ledger.Currency{Name: "X"}, Path: ledger.Path{Version: 2, Opaque: make([]byte, 2049)}}),
	} {
		if _, err := ledger.DecodeEntry(b); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ledger.DecodeEntry(totals(hundred[:96]...)); err != nil {
		t.Errorf("the most totals: %v", err)
	}
}

func TestTermsBounds(t *testing.T) {
	for name, edit := range map[string]func(*ledger.Terms){
		"one node twice":   func(m *ledger.Terms) { m.High = m.Low },
		"wrong order":      func(m *ledger.Terms) { m.Low, m.High = m.High, m.Low },
		"number 0":         func(m *ledger.Terms) { m.Number = 0 },
		"unsorted balance": func(m *ledger.Terms) { m.Balances[0], m.Balances[1] = m.Balances[1], m.Balances[0] },
		"one name twice": func(m *ledger.Terms) {
			m.Balances[1].Currency = ledger.Currency{Name: m.Balances[0].Currency.Name, Decimals: 9}
		},
		"many balances":  func(m *ledger.Terms) { m.Balances = make([]ledger.TermsBalance, 65) },
		"unsorted kept":  func(m *ledger.Terms) { m.Kept[0], m.Kept[1] = m.Kept[1], m.Kept[0] },
		"kept twice":     func(m *ledger.Terms) { m.Kept[1] = m.Kept[0] },
		"kept ordinal 0": func(m *ledger.Terms) { m.Kept[0].Ordinal = 0 },
		"kept author 2":  func(m *ledger.Terms) { m.Kept[1].Author = 2 },
		"many kept":      func(m *ledger.Terms) { m.Kept = make([]ledger.Kept, 2*ledger.PendingMax+1) },
	} {
		m := goldenTerms()
		edit(m)
		if _, err := ledger.DecodeTerms(m.Encode()); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ledger.DecodeOpening((&ledger.Opening{Terms: m}).Encode()); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s, in an opening: %v", name, err)
		}
	}
	b := goldenTerms().Encode()
	b[0] = 2
	if _, err := ledger.DecodeTerms(b); !errors.Is(err, ledger.ErrBytes) {
		t.Errorf("version: %v", err)
	}
	// A length in front that promises more than there is allocates nothing.
	if _, err := ledger.DecodeOpening(binary.BigEndian.AppendUint32(nil, 1<<32-1)); !errors.Is(err, ledger.ErrBytes) {
		t.Errorf("length 2^32−1: %v", err)
	}
}

// TestEveryByteIsSigned: a changed byte changes the hash that is signed, or the
// bytes no longer decode.
func TestEveryByteIsSigned(t *testing.T) {
	entry, o := goldenEntry().Encode(), goldenOpening()
	for i := range entry {
		b := bytes.Clone(entry)
		b[i] ^= 1
		if ledger.EntryHash(b) == ledger.EntryHash(entry) {
			t.Fatalf("byte %d of an entry is not signed", i)
		}
	}
	m := o.Terms.Encode()
	for i := range m {
		b := bytes.Clone(m)
		b[i] ^= 1
		if c, err := ledger.DecodeTerms(b); err == nil && (c.EpochID(o.Acceptor) == o.ID() || c.Hash() == o.Terms.Hash()) {
			t.Fatalf("byte %d of terms is not signed", i)
		}
	}
	if n := (ledger.Nonce{99}); o.Terms.EpochID(n) == o.ID() {
		t.Fatal("the acceptor's nonce is not signed")
	}
}

func TestOpeningVerify(t *testing.T) {
	o := goldenOpening()
	if err := o.Verify(); err != nil {
		t.Fatal(err)
	}
	if o.SignatureOf(o.Terms.Low) != &o.Low || o.SignatureOf(o.Terms.High) != &o.High || o.SignatureOf(ledger.NodeID{}) != nil {
		t.Fatal("signatures are mixed up")
	}
	for name, edit := range map[string]func(*ledger.Opening){
		"exchanged": func(o *ledger.Opening) { o.Low, o.High = o.High, o.Low },
		"low":       func(o *ledger.Opening) { o.Low[0] ^= 1 },
		"high":      func(o *ledger.Opening) { o.High = ledger.Signature{} },
		"nonce":     func(o *ledger.Opening) { o.Acceptor[15] ^= 1 },
		"terms":     func(o *ledger.Opening) { o.Terms.Number += 2 },
	} {
		o := goldenOpening()
		edit(o)
		if o.Verify() == nil {
			t.Errorf("%s: verifies", name)
		}
	}
	if odd, even := goldenTerms(), goldenTerms(); true {
		odd.Number, even.Number = 3, 4
		if odd.Proposer() != odd.Low || even.Proposer() != even.High {
			t.Error("the wrong side may propose")
		}
	}
}
