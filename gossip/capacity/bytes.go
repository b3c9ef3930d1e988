package capacity

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

var tag = ledger.NewTag("offset/capacity-page/1")

// Body returns the bytes that the node signs (by way of Hash). Only a page
// that passes Validate has a body that Decode reads.
func (p Page) Body() []byte {
	var e ledger.Encoder
	e.U8(Version)
	e.Raw(p.Node[:])
	e.U64(p.Epoch)
	e.U64(p.Seq)
	e.Currency(p.Currency)
	e.U16(p.Number)
	e.U16(p.Count)
	e.U64(p.Issued)
	e.U16(uint16(p.TTL / time.Second))
	e.U8(uint8(len(p.Entries)))
	for _, v := range p.Entries {
		e.Raw(v.Friend[:])
		e.Amount(v.CanSend)
		e.Amount(v.CanReceive)
		e.Amount(v.Transit)
		e.U32(v.Rate.Mul)
		e.U64(v.Rate.Add)
	}
	return e.Bytes()
}

// Hash returns what the node signs for a page with this body. It names the
// page, and of two pages with equal epoch and seq the lower Hash wins.
func Hash(body []byte) ledger.Hash { return tag.Hash(body) }

// Decode reads a page's body and checks every bound. It returns ErrVersion for
// an unknown version and a *FaultError for anything else that is wrong; it
// knows neither clock nor signature. What decodes encodes to the same bytes.
func Decode(body []byte) (Page, error) {
	if len(body) == 0 || len(body) > BodyBytesMax {
		if len(body) > 0 && body[0] != Version {
			return Page{}, ErrVersion
		}
		return Page{}, fault("%d bytes", len(body))
	}
	d := ledger.NewDecoder(body)
	if d.U8() != Version {
		return Page{}, ErrVersion
	}
	var p Page
	d.Fixed(p.Node[:])
	p.Epoch, p.Seq = d.U64(), d.U64()
	p.Currency = d.Currency()
	p.Number, p.Count = d.U16(), d.U16()
	p.Issued = d.U64()
	p.TTL = time.Duration(d.U16()) * time.Second
	if n := d.Count8(EntriesMax); n > 0 && n*entryBytes == d.Rest() {
		p.Entries = make([]Entry, n)
	} else if n != 0 {
		d.Fail("entries do not fill the page")
	}
	for i := range p.Entries {
		decodeEntry(d, &p.Entries[i])
	}
	if err := d.Done(); err != nil {
		return Page{}, fault("%v", err)
	}
	if err := p.Validate(); err != nil {
		return Page{}, err
	}
	return p, nil
}

func decodeEntry(d *ledger.Decoder, e *Entry) {
	d.Fixed(e.Friend[:])
	e.CanSend, e.CanReceive, e.Transit = d.Amount(), d.Amount(), d.Amount()
	e.Rate.Mul, e.Rate.Add = d.U32(), d.U64()
}
