package capacity

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// PlaceOf returns the number of the page on which a friend stands when there
// are count pages: the leading log2(count) bits of SHA-256(friend). Count is a
// power of two from 1 to CountMax, anything else is a programmer error and
// panics.
func PlaceOf(friend ledger.NodeID, count int) int {
	if !validCount(count) {
		panic("capacity: count of pages must be a power of two up to CountMax")
	}
	if count == 1 {
		return 0
	}
	sum := sha256.Sum256(friend[:])
	return int(binary.BigEndian.Uint32(sum[:4]) >> (32 - bits.TrailingZeros(uint(count))))
}

func validCount(n int) bool { return n >= 1 && n <= CountMax && n&(n-1) == 0 }

// Build spreads entries over pages and returns all pages of the currency in
// order of their numbers, at least one. From template it takes Node, Epoch,
// Currency, Issued and TTL; the first page has the template's Seq, each next
// page the next one. Template.Count, if not 0, is the least count of pages: a
// node that keeps its count while friends come and go need not send all pages
// again. The entries may come in any order and are not changed. A mistake in
// them (a friend twice, the node itself, an amount out of bounds, more friends
// than CountMax pages hold) is a *FaultError.
func Build(template Page, entries []Entry) ([]Page, error) {
	count := max(int(template.Count), 1)
	if !validCount(count) {
		return nil, fault("%d pages: not a power of two up to %d", count, CountMax)
	}
	for !fits(entries, count) {
		if count *= 2; count > CountMax {
			return nil, fault("%d friends do not fit on %d pages", len(entries), CountMax)
		}
	}
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return bytes.Compare(a.Friend[:], b.Friend[:]) })
	pages := make([]Page, count)
	for i := range pages {
		pages[i] = template
		pages[i].Seq = template.Seq + uint64(i)
		pages[i].Number, pages[i].Count = uint16(i), uint16(count)
		pages[i].Entries = nil
	}
	for _, e := range sorted {
		p := &pages[PlaceOf(e.Friend, count)]
		p.Entries = append(p.Entries, e)
	}
	for _, p := range pages {
		if err := p.Validate(); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

func fits(entries []Entry, count int) bool {
	load := make([]uint32, count)
	for _, e := range entries {
		n := PlaceOf(e.Friend, count)
		if load[n]++; load[n] > EntriesMax {
			return false
		}
	}
	return true
}

var shardTag = ledger.NewTag("offset/capacity-shard/1")

// ShardOf returns the shard of a currency, from 0 to Shards − 1: the first
// byte of the tagged hash of its encoding, modulo Shards.
func ShardOf(c ledger.Currency) int {
	var e ledger.Encoder
	e.Currency(c)
	return int(shardTag.Hash(e.Bytes())[0]) % Shards
}
