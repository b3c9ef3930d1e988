package ledger

// Author says which side's log an entry belongs to: 0 is the lower NodeID of
// the two friends, 1 the higher.
type Author uint8

// Other returns the other side.
func (a Author) Other() Author { return 1 - a }

// AuthorOf returns which author self is in its friendship with friend.
func AuthorOf(self, friend NodeID) Author {
	if self.Less(friend) {
		return 0
	}
	return 1
}

// Head names the newest entry of a log that somebody holds: seq 0 and the zero
// hash when there is none.
type Head struct {
	Seq  uint64
	Hash Hash
}

// Counters are cumulative sums over the requests of one log in one currency
// since the opening, kept requests included. Each is below 2^CounterBits.
type Counters struct{ Requested, Collected, Cancelled Amount }

// Totals are the counters of both logs in one currency, by author of the
// requests, as the author of an entry sees them after that entry.
type Totals struct {
	Currency Currency
	Logs     [2]Counters
}

// Entry is one batch of operations of one side (ledger.md 2.1). It is signed
// once per (Epoch, Author, Seq), ever.
type Entry struct {
	Epoch  Hash   // the epoch's id; it covers both node IDs
	Author Author // whose log
	Seq    uint64 // 1, 2, …
	Prev   Hash   // of this log's previous entry; zero for seq 1
	Ack    Head   // newest entry of the other log that the author applied
	Ops    []Op   // at most EntryOpsMax
	Totals []Totals
}

// entryVersion is the first byte of an entry's body.
const entryVersion = 1

var entryTag = NewTag("offset/entry/1")

// EntryHash returns the hash of an entry's body: what is signed, chained and
// acknowledged.
func EntryHash(body []byte) Hash { return entryTag.Hash(body) }

// Encode returns the body of the entry, the bytes that are signed and sent.
//
//	version u8 = 1 | epoch 32 | author u8 | seq u64 | prev 32 | ack seq u64 |
//	ack hash 32 | ops u16 × {kind u8, fields} | totals u8 × {currency,
//	log 0 requested, collected, cancelled, log 1 … : 6 counters of 16}
func (n *Entry) Encode() []byte {
	var e Encoder
	e.U8(entryVersion)
	e.Raw(n.Epoch[:])
	e.U8(uint8(n.Author))
	e.U64(n.Seq)
	e.Raw(n.Prev[:])
	e.U64(n.Ack.Seq)
	e.Raw(n.Ack.Hash[:])
	e.U16(uint16(len(n.Ops)))
	for _, o := range n.Ops {
		e.U8(uint8(o.Kind()))
		o.encode(&e)
	}
	e.U8(uint8(len(n.Totals)))
	for _, t := range n.Totals {
		e.Currency(t.Currency)
		for _, c := range t.Logs {
			e.Counter(c.Requested)
			e.Counter(c.Collected)
			e.Counter(c.Cancelled)
		}
	}
	return e.Bytes()
}

// totalsMax bounds the totals of an entry: each side may offer CurrenciesMax
// and the opening may name as many that nobody has offered again yet.
const totalsMax = 3 * CurrenciesMax

// DecodeEntry is the inverse of Encode; it refuses bytes over EntryBytesMax
// and everything that Encode would not write. The entry does not alias b.
func DecodeEntry(b []byte) (*Entry, error) {
	d := NewDecoder(b)
	if len(b) > EntryBytesMax {
		d.Fail("entry over its bound")
	}
	number := d.entryNumber()
	n := &Entry{Epoch: number.Epoch, Author: number.Author, Seq: number.Seq}
	d.Fixed(n.Prev[:])
	n.Ack.Seq = d.U64()
	d.Fixed(n.Ack.Hash[:])
	for i := d.Count16(EntryOpsMax); i > 0 && d.Err() == nil; i-- {
		n.Ops = append(n.Ops, d.op())
	}
	for i := d.Count8(totalsMax); i > 0 && d.Err() == nil; i-- {
		n.Totals = append(n.Totals, d.totals())
		if k := len(n.Totals); k > 1 && !n.Totals[k-2].Currency.Less(n.Totals[k-1].Currency) {
			d.Fail("totals are not sorted")
		}
	}
	if err := d.Done(); err != nil {
		return nil, err
	}
	return n, nil
}

func (d *Decoder) totals() Totals {
	t := Totals{Currency: d.Currency()}
	for i := range t.Logs {
		t.Logs[i] = Counters{d.Counter(), d.Counter(), d.Counter()}
	}
	return t
}
