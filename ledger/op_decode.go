package ledger

import "bytes"

// op reads one operation. Bounds of size are checked here; whether the
// operation is legal is the friendship's business.
func (d *Decoder) op() Op {
	switch OpKind(d.U8()) {
	case KindCredit:
		o := &Credit{Currency: d.Currency(), Limit: d.Amount()}
		return o
	case KindRequest:
		return d.request()
	case KindCollect:
		o := &Collect{Ordinal: d.ordinal()}
		d.Fixed(o.Key[:])
		d.Fixed(o.PartKey[:])
		return o
	case KindCancel:
		o := &Cancel{Ordinal: d.ordinal(), Reason: Reason(d.U8())}
		if o.Reason == 0 {
			d.Fail("cancel without a reason")
		}
		d.Fixed(o.Reporter[:])
		return o
	case KindReserve:
		return &Reserve{Ordinal: d.ordinal(), Reservation: bytes.Clone(d.Var16(SealedBytesMax))}
	case KindWithdraw:
		return &Withdraw{Ordinal: d.ordinal()}
	case KindCommit:
		return &Commit{Ordinal: d.ordinal(), Sealed: bytes.Clone(d.Var16(SealedBytesMax))}
	case KindCheckpoint:
		o := &Checkpoint{}
		d.Fixed(o.Digest[:])
		return o
	default:
		d.Fail("unknown operation")
		return nil
	}
}

func (d *Decoder) ordinal() uint64 {
	n := d.U64()
	if n == 0 {
		d.Fail("ordinal is 0")
	}
	return n
}

func (d *Decoder) request() *Request {
	o := &Request{Currency: d.Currency(), Amount: d.Amount()}
	d.Fixed(o.Lock[:])
	d.Fixed(o.PartLock[:])
	o.Hold = d.U32()
	o.Path = d.path()
	o.Sealed = bytes.Clone(d.Var16(SealedBytesMax))
	return o
}
