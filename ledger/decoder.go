package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrBytes reports bytes that are not the encoding of a value: damaged,
// truncated, over a bound, or from a version this program does not know.
var ErrBytes = errors.New("bytes do not decode")

// Decoder reads what Encoder wrote. The first fault sticks: later reads return
// zero values, and Done reports it. No read allocates more than its input
// holds. The returned slices alias the input.
type Decoder struct {
	b   []byte
	err error
}

// NewDecoder returns a decoder of b, which must not change while it is used.
func NewDecoder(b []byte) *Decoder { return &Decoder{b: b} }

// Done returns the first fault, or ErrBytes when input is left over.
func (d *Decoder) Done() error {
	if d.err == nil && len(d.b) != 0 {
		d.Fail("trailing bytes")
	}
	return d.err
}

// Err returns the first fault so far.
func (d *Decoder) Err() error { return d.err }

// Rest returns how many bytes are left.
func (d *Decoder) Rest() int { return len(d.b) }

// Fail records a fault of meaning found by the caller, if it is the first.
func (d *Decoder) Fail(why string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrBytes, why)
		d.b = nil
	}
}

// Raw reads n bytes.
func (d *Decoder) Raw(n int) []byte {
	if d.err != nil || n > len(d.b) {
		d.Fail("truncated")
		return nil
	}
	p := d.b[:n:n]
	d.b = d.b[n:]
	return p
}

// Fixed fills dst.
func (d *Decoder) Fixed(dst []byte) { copy(dst, d.Raw(len(dst))) }

// U8 reads one byte.
func (d *Decoder) U8() uint8 {
	if p := d.Raw(1); p != nil {
		return p[0]
	}
	return 0
}

// Bool reads 0 or 1; any other byte is a fault.
func (d *Decoder) Bool() bool {
	v := d.U8()
	if v > 1 {
		d.Fail("boolean is neither 0 nor 1")
	}
	return v == 1
}

// U16 reads two bytes.
func (d *Decoder) U16() uint16 {
	if p := d.Raw(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

// U32 reads four bytes.
func (d *Decoder) U32() uint32 {
	if p := d.Raw(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// U64 reads eight bytes.
func (d *Decoder) U64() uint64 {
	if p := d.Raw(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// Var8 reads a byte string with a one-byte length of at most limit.
func (d *Decoder) Var8(limit int) []byte { return d.variable(int(d.U8()), limit) }

// Var16 reads a byte string with a two-byte length of at most limit.
func (d *Decoder) Var16(limit int) []byte { return d.variable(int(d.U16()), limit) }

// Var32 reads a byte string with a four-byte length of at most limit.
func (d *Decoder) Var32(limit int) []byte { return d.variable(int(d.U32()), limit) }

func (d *Decoder) variable(n, limit int) []byte {
	if n > limit {
		d.Fail("length over its bound")
		return nil
	}
	return d.Raw(n)
}

// Count8 reads a one-byte number of items of at most limit.
func (d *Decoder) Count8(limit int) int { return d.count(int(d.U8()), limit) }

// Count16 reads a two-byte number of items of at most limit.
func (d *Decoder) Count16(limit int) int { return d.count(int(d.U16()), limit) }

// Count32 reads a four-byte number of items of at most limit.
func (d *Decoder) Count32(limit int) int { return d.count(int(d.U32()), limit) }

func (d *Decoder) count(n, limit int) int {
	if n > limit {
		d.Fail("count over its bound")
		return 0
	}
	return n
}

// Amount reads 12 bytes.
func (d *Decoder) Amount() Amount {
	hi := uint64(d.U32())
	return Amount{hi, d.U64()}
}

// Counter reads 16 bytes; 2^CounterBits and above is a fault.
func (d *Decoder) Counter() Amount {
	a := Amount{d.U64(), d.U64()}
	if !a.IsCounter() {
		d.Fail("counter over its bound")
	}
	return a
}

// Balance reads 16 bytes; a magnitude of 2^CounterBits and above is a fault.
func (d *Decoder) Balance() Balance {
	b := Balance{int64(d.U64()), d.U64()}
	if !b.IsCounter() {
		d.Fail("balance over its bound")
	}
	return b
}

// Currency reads a currency; a name or decimals out of bounds is a fault.
func (d *Decoder) Currency() Currency {
	c := Currency{Name: string(d.Var8(CurrencyNameMax)), Decimals: d.U8()}
	if d.err == nil {
		if err := c.Validate(); err != nil {
			d.Fail("currency out of bounds")
		}
	}
	return c
}
