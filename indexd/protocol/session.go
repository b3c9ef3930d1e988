package protocol

import (
	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/pb"
)

// FromNode is a message of a node in a session: NodeHello, Pages, Beat or
// Query.
type FromNode interface {
	fromNode() *pb.FromNode
}

// FromServer is a message of a server in a session: Welcome, Beat, Refused or
// Answer.
type FromServer interface {
	fromServer() *pb.FromServer
}

// NodeHello opens a session. It says nothing but the version: who the node is,
// the stream has authenticated.
type NodeHello struct{}

// Welcome answers NodeHello.
type Welcome struct {
	// Clock is the server's wall clock in milliseconds since 1970 UTC.
	Clock uint64
	// Epoch and Seq are the highest that the server remembers of the node;
	// zero when it remembers nothing.
	Epoch, Seq uint64
}

// Pages reports capacities; 1 to PagesPerFrame pages, all of the node that
// sends them. Their bodies are within capacity.BodyBytesMax and not verified.
type Pages []capacity.SignedPage

// Beat keeps a session alive. The server answers a node's Beat with the same
// Number and its Clock; the node leaves Clock zero.
type Beat struct {
	Number uint64
	Clock  uint64
}

// Refused tells a node that pages it sent were not taken.
type Refused struct {
	Reason RefusedReason
	Count  uint32 // since the last Refused of the session; over 0
}

// RefusedReason says why pages were not taken.
type RefusedReason uint32

// Reasons for refusing pages.
const (
	// RefusedFaulty: a page breaks a bound or is not signed by its node.
	RefusedFaulty RefusedReason = iota + 1
	// RefusedForeign: the page is of another node than the one that sent it.
	RefusedForeign
	// RefusedStale: the server knows a newer page, or it is too old by the
	// server's clock.
	RefusedStale
	// RefusedFuture: the page is from the future by the server's clock.
	RefusedFuture
	// RefusedPace: too many pages in a short time.
	RefusedPace
	// RefusedFull: the server has no room for more.
	RefusedFull
	// RefusedTooEarly: the server has just started and takes only pages that
	// were issued since.
	RefusedTooEarly

	refusedReasons
)

var refusedNames = [refusedReasons]string{
	"unknown", "faulty", "foreign", "stale", "future", "pace", "full", "too_early",
}

// String returns the reason in a word, for status and metrics.
func (r RefusedReason) String() string {
	if r >= refusedReasons {
		r = 0
	}
	return refusedNames[r]
}

// EncodeFromNode returns the bytes of a node's message.
func EncodeFromNode(m FromNode) ([]byte, error) { return proto.Marshal(m.fromNode()) }

// EncodeFromServer returns the bytes of a server's message.
func EncodeFromServer(m FromServer) ([]byte, error) { return proto.Marshal(m.fromServer()) }

// DecodeFromNode reads a node's message. A Beat comes without a clock.
func DecodeFromNode(data []byte) (FromNode, error) {
	var m pb.FromNode
	if err := unmarshal(data, &m, IndexFrameBytes); err != nil {
		return nil, err
	}
	switch kind := m.GetKind().(type) {
	case *pb.FromNode_Hello:
		if kind.Hello.GetVersion() != Version {
			return nil, ErrVersion
		}
		return NodeHello{}, nil
	case *pb.FromNode_Pages:
		return decodePages(kind.Pages.GetPages(), PagesPerFrame)
	case *pb.FromNode_Beat:
		return Beat{Number: kind.Beat.GetNumber()}, nil
	case *pb.FromNode_Query:
		return decodeQuery(kind.Query)
	}
	return nil, fault("message of no known kind")
}

// DecodeFromServer reads a server's message.
func DecodeFromServer(data []byte) (FromServer, error) {
	var m pb.FromServer
	if err := unmarshal(data, &m, IndexFrameBytes); err != nil {
		return nil, err
	}
	switch kind := m.GetKind().(type) {
	case *pb.FromServer_Welcome:
		return decodeWelcome(kind.Welcome)
	case *pb.FromServer_Beat:
		if kind.Beat.GetClock() > capacity.IssuedMax {
			return nil, fault("clock out of range")
		}
		return Beat{Number: kind.Beat.GetNumber(), Clock: kind.Beat.GetClock()}, nil
	case *pb.FromServer_Refused:
		r := Refused{Reason: RefusedReason(kind.Refused.GetReason()), Count: kind.Refused.GetCount()}
		if r.Count == 0 {
			return nil, fault("nothing refused")
		}
		return r, nil
	case *pb.FromServer_Answer:
		return decodeAnswer(kind.Answer)
	}
	return nil, fault("message of no known kind")
}

func decodeWelcome(w *pb.Welcome) (FromServer, error) {
	switch {
	case w.GetVersion() != Version:
		return nil, ErrVersion
	case w.GetClock() > capacity.IssuedMax:
		return nil, fault("clock out of range")
	case w.GetEpoch() > capacity.EpochMax:
		return nil, fault("epoch out of range")
	}
	return Welcome{Clock: w.GetClock(), Epoch: w.GetEpoch(), Seq: w.GetSeq()}, nil
}

func (NodeHello) fromNode() *pb.FromNode {
	return &pb.FromNode{Kind: &pb.FromNode_Hello{Hello: &pb.NodeHello{Version: Version}}}
}

func (p Pages) fromNode() *pb.FromNode {
	return &pb.FromNode{Kind: &pb.FromNode_Pages{Pages: &pb.Pages{Pages: encodePages(p)}}}
}

func (b Beat) pb() *pb.Beat { return &pb.Beat{Number: b.Number, Clock: b.Clock} }

func (b Beat) fromNode() *pb.FromNode {
	return &pb.FromNode{Kind: &pb.FromNode_Beat{Beat: b.pb()}}
}

func (b Beat) fromServer() *pb.FromServer {
	return &pb.FromServer{Kind: &pb.FromServer_Beat{Beat: b.pb()}}
}

func (w Welcome) fromServer() *pb.FromServer {
	return &pb.FromServer{Kind: &pb.FromServer_Welcome{Welcome: &pb.Welcome{
		Version: Version, Clock: w.Clock, Epoch: w.Epoch, Seq: w.Seq,
	}}}
}

func (r Refused) fromServer() *pb.FromServer {
	return &pb.FromServer{Kind: &pb.FromServer_Refused{Refused: &pb.Refused{
		Reason: uint32(r.Reason), Count: r.Count,
	}}}
}
