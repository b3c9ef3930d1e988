package pages

import (
	"bytes"
	"slices"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

var digestTag = ledger.NewTag("offset/pages-digest/1")

// Digests returns the digest of every range of a shard that has a page within
// the window, by rising bucket: at most Buckets.
func (s *Set) Digests(shard uint8, w Window) []Digest {
	var out []Digest
	for bucket := range Buckets {
		names := s.Names(Range{Shard: shard, Bucket: uint8(bucket)}, w)
		if len(names) == 0 {
			continue
		}
		var e ledger.Encoder
		for _, h := range names {
			e.Raw(h[:])
		}
		out = append(out, Digest{
			Bucket: uint8(bucket),
			Count:  uint32(len(names)),
			Hash:   digestTag.Hash(e.Bytes()),
		})
	}
	return out
}

// Names returns the names of a range's pages within the window, rising.
func (s *Set) Names(r Range, w Window) []ledger.Hash {
	names := s.namesUnsorted(r, w)
	slices.SortFunc(names, func(a, b ledger.Hash) int { return bytes.Compare(a[:], b[:]) })
	return names
}

func (s *Set) namesUnsorted(r Range, w Window) []ledger.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []ledger.Hash
	for h, sl := range s.ranges[r] {
		if p := sl.page.Page(); w.holds(&p) {
			names = append(names, h)
		}
	}
	return names
}

// Missing returns those of the given names, in their order, that stand for no
// page in the range: what to ask another server for. A page that is superseded
// here is among them; its bytes will be Stale.
func (s *Set) Missing(r Range, names []ledger.Hash) []ledger.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []ledger.Hash
	for _, h := range names {
		if _, have := s.ranges[r][h]; !have {
			out = append(out, h)
		}
	}
	return out
}

// Fetch returns pages of a range by their names, in the order asked, until the
// bytes of bodies and signatures would exceed bytesMax. Names that stand for
// no page are passed over. The second result is how many names were dealt
// with: if not all, ask for the rest again.
func (s *Set) Fetch(r Range, names []ledger.Hash, bytesMax int) ([]capacity.SignedPage, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []capacity.SignedPage
	for i, h := range names {
		sl, have := s.ranges[r][h]
		if !have {
			continue
		}
		signed := sl.page.Signed()
		if bytesMax -= len(signed.Body) + len(signed.Signature); bytesMax < 0 {
			return out, i
		}
		out = append(out, signed)
	}
	return out, len(names)
}
