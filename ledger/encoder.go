package ledger

import (
	"encoding/binary"
	"slices"
)

// Encoder writes the bytes of signed values: fields in order, integers
// big-endian and of fixed width, byte strings preceded by their length. There
// is one way to write a value, so equal values have equal bytes. The zero
// value is ready to use. Callers pass values within their bounds; Encoder does
// not check them.
type Encoder struct{ b []byte }

// Grow makes room for n more bytes, so that a long value is written without
// moving it.
func (e *Encoder) Grow(n int) { e.b = slices.Grow(e.b, n) }

// Bytes returns what was written. The encoder must not be used afterwards.
func (e *Encoder) Bytes() []byte { return e.b }

// Len returns the number of bytes written.
func (e *Encoder) Len() int { return len(e.b) }

// U8 writes one byte.
func (e *Encoder) U8(v uint8) { e.b = append(e.b, v) }

// Bool writes 1 for true and 0 for false.
func (e *Encoder) Bool(v bool) {
	if v {
		e.U8(1)
	} else {
		e.U8(0)
	}
}

// U16 writes two bytes.
func (e *Encoder) U16(v uint16) { e.b = binary.BigEndian.AppendUint16(e.b, v) }

// U32 writes four bytes.
func (e *Encoder) U32(v uint32) { e.b = binary.BigEndian.AppendUint32(e.b, v) }

// U64 writes eight bytes.
func (e *Encoder) U64(v uint64) { e.b = binary.BigEndian.AppendUint64(e.b, v) }

// Raw writes p without a length: for fields of fixed size.
func (e *Encoder) Raw(p []byte) { e.b = append(e.b, p...) }

// Var8 writes the length of p in one byte, then p.
func (e *Encoder) Var8(p []byte) {
	e.U8(uint8(len(p)))
	e.Raw(p)
}

// Var16 writes the length of p in two bytes, then p.
func (e *Encoder) Var16(p []byte) {
	e.U16(uint16(len(p)))
	e.Raw(p)
}

// Var32 writes the length of p in four bytes, then p.
func (e *Encoder) Var32(p []byte) {
	e.U32(uint32(len(p)))
	e.Raw(p)
}

// Amount writes a below 2^96 in 12 bytes.
func (e *Encoder) Amount(a Amount) {
	e.U32(uint32(a.hi))
	e.U64(a.lo)
}

// Counter writes a below 2^120 in 16 bytes.
func (e *Encoder) Counter(a Amount) {
	e.U64(a.hi)
	e.U64(a.lo)
}

// Balance writes b in 16 bytes, two's complement.
func (e *Encoder) Balance(b Balance) {
	e.U64(uint64(b.hi))
	e.U64(b.lo)
}

// Currency writes the name with its length in one byte, then the decimals.
func (e *Encoder) Currency(c Currency) {
	e.Var8([]byte(c.Name))
	e.U8(c.Decimals)
}
