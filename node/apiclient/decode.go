package apiclient

import (
	"math"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// decoder reads the fields of answers and keeps the first thing that is wrong.
type decoder struct{ err error }

// all decodes a list; the result is never nil.
func all[M, T any](d *decoder, msgs []M, decode func(*decoder, M) T) []T {
	out := make([]T, 0, len(msgs))
	for _, m := range msgs {
		out = append(out, decode(d, m))
	}
	return out
}

// convert decodes a list that is a whole answer.
func convert[M, T any](msgs []M, decode func(*decoder, M) T) ([]T, error) {
	var d decoder
	out := all(&d, msgs, decode)
	if d.err != nil {
		return nil, d.err
	}
	return out, nil
}

// one decodes a single message that is a whole answer.
func one[M, T any](msg M, decode func(*decoder, M) T) (T, error) {
	var d decoder
	out := decode(&d, msg)
	if d.err != nil {
		var zero T
		return zero, d.err
	}
	return out, nil
}

// list makes JSON of an empty list [] instead of null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (d *decoder) fail(err error) {
	if err != nil && d.err == nil {
		d.err = broken(err)
	}
}

// text reads a field by its type's UnmarshalText.
func (d *decoder) text(into interface{ UnmarshalText([]byte) error }, s string) {
	d.fail(into.UnmarshalText([]byte(s)))
}

func (d *decoder) node(s string) (n ledger.NodeID)         { d.text(&n, s); return n }
func (d *decoder) amount(s string) (a ledger.Amount)       { d.text(&a, s); return a }
func (d *decoder) balance(s string) (b ledger.Balance)     { d.text(&b, s); return b }
func (d *decoder) lock(s string) (l ledger.Lock)           { d.text(&l, s); return l }
func (d *decoder) invoiceID(s string) (i ledger.InvoiceID) { d.text(&i, s); return i }
func (d *decoder) paymentID(s string) (p ledger.PaymentID) { d.text(&p, s); return p }
func (d *decoder) peer(s string) (p peer.ID)               { d.text(&p, s); return p }
func (d *decoder) time(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	d.fail(t.CheckValid())
	return t.AsTime()
}

func (d *decoder) currency(m *appv1.Currency) ledger.Currency {
	c := ledger.Currency{Name: m.GetName(), Decimals: uint8(min(m.GetDecimals(), math.MaxUint8))}
	d.fail(c.Validate())
	return c
}

func (d *decoder) rate(m *appv1.Rate) ledger.Rate {
	add, err := strconv.ParseUint(m.GetAdd(), 10, 64)
	d.fail(err)
	return ledger.Rate{Mul: m.GetMul(), Add: add}
}

func currencyPB(c ledger.Currency) *appv1.Currency {
	return &appv1.Currency{Name: c.Name, Decimals: uint32(c.Decimals)}
}

func ratePB(r ledger.Rate) *appv1.Rate {
	return &appv1.Rate{Mul: r.Mul, Add: strconv.FormatUint(r.Add, 10)}
}

// pageSize is a size as the wire has it; the node checks the rest.
func pageSize(n int) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }
