package wire

import (
	"bytes"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire/pb"
)

func encodeHello(h *ledger.Hello) *pb.Hello {
	m := &pb.Hello{
		Number: h.Number, State: uint32(h.State), Highest: h.Highest,
		Mine: encodeHead(h.Mine), Yours: encodeHead(h.Yours), PeerRecord: h.PeerRecord,
	}
	for _, v := range h.Versions {
		m.Versions = append(m.Versions, uint32(v))
	}
	if !h.Epoch.IsZero() {
		m.Epoch = h.Epoch[:]
	}
	return m
}

func encodeHead(h ledger.Head) *pb.Head {
	if h == (ledger.Head{}) {
		return nil
	}
	return &pb.Head{Seq: h.Seq, Hash: h.Hash[:]}
}

func (c *checker) hello(m *pb.Hello) *ledger.Hello {
	h := &ledger.Hello{
		Number: m.GetNumber(), Highest: m.GetHighest(), State: ledger.HelloState(c.byte(m.GetState())),
		Mine: c.head(m.GetMine()), Yours: c.head(m.GetYours()),
	}
	if len(m.GetVersions()) > VersionsMax {
		c.fail("hello names too many versions")
		return nil
	}
	for _, v := range m.GetVersions() {
		if v > 1<<16-1 {
			c.fail("version is out of bounds")
		}
		h.Versions = append(h.Versions, uint16(v))
	}
	if len(m.GetEpoch()) > 0 {
		c.fixed(h.Epoch[:], m.GetEpoch())
	}
	if h.Epoch.IsZero() != (h.Number == 0) {
		c.fail("hello names an epoch without a number, or a number without an epoch")
	}
	if len(m.GetPeerRecord()) > PeerRecordBytesMax {
		c.fail("peer record is over its bound")
	}
	if len(m.GetPeerRecord()) > 0 {
		h.PeerRecord = bytes.Clone(m.GetPeerRecord())
	}
	return h
}

// head reads a head: seq 0 has no hash, any other has one.
func (c *checker) head(m *pb.Head) ledger.Head {
	h := ledger.Head{Seq: m.GetSeq()}
	if len(m.GetHash()) > 0 {
		c.fixed(h.Hash[:], m.GetHash())
	}
	if h.Hash.IsZero() != (h.Seq == 0) {
		c.fail("head without a hash, or a hash without a head")
	}
	return h
}

func (c *checker) entry(m *pb.SignedEntry) *ledger.SignedEntry {
	f := &ledger.SignedEntry{}
	if len(m.GetBody()) == 0 || len(m.GetBody()) > ledger.EntryBytesMax {
		c.fail("entry is out of bounds")
		return nil
	}
	f.Body = bytes.Clone(m.GetBody())
	c.fixed(f.Signature[:], m.GetSignature())
	return f
}

func (c *checker) opened(m *pb.Opened) *ledger.Opened {
	o, err := ledger.DecodeOpening(m.GetOpening())
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	return &ledger.Opened{Opening: o}
}

func encodeSupply(f *ledger.Supply) *pb.Supply {
	m := &pb.Supply{}
	for _, r := range f.Requests {
		m.Requests = append(m.Requests, ledger.EncodeRequest(r))
	}
	return m
}

func (c *checker) supply(m *pb.Supply) *ledger.Supply {
	if len(m.GetRequests()) > RequestsMax {
		c.fail("too many requests are supplied")
		return nil
	}
	f := &ledger.Supply{}
	for _, b := range m.GetRequests() {
		r, err := ledger.DecodeRequest(b)
		if err != nil {
			c.fail(err.Error())
			return nil
		}
		f.Requests = append(f.Requests, r)
	}
	return f
}

func (c *checker) propose(m *pb.Propose) *ledger.Propose {
	t, err := ledger.DecodeTerms(m.GetTerms())
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	return &ledger.Propose{Terms: t}
}

func encodeRefuse(f *ledger.Refuse) *pb.Refuse {
	m := &pb.Refuse{Terms: f.Terms[:], Highest: f.Highest, Clock: f.Clock, Reason: uint32(f.Reason)}
	for _, h := range f.Missing {
		m.Missing = append(m.Missing, h[:]...)
	}
	return m
}

func (c *checker) refuse(m *pb.Refuse) *ledger.Refuse {
	f := &ledger.Refuse{Highest: m.GetHighest(), Clock: m.GetClock()}
	f.Reason = ledger.RefuseReason(c.byte(m.GetReason()))
	c.fixed(f.Terms[:], m.GetTerms())
	const size = len(ledger.Hash{})
	missing := m.GetMissing()
	if len(missing)%size != 0 || len(missing) > ledger.MissingMax*size {
		c.fail("missing requests are out of bounds")
		return nil
	}
	for ; len(missing) > 0; missing = missing[size:] {
		f.Missing = append(f.Missing, ledger.Hash(missing[:size]))
	}
	return f
}
