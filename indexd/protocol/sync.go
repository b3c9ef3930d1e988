package protocol

import (
	"bytes"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/pb"
	"github.com/offset-p2p/offset/ledger"
)

// SyncAsk is one question of the server that catches up: DigestsOf, NamesOf or
// Fetch. Each gets one SyncTell.
type SyncAsk interface {
	ask() *pb.SyncAsk
}

// SyncWindow is the window of times of issue that is compared, in milliseconds
// since 1970 UTC: After < issued ≤ AsOf, as in gossip/pages.
type SyncWindow struct {
	After, AsOf uint64
}

// Times returns the bounds as times; a zero After is the zero time.
func (w SyncWindow) Times() (after, asOf time.Time) {
	if w.After != 0 {
		after = time.UnixMilli(int64(w.After))
	}
	return after, time.UnixMilli(int64(w.AsOf))
}

// SyncRange is a part of the set of pages that is compared on its own.
type SyncRange struct {
	Shard, Bucket uint8
}

// SyncDigest sums up the pages of a range within a window.
type SyncDigest struct {
	Range SyncRange
	Count uint32
	Hash  ledger.Hash
}

// DigestsOf asks for the digests of all ranges with a page within the window.
type DigestsOf struct{ Window SyncWindow }

// NamesOf asks for the names of the pages in a range within the window, in
// rising order, from the first after Past; at most SyncNamesMax come. The zero
// Past asks from the beginning.
type NamesOf struct {
	Range  SyncRange
	Window SyncWindow
	Past   ledger.Hash
}

// Fetch asks for pages of a range by name; 1 to SyncNamesMax names.
type Fetch struct {
	Range SyncRange
	Names []ledger.Hash
}

// SyncTell answers a question.
type SyncTell struct {
	Digests []SyncDigest  // at most one for each range
	Names   []ledger.Hash // at most SyncNamesMax, strictly rising
	Pages   Pages         // at most SyncPagesMax
	Dealt   int           // how many names of a Fetch were dealt with
}

// rangesMax is the number of ranges: a byte of bucket for every shard.
const rangesMax = capacity.Shards * 256

// EncodeSyncAsk returns the bytes of a question.
func EncodeSyncAsk(a SyncAsk) ([]byte, error) {
	m := a.ask()
	m.Version = Version
	return proto.Marshal(m)
}

// DecodeSyncAsk reads a question.
func DecodeSyncAsk(data []byte) (SyncAsk, error) {
	var m pb.SyncAsk
	if err := unmarshal(data, &m, SyncFrameBytes); err != nil {
		return nil, err
	}
	if m.GetVersion() != Version {
		return nil, ErrVersion
	}
	var c checker
	var out SyncAsk
	switch kind := m.GetKind().(type) {
	case *pb.SyncAsk_DigestsOf:
		out = DigestsOf{Window: c.window(kind.DigestsOf)}
	case *pb.SyncAsk_NamesOf:
		n := NamesOf{Range: c.syncRange(kind.NamesOf.GetRange()), Window: c.window(kind.NamesOf.GetWindow())}
		n.Past = c.hash(kind.NamesOf.GetPast())
		out = n
	case *pb.SyncAsk_Fetch:
		f := Fetch{Range: c.syncRange(kind.Fetch.GetRange())}
		if len(kind.Fetch.GetNames()) == 0 {
			c.note(fault("fetch of nothing"))
		}
		f.Names = c.hashes(kind.Fetch.GetNames())
		out = f
	default:
		return nil, fault("question of no known kind")
	}
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

// Encode returns the bytes of an answer.
func (t SyncTell) Encode() ([]byte, error) {
	m := &pb.SyncTell{Dealt: uint32(t.Dealt), Pages: encodePages(t.Pages), Names: encodeHashes(t.Names)}
	for _, d := range t.Digests {
		m.Digests = append(m.Digests, &pb.SyncDigest{Range: d.Range.pb(), Count: d.Count, Hash: d.Hash[:]})
	}
	return proto.Marshal(m)
}

// DecodeSyncTell reads an answer.
func DecodeSyncTell(data []byte) (SyncTell, error) {
	var m pb.SyncTell
	if err := unmarshal(data, &m, SyncFrameBytes); err != nil {
		return SyncTell{}, err
	}
	var c checker
	if !c.atMost(len(m.GetDigests()), rangesMax, "digests") || m.GetDealt() > SyncNamesMax {
		return SyncTell{}, fault("too much in one answer")
	}
	out := SyncTell{Dealt: int(m.GetDealt()), Names: c.hashes(m.GetNames())}
	for i := 1; i < len(out.Names); i++ {
		if bytes.Compare(out.Names[i-1][:], out.Names[i][:]) >= 0 {
			return SyncTell{}, fault("names do not rise")
		}
	}
	for _, d := range m.GetDigests() {
		out.Digests = append(out.Digests, SyncDigest{
			Range: c.syncRange(d.GetRange()), Count: d.GetCount(), Hash: c.hash(d.GetHash()),
		})
	}
	if len(m.GetPages()) > 0 {
		pages, err := decodePages(m.GetPages(), SyncPagesMax)
		c.note(err)
		out.Pages = pages
	}
	if c.err != nil {
		return SyncTell{}, c.err
	}
	return out, nil
}

func (a DigestsOf) ask() *pb.SyncAsk {
	return &pb.SyncAsk{Kind: &pb.SyncAsk_DigestsOf{DigestsOf: a.Window.pb()}}
}

func (a NamesOf) ask() *pb.SyncAsk {
	return &pb.SyncAsk{Kind: &pb.SyncAsk_NamesOf{NamesOf: &pb.SyncNamesOf{
		Range: a.Range.pb(), Window: a.Window.pb(), Past: a.Past[:],
	}}}
}

func (a Fetch) ask() *pb.SyncAsk {
	return &pb.SyncAsk{Kind: &pb.SyncAsk_Fetch{Fetch: &pb.SyncFetch{
		Range: a.Range.pb(), Names: encodeHashes(a.Names),
	}}}
}

func (w SyncWindow) pb() *pb.SyncWindow { return &pb.SyncWindow{After: w.After, AsOf: w.AsOf} }

func (r SyncRange) pb() *pb.SyncRange {
	return &pb.SyncRange{Shard: uint32(r.Shard), Bucket: uint32(r.Bucket)}
}

func encodeHashes(in []ledger.Hash) [][]byte {
	out := make([][]byte, len(in))
	for i := range in {
		out[i] = in[i][:]
	}
	return out
}

func (c *checker) window(m *pb.SyncWindow) SyncWindow {
	if m.GetAfter() > capacity.IssuedMax || m.GetAsOf() > capacity.IssuedMax {
		c.note(fault("time out of range"))
	}
	return SyncWindow{After: m.GetAfter(), AsOf: m.GetAsOf()}
}

func (c *checker) syncRange(m *pb.SyncRange) SyncRange {
	if m.GetShard() >= capacity.Shards || m.GetBucket() > 255 {
		c.note(fault("no such range"))
	}
	return SyncRange{Shard: uint8(m.GetShard()), Bucket: uint8(m.GetBucket())}
}

func (c *checker) hash(b []byte) ledger.Hash {
	if len(b) != len(ledger.Hash{}) {
		c.note(fault("name of %d bytes", len(b)))
		return ledger.Hash{}
	}
	return ledger.Hash(b)
}

func (c *checker) hashes(in [][]byte) []ledger.Hash {
	if !c.atMost(len(in), SyncNamesMax, "names") {
		return nil
	}
	out := make([]ledger.Hash, len(in))
	for i, b := range in {
		out[i] = c.hash(b)
	}
	return out
}
