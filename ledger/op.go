package ledger

import "crypto/sha256"

// OpKind tells the operations apart on the wire. The numbers never change; 0
// is invalid.
type OpKind uint8

// The kinds of operations (ledger.md 2.3).
const (
	KindCredit OpKind = iota + 1
	KindRequest
	KindCollect
	KindCancel
	KindReserve
	KindWithdraw
	KindCommit
	KindCheckpoint
)

// Op is one operation of an entry: *Credit, *Request, *Collect, *Cancel,
// *Reserve, *Withdraw, *Commit or *Checkpoint. Whether it is legal depends only
// on what its author could know when it signed.
type Op interface {
	// Kind returns the operation's number on the wire.
	Kind() OpKind
	encode(e *Encoder)
}

// Credit offers a currency and says how much the friend may owe the author. A
// currency is active when both sides have offered it with equal decimals.
type Credit struct {
	Currency Currency
	Limit    Amount // below 2^AmountBits
}

// Request freezes an amount that the author owes the friend once it collects.
type Request struct {
	Currency Currency
	Amount   Amount // 0 < Amount < 2^AmountBits
	Lock     Lock   // of the invoice
	PartLock Lock   // of this part
	Hold     uint32 // seconds
	Path     Path   // what remains after the receiver
	Sealed   []byte // at most SealedBytesMax, for the seller only
}

// Collect completes the friend's request of that ordinal.
type Collect struct {
	Ordinal uint64
	Key     Key // opens Lock
	PartKey Key // opens PartLock
}

// Cancel releases the friend's request of that ordinal.
type Cancel struct {
	Ordinal  uint64
	Reason   Reason
	Reporter NodeID // who refused; lets the buyer retry around the edge
}

// Reserve carries the seller's reservation back along the route.
type Reserve struct {
	Ordinal     uint64
	Reservation []byte // at most SealedBytesMax
}

// Withdraw asks the friend to cancel the author's own request; it is advice.
type Withdraw struct{ Ordinal uint64 }

// Commit carries the sealed commit forward along the route of the author's own
// request.
type Commit struct {
	Ordinal uint64
	Sealed  []byte // at most SealedBytesMax
}

// Checkpoint fixes the state of both logs in the author's view: what is older
// may be forgotten when the other side has acknowledged it. It is the last
// operation of its entry, and at least CheckpointGap entries after the author's
// previous one.
type Checkpoint struct{ Digest Hash } // CheckpointDigest

// Kind returns KindCredit.
func (*Credit) Kind() OpKind { return KindCredit }

// Kind returns KindRequest.
func (*Request) Kind() OpKind { return KindRequest }

// Kind returns KindCollect.
func (*Collect) Kind() OpKind { return KindCollect }

// Kind returns KindCancel.
func (*Cancel) Kind() OpKind { return KindCancel }

// Kind returns KindReserve.
func (*Reserve) Kind() OpKind { return KindReserve }

// Kind returns KindWithdraw.
func (*Withdraw) Kind() OpKind { return KindWithdraw }

// Kind returns KindCommit.
func (*Commit) Kind() OpKind { return KindCommit }

// Kind returns KindCheckpoint.
func (*Checkpoint) Kind() OpKind { return KindCheckpoint }

func (o *Credit) encode(e *Encoder) {
	e.Currency(o.Currency)
	e.Amount(o.Limit)
}

func (o *Request) encode(e *Encoder) {
	e.Currency(o.Currency)
	e.Amount(o.Amount)
	e.Raw(o.Lock[:])
	e.Raw(o.PartLock[:])
	e.U32(o.Hold)
	e.path(o.Path)
	e.Var16(o.Sealed)
}

func (o *Collect) encode(e *Encoder) {
	e.U64(o.Ordinal)
	e.Raw(o.Key[:])
	e.Raw(o.PartKey[:])
}

func (o *Cancel) encode(e *Encoder) {
	e.U64(o.Ordinal)
	e.U8(uint8(o.Reason))
	e.Raw(o.Reporter[:])
}

func (o *Reserve) encode(e *Encoder) {
	e.U64(o.Ordinal)
	e.Var16(o.Reservation)
}

func (o *Withdraw) encode(e *Encoder) { e.U64(o.Ordinal) }

func (o *Commit) encode(e *Encoder) {
	e.U64(o.Ordinal)
	e.Var16(o.Sealed)
}

func (o *Checkpoint) encode(e *Encoder) { e.Raw(o.Digest[:]) }

var requestTag = NewTag("offset/request/1")

// Hash identifies a request byte for byte: what terms and checkpoints name.
func (o *Request) Hash() Hash {
	var buf []byte
	return o.HashWith(&buf)
}

// HashWith is Hash with a buffer for the bytes, which it grows: for a caller
// that hashes many.
func (o *Request) HashWith(buf *[]byte) Hash {
	e := Encoder{b: append((*buf)[:0], requestTag.prefixed...)}
	o.encode(&e)
	*buf = e.b
	return sha256.Sum256(e.b)
}

// EncodedLen returns the size of the request's bytes, which PendingBytesMax
// counts, without encoding it.
func (o *Request) EncodedLen() int {
	const fixed = 1 + 1 + 12 + 2*len(Lock{}) + 4 + 2 // currency's length and decimals, amount, locks, hold, sealed's length
	return fixed + len(o.Currency.Name) + o.Path.encodedLen() + len(o.Sealed)
}

// EncodeRequest returns the bytes of a request, for storage and for the frames
// that carry whole requests.
func EncodeRequest(o *Request) []byte {
	var e Encoder
	o.encode(&e)
	return e.Bytes()
}

// Request writes what EncodeRequest returns, with its length in two bytes.
func (e *Encoder) Request(o *Request) {
	e.U16(uint16(o.EncodedLen()))
	o.encode(e)
}

// DecodeRequest is the inverse of EncodeRequest. The request does not alias b.
func DecodeRequest(b []byte) (*Request, error) {
	d := NewDecoder(b)
	o := d.request()
	return o, d.Done()
}
