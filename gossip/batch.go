package gossip

import (
	"errors"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/pb"
)

// batchVersion is the version of the batches this program writes and reads.
const batchVersion = 1

// Numbers of the fields of pb.Batch.
const (
	versionField = 1
	pagesField   = 2
)

// errOtherVersion says that a batch is from a program of another version: it
// is ignored, and nobody is to blame.
var errOtherVersion = errors.New("batch of another version")

// encodeBatch puts pages into the bytes of a gossip message. The pages fit:
// they were cut by split.
func encodeBatch(pages []capacity.SignedPage) ([]byte, error) {
	b := pb.Batch{Version: batchVersion, Pages: make([]*pb.Page, len(pages))}
	for i, p := range pages {
		b.Pages[i] = &pb.Page{Body: p.Body, Signature: p.Signature[:]}
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(&b)
}

// decodeBatch reads a gossip message and checks its bounds; what is in the
// pages is left to the intake. Any error other than errOtherVersion is the
// sender's fault.
func decodeBatch(data []byte) ([]capacity.SignedPage, error) {
	if len(data) > BatchBytesMax {
		return nil, errors.New("batch is too large")
	}
	// Before anything is allocated: an empty page costs two bytes on the wire
	// and a hundred in memory.
	version, count, ok := scanBatch(data)
	switch {
	case !ok:
		return nil, errors.New("batch does not decode")
	case version != batchVersion:
		return nil, errOtherVersion
	case count == 0 || count > BatchPagesMax:
		return nil, errors.New("batch has no pages or too many")
	}
	var b pb.Batch
	if err := proto.Unmarshal(data, &b); err != nil {
		return nil, errors.New("batch does not decode")
	}
	pages := make([]capacity.SignedPage, len(b.GetPages()))
	for i, p := range b.GetPages() {
		if len(p.GetSignature()) != len(pages[i].Signature) || len(p.GetBody()) > capacity.BodyBytesMax {
			return nil, errors.New("page with a signature or body of a wrong length")
		}
		pages[i].Body = p.GetBody()
		copy(pages[i].Signature[:], p.GetSignature())
	}
	return pages, nil
}

// countPages returns the number of pages in a batch without decoding it, for
// quotas that must be decided before anything costs much. What does not scan
// counts as full: it is refused later, and should not come often.
func countPages(data []byte) int {
	_, count, ok := scanBatch(data)
	if !ok {
		return BatchPagesMax
	}
	return max(count, 1)
}

// scanBatch reads the version and the number of pages and allocates nothing.
func scanBatch(data []byte) (version uint64, pages int, ok bool) {
	for len(data) > 0 {
		num, typ, used := protowire.ConsumeTag(data)
		if used < 0 {
			return 0, 0, false
		}
		data = data[used:]
		if used = protowire.ConsumeFieldValue(num, typ, data); used < 0 {
			return 0, 0, false
		}
		switch {
		case num == versionField && typ == protowire.VarintType:
			version, _ = protowire.ConsumeVarint(data)
		case num == pagesField && typ == protowire.BytesType:
			pages++
		}
		data = data[used:]
	}
	return version, pages, true
}

// topicOf returns the name of a shard's topic.
func topicOf(shard int) string { return topicPrefix + strconv.Itoa(shard) }

// topics returns the names of all topics in order of their shards.
func topics() []string {
	out := make([]string, capacity.Shards)
	for i := range out {
		out[i] = topicOf(i)
	}
	return out
}
