package protocol

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/pb"
	"github.com/offset-p2p/offset/ledger"
)

var compare = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b ledger.Amount) bool { return a == b }),
}

func genNode(t *rapid.T) ledger.NodeID {
	b := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "node")
	b[31] |= 1 // not the zero ID
	return ledger.NodeID(b)
}

func genAmount(t *rapid.T) ledger.Amount {
	return ledger.AmountFromParts(
		rapid.Uint64Range(0, 1<<(ledger.AmountBits-64)-1).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
}

func genHash(t *rapid.T) ledger.Hash {
	return ledger.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
}

func genPages(t *rapid.T, limit int) Pages {
	n := rapid.IntRange(1, limit).Draw(t, "pages")
	out := make(Pages, n)
	for i := range out {
		out[i].Body = rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "body")
		copy(out[i].Signature[:], rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "signature"))
	}
	return out
}

func genQuery(t *rapid.T) Query {
	q := Query{ID: rapid.Uint64().Draw(t, "id")}
	r := &q.Route
	r.Currency = ledger.Currency{Name: "HOURS.BERLIN", Decimals: uint8(rapid.IntRange(0, ledger.DecimalsMax).Draw(t, "decimals"))}
	r.Amount, _ = genAmount(t).Add(ledger.Amount{})
	if r.Amount.IsZero() {
		r.Amount = ledger.NewAmount(1)
	}
	r.Source, r.Destination = ledger.NodeID{1, 31: 2}, ledger.NodeID{2, 31: 4}
	r.MaxFee = genAmount(t)
	r.MaxHops = rapid.IntRange(1, route.HopsMax).Draw(t, "hops")
	r.MaxRoutes = rapid.IntRange(1, route.RoutesMax).Draw(t, "routes")
	seen := map[ledger.NodeID]bool{r.Source: true, r.Destination: true}
	fresh := func() ledger.NodeID {
		for {
			if n := genNode(t); !seen[n] {
				seen[n] = true
				return n
			}
		}
	}
	for range rapid.IntRange(0, 20).Draw(t, "first hops") {
		r.FirstHops = append(r.FirstHops, route.FirstHop{Friend: fresh(), CanSend: genAmount(t)})
	}
	for range rapid.IntRange(0, ledger.InvoiceHintsMax).Draw(t, "hints") {
		r.Hints = append(r.Hints, ledger.Hint{Friend: fresh(), Receivable: genAmount(t), Rate: ledger.Rate{Mul: 3, Add: 9}})
	}
	for range rapid.IntRange(0, 5).Draw(t, "excluded") {
		r.ExcludeNodes = append(r.ExcludeNodes, fresh())
		r.ExcludeEdges = append(r.ExcludeEdges, route.EdgeKey{From: fresh(), To: fresh()})
	}
	return q
}

func TestMessagesOfNodesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(
			rapid.Just[FromNode](NodeHello{}),
			rapid.Custom(func(t *rapid.T) FromNode { return genPages(t, PagesPerFrame) }),
			rapid.Custom(func(t *rapid.T) FromNode { return Beat{Number: rapid.Uint64().Draw(t, "number")} }),
			rapid.Custom(func(t *rapid.T) FromNode { return genQuery(t) }),
		).Draw(t, "message")
		data, err := EncodeFromNode(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := DecodeFromNode(data)
		if err != nil {
			t.Fatalf("decoding %#v: %v", in, err)
		}
		if d := cmp.Diff(in, out, compare); d != "" {
			t.Error(d)
		}
	})
}

func genRoute(t *rapid.T) route.Route {
	r := route.Route{Share: genAmount(t), Fee: genAmount(t)}
	for range rapid.IntRange(1, route.HopsMax).Draw(t, "hops") {
		r.Hops = append(r.Hops, ledger.Hop{Node: genNode(t), Amount: genAmount(t)})
	}
	return r
}

func genAnswer(t *rapid.T) FromServer {
	a := Answer{ID: rapid.Uint64().Draw(t, "id")}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		a.Refused = QueryRefused(rapid.Uint32Range(1, 9).Draw(t, "refused"))
	case 1:
		a.NoRoute = &route.NoRouteError{Reason: route.ReasonFeeCap, Largest: genAmount(t)}
	default:
		for range rapid.IntRange(1, PlansMax).Draw(t, "plans") {
			p := route.Answer{Kind: route.KindSingle}
			for range rapid.IntRange(1, 4).Draw(t, "routes") {
				p.Routes = append(p.Routes, genRoute(t))
			}
			a.Plans = append(a.Plans, p)
		}
	}
	return a
}

func TestMessagesOfServersSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := rapid.Uint64Range(0, capacity.IssuedMax)
		in := rapid.OneOf(
			rapid.Custom(func(t *rapid.T) FromServer {
				return Welcome{Clock: clock.Draw(t, "clock"), Epoch: rapid.Uint64Range(0, capacity.EpochMax).Draw(t, "epoch"), Seq: rapid.Uint64().Draw(t, "seq")}
			}),
			rapid.Custom(func(t *rapid.T) FromServer { return Beat{Number: 9, Clock: clock.Draw(t, "clock")} }),
			rapid.Custom(func(t *rapid.T) FromServer {
				return Refused{Reason: RefusedReason(rapid.Uint32().Draw(t, "reason")), Count: rapid.Uint32Range(1, 99).Draw(t, "count")}
			}),
			rapid.Custom(genAnswer),
		).Draw(t, "message")
		data, err := EncodeFromServer(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := DecodeFromServer(data)
		if err != nil {
			t.Fatalf("decoding %#v: %v", in, err)
		}
		if d := cmp.Diff(in, out, compare); d != "" {
			t.Error(d)
		}
	})
}

func TestMessagesOfCatchUpSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := SyncRange{Shard: uint8(rapid.IntRange(0, capacity.Shards-1).Draw(t, "shard")), Bucket: rapid.Byte().Draw(t, "bucket")}
		w := SyncWindow{After: 5, AsOf: rapid.Uint64Range(0, capacity.IssuedMax).Draw(t, "as of")}
		for _, in := range []SyncAsk{
			DigestsOf{Window: w},
			NamesOf{Range: r, Window: w, Past: genHash(t)},
			Fetch{Range: r, Names: []ledger.Hash{genHash(t), genHash(t)}},
		} {
			data, err := EncodeSyncAsk(in)
			if err != nil {
				t.Fatal(err)
			}
			out, err := DecodeSyncAsk(data)
			if err != nil {
				t.Fatalf("decoding %#v: %v", in, err)
			}
			if d := cmp.Diff(in, out, compare); d != "" {
				t.Error(d)
			}
		}
		tell := SyncTell{
			Digests: []SyncDigest{{Range: r, Count: 7, Hash: genHash(t)}},
			Names:   []ledger.Hash{{1}, {2}, {200}},
			Pages:   genPages(t, 3),
			Dealt:   3,
		}
		data, err := tell.Encode()
		if err != nil {
			t.Fatal(err)
		}
		out, err := DecodeSyncTell(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tell, out, compare); d != "" {
			t.Error(d)
		}
	})
}

func TestTrustHelloSurvives(t *testing.T) {
	for _, in := range []TrustHello{{}, {ListsYou: true, Clock: capacity.IssuedMax}} {
		data, err := in.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > TrustFrameBytes {
			t.Errorf("%d bytes", len(data))
		}
		if out, err := DecodeTrustHello(data); err != nil || out != in {
			t.Errorf("%v becomes %v, %v", in, out, err)
		}
	}
}

// wide is an amount that needs all its bytes.
var wide = ledger.AmountFromParts(1<<(ledger.AmountBits-64)-1, 1<<64-1)

// node is a node ID of random bytes.
func node() (n ledger.NodeID) {
	for i := range n {
		n[i] = byte(rand.Uint32())
	}
	return n
}

// The bounds of lists against those of frames.

func TestLargestMessagesOfNodesFit(t *testing.T) {
	pages := make(Pages, PagesPerFrame)
	for i := range pages {
		pages[i].Body = make([]byte, capacity.BodyBytesMax)
	}
	q := Query{ID: 1 << 63, Route: route.Query{
		Currency: ledger.Currency{Name: "ABCDEFGHIJKLMNOP", Decimals: 18}, Amount: wide, MaxFee: wide,
		Source: node(), Destination: node(), MaxHops: route.HopsMax, MaxRoutes: route.RoutesMax,
	}}
	for range route.FirstHopsMax {
		q.Route.FirstHops = append(q.Route.FirstHops, route.FirstHop{Friend: node(), CanSend: wide})
	}
	for range ledger.InvoiceHintsMax {
		q.Route.Hints = append(q.Route.Hints, ledger.Hint{Friend: node(), Receivable: wide, Rate: ledger.Rate{Mul: 1<<32 - 1, Add: 1<<64 - 1}})
	}
	for range route.ExcludesMax {
		q.Route.ExcludeEdges = append(q.Route.ExcludeEdges, route.EdgeKey{From: node(), To: node()})
	}
	for name, m := range map[string]FromNode{"pages": pages, "query": q} {
		data, err := EncodeFromNode(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > IndexFrameBytes {
			t.Errorf("the largest %s has %d bytes, a frame %d", name, len(data), IndexFrameBytes)
		}
		if _, err := DecodeFromNode(data); err != nil {
			t.Errorf("the largest %s is refused: %v", name, err)
		}
	}
}

func TestLargestAnswerFits(t *testing.T) {
	r := route.Route{Share: wide, Fee: wide}
	for range route.HopsMax {
		r.Hops = append(r.Hops, ledger.Hop{Node: node(), Amount: wide})
	}
	plan := route.Answer{Kind: route.KindSingle}
	for range route.RoutesMax {
		plan.Routes = append(plan.Routes, r)
	}
	answer := Answer{ID: 1 << 63}
	for range PlansMax {
		answer.Plans = append(answer.Plans, plan)
	}
	data, err := EncodeFromServer(answer)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > IndexFrameBytes {
		t.Errorf("the largest answer has %d bytes, a frame %d", len(data), IndexFrameBytes)
	}
	if _, err := DecodeFromServer(data); err != nil {
		t.Errorf("the largest answer is refused: %v", err)
	}
}

func TestLargestAnswersOfCatchUpFit(t *testing.T) {
	tell := SyncTell{}
	for shard := range capacity.Shards {
		for bucket := range 256 {
			tell.Digests = append(tell.Digests, SyncDigest{Range: SyncRange{uint8(shard), uint8(bucket)}, Count: 1<<32 - 1, Hash: ledger.Hash(node())})
		}
	}
	data, err := tell.Encode()
	if err != nil || len(data) > SyncFrameBytes {
		t.Errorf("the digests have %d bytes, a frame %d; %v", len(data), SyncFrameBytes, err)
	}
	small := capacity.SignedPage{Body: make([]byte, 70)}
	tell = SyncTell{Dealt: SyncNamesMax}
	for size := 0; len(tell.Pages) < SyncPagesMax; {
		if size += len(small.Body) + len(small.Signature); size > SyncPagesBytes {
			break
		}
		tell.Pages = append(tell.Pages, small)
	}
	if data, err = tell.Encode(); err != nil || len(data) > SyncFrameBytes {
		t.Errorf("a full answer of pages has %d bytes, a frame %d; %v", len(data), SyncFrameBytes, err)
	}
}

func mustMarshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWrongMessagesOfNodesAreFaults(t *testing.T) {
	page := func(body, sig int) *pb.Page { return &pb.Page{Body: make([]byte, body), Signature: make([]byte, sig)} }
	pages := func(list ...*pb.Page) *pb.FromNode {
		return &pb.FromNode{Kind: &pb.FromNode_Pages{Pages: &pb.Pages{Pages: list}}}
	}
	ask := func(change func(*pb.Query)) *pb.FromNode {
		q := Query{Route: route.Query{
			Currency: ledger.Currency{Name: "EUR"}, Amount: ledger.NewAmount(1),
			Source: ledger.NodeID{1}, Destination: ledger.NodeID{2}, MaxHops: 3, MaxRoutes: 1,
		}}.fromNode()
		change(q.GetQuery())
		return q
	}
	cases := map[string]*pb.FromNode{
		"nothing":              {},
		"no pages":             pages(),
		"too many pages":       pages(make([]*pb.Page, PagesPerFrame+1)...),
		"empty page":           pages(page(0, 64)),
		"page too large":       pages(page(capacity.BodyBytesMax+1, 64)),
		"short signature":      pages(page(80, 63)),
		"amount of 13 bytes":   ask(func(q *pb.Query) { q.Amount = make([]byte, 13) }),
		"amount of 0":          ask(func(q *pb.Query) { q.Amount = make([]byte, 12) }),
		"no source":            ask(func(q *pb.Query) { q.Source = nil }),
		"zero destination":     ask(func(q *pb.Query) { q.Destination = make([]byte, 32) }),
		"same ends":            ask(func(q *pb.Query) { q.Destination = q.Source }),
		"control characters":   ask(func(q *pb.Query) { q.Currency.Name = "E\x00R" }),
		"no currency":          ask(func(q *pb.Query) { q.Currency = nil }),
		"decimals over a byte": ask(func(q *pb.Query) { q.Currency.Decimals = 256 + 2 }),
		"20 hops":              ask(func(q *pb.Query) { q.MaxHops = 20 }),
		"2^32-1 routes":        ask(func(q *pb.Query) { q.MaxRoutes = 1<<32 - 1 }),
		"no fee cap":           ask(func(q *pb.Query) { q.MaxFee = nil }),
		"many first hops":      ask(func(q *pb.Query) { q.FirstHops = make([]*pb.FirstHop, route.FirstHopsMax+1) }),
		"many hints":           ask(func(q *pb.Query) { q.Hints = make([]*pb.Hint, ledger.InvoiceHintsMax+1) }),
		"many exclusions":      ask(func(q *pb.Query) { q.ExcludeNodes = make([][]byte, route.ExcludesMax+1) }),
		"short exclusion":      ask(func(q *pb.Query) { q.ExcludeNodes = [][]byte{{1}} }),
	}
	for name, m := range cases {
		var fault *FaultError
		if got, err := DecodeFromNode(mustMarshal(t, m)); !errors.As(err, &fault) {
			t.Errorf("%s: %#v, %v", name, got, err)
		}
	}
	hello := &pb.FromNode{Kind: &pb.FromNode_Hello{Hello: &pb.NodeHello{Version: 2}}}
	if _, err := DecodeFromNode(mustMarshal(t, hello)); !errors.Is(err, ErrVersion) {
		t.Errorf("another version: %v", err)
	}
}

func TestWrongMessagesOfServersAreFaults(t *testing.T) {
	answer := func(a *pb.Answer) *pb.FromServer { return &pb.FromServer{Kind: &pb.FromServer_Answer{Answer: a}} }
	hop := &pb.Hop{Node: make([]byte, 31), Amount: make([]byte, 12)}
	cases := map[string]*pb.FromServer{
		"nothing":             {},
		"clock out of range":  {Kind: &pb.FromServer_Beat{Beat: &pb.Beat{Clock: 1 << 60}}},
		"epoch out of range":  {Kind: &pb.FromServer_Welcome{Welcome: &pb.Welcome{Version: 1, Epoch: 1 << 63}}},
		"nothing refused":     {Kind: &pb.FromServer_Refused{Refused: &pb.Refused{Reason: 1}}},
		"says nothing":        answer(&pb.Answer{}),
		"says two things":     answer(&pb.Answer{Refused: 1, NoRoute: &pb.NoRoute{Reason: 1, Largest: make([]byte, 12)}}),
		"no reason":           answer(&pb.Answer{NoRoute: &pb.NoRoute{Largest: make([]byte, 12)}}),
		"reason over a byte":  answer(&pb.Answer{NoRoute: &pb.NoRoute{Reason: 257, Largest: make([]byte, 12)}}),
		"too many plans":      answer(&pb.Answer{Plans: make([]*pb.Plan, PlansMax+1)}),
		"plan without routes": answer(&pb.Answer{Plans: []*pb.Plan{{Kind: 1}}}),
		"too many routes":     answer(&pb.Answer{Plans: []*pb.Plan{{Kind: 1, Routes: make([]*pb.Route, route.RoutesMax+1)}}}),
		"route without hops":  answer(&pb.Answer{Plans: []*pb.Plan{{Kind: 1, Routes: []*pb.Route{{Share: make([]byte, 12), Fee: make([]byte, 12)}}}}}),
		"node ID of 31 bytes": answer(&pb.Answer{Plans: []*pb.Plan{{Kind: 1, Routes: []*pb.Route{{Share: make([]byte, 12), Fee: make([]byte, 12), Hops: []*pb.Hop{hop}}}}}}),
		"hops over the bound": answer(&pb.Answer{Plans: []*pb.Plan{{Kind: 1, Routes: []*pb.Route{{Share: make([]byte, 12), Fee: make([]byte, 12), Hops: make([]*pb.Hop, 20)}}}}}),
	}
	for name, m := range cases {
		var fault *FaultError
		if got, err := DecodeFromServer(mustMarshal(t, m)); !errors.As(err, &fault) {
			t.Errorf("%s: %#v, %v", name, got, err)
		}
	}
}

func TestWrongMessagesOfCatchUpAreFaults(t *testing.T) {
	asks := map[string]*pb.SyncAsk{
		"nothing":          {Version: 1},
		"no such shard":    {Version: 1, Kind: &pb.SyncAsk_NamesOf{NamesOf: &pb.SyncNamesOf{Range: &pb.SyncRange{Shard: capacity.Shards}, Past: make([]byte, 32)}}},
		"no such bucket":   {Version: 1, Kind: &pb.SyncAsk_NamesOf{NamesOf: &pb.SyncNamesOf{Range: &pb.SyncRange{Bucket: 256}, Past: make([]byte, 32)}}},
		"fetch of nothing": {Version: 1, Kind: &pb.SyncAsk_Fetch{Fetch: &pb.SyncFetch{}}},
		"short name":       {Version: 1, Kind: &pb.SyncAsk_Fetch{Fetch: &pb.SyncFetch{Names: [][]byte{{1}}}}},
		"too many names":   {Version: 1, Kind: &pb.SyncAsk_Fetch{Fetch: &pb.SyncFetch{Names: make([][]byte, SyncNamesMax+1)}}},
		"year 300,000":     {Version: 1, Kind: &pb.SyncAsk_DigestsOf{DigestsOf: &pb.SyncWindow{AsOf: 1 << 55}}},
	}
	for name, m := range asks {
		var fault *FaultError
		if got, err := DecodeSyncAsk(mustMarshal(t, m)); !errors.As(err, &fault) {
			t.Errorf("%s: %#v, %v", name, got, err)
		}
	}
	name := make([]byte, 32)
	tells := map[string]*pb.SyncTell{
		"names that do not rise": {Names: [][]byte{name, name}},
		"too many digests":       {Digests: make([]*pb.SyncDigest, rangesMax+1)},
		"dealt with too many":    {Dealt: SyncNamesMax + 1},
		"empty page":             {Pages: []*pb.Page{{Signature: make([]byte, 64)}}},
	}
	for name, m := range tells {
		var fault *FaultError
		if got, err := DecodeSyncTell(mustMarshal(t, m)); !errors.As(err, &fault) {
			t.Errorf("%s: %#v, %v", name, got, err)
		}
	}
	if _, err := DecodeSyncAsk(mustMarshal(t, &pb.SyncAsk{Version: 7})); !errors.Is(err, ErrVersion) {
		t.Errorf("another version: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	hello, _ := EncodeFromNode(NodeHello{})
	welcome, _ := EncodeFromServer(Welcome{Clock: 1, Epoch: 2, Seq: 3})
	ask, _ := EncodeSyncAsk(NamesOf{})
	trust, _ := TrustHello{ListsYou: true}.Encode()
	for _, seed := range [][]byte{nil, hello, welcome, ask, trust, {0xff, 0xff, 0xff}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// What decodes encodes again, and decodes to the same.
		if m, err := DecodeFromNode(data); err == nil {
			again(t, m, EncodeFromNode, DecodeFromNode)
		}
		if m, err := DecodeFromServer(data); err == nil {
			again(t, m, EncodeFromServer, DecodeFromServer)
		}
		if m, err := DecodeSyncAsk(data); err == nil {
			again(t, m, EncodeSyncAsk, DecodeSyncAsk)
		}
		if m, err := DecodeSyncTell(data); err == nil {
			again(t, m, SyncTell.Encode, DecodeSyncTell)
		}
		if m, err := DecodeTrustHello(data); err == nil {
			again(t, m, TrustHello.Encode, DecodeTrustHello)
		}
	})
}

func again[M any](t *testing.T, m M, encode func(M) ([]byte, error), decode func([]byte) (M, error)) {
	t.Helper()
	data, err := encode(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(data)
	if err != nil {
		t.Fatalf("%#v does not decode again: %v", m, err)
	}
	if d := cmp.Diff(m, got, compare); d != "" {
		t.Error(d)
	}
}
