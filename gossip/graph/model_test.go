package graph

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// model is what every node says of every friend: the plainest form of a graph.
type model map[int]map[int]capacity.Entry

func sorted(m map[int]capacity.Entry) []capacity.Entry {
	return slices.SortedFunc(maps.Values(m), func(a, b capacity.Entry) int {
		return slices.Compare(a.Friend[:], b.Friend[:])
	})
}

// change replaces what n says by after, in the model, and returns the Change.
func (m model) change(n int, after map[int]capacity.Entry) capacity.Change {
	c := capacity.Change{Node: node(n), Currency: eur, Before: sorted(m[n]), After: sorted(after)}
	m[n] = after
	return c
}

func (m model) edges() []plain {
	var out []plain
	for a, says := range m {
		for b, x := range says {
			y, ok := m[b][a]
			if !ok {
				continue
			}
			capacity, _ := ledger.MinAmount(x.CanSend, y.CanReceive).Uint64()
			transit, _ := ledger.MinAmount(x.Transit, y.CanReceive).Uint64()
			out = append(out, plain{a, b, capacity, transit, y.Rate.Add, true, true})
		}
	}
	slices.SortFunc(out, func(x, y plain) int { return cmp.Or(x.From-y.From, x.To-y.To) })
	return out
}

// Whatever is said and taken back, in whatever order, the graph is that of the
// model, and its inner order holds. Sixty nodes make blocks with and without
// an index.
func TestGraphIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SampledFrom([]int{4, 60}).Draw(t, "nodes")
		g, m := New(), model{}
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			n := rapid.IntRange(0, nodes-1).Draw(t, "node")
			density := rapid.SampledFrom([]int{0, 1, 5, 9, 10}).Draw(t, "density")
			after := map[int]capacity.Entry{}
			r := rapid.Uint64().Draw(t, "seed")
			for f := range nodes {
				r = r*6364136223846793005 + 1442695040888963407
				if f != n && int(r>>33)%10 < density {
					send := r >> 40 % 100
					after[f] = say(f, send, r>>48%100, send/2, r>>60)
				}
			}
			g.Apply(m.change(n, after))
		}
		want := m.edges()
		if got := edgesOf(g, eur, nodes); !slices.Equal(got, want) {
			t.Fatalf("edges %v, want %v", got, want)
		}
		checkShard(t, g, m, len(want))
	})
}

func checkShard(t *rapid.T, g *Graph, m model, edges int) {
	s := g.shards[eur]
	known := map[int]bool{}
	decls := 0
	for a, says := range m {
		for b := range says {
			known[a], known[b] = true, true
			decls++
		}
	}
	if s == nil {
		if decls > 0 {
			t.Fatal("no graph")
		}
		return
	}
	if s.decls != decls || s.edges != edges || len(s.ids) != len(known) {
		t.Fatalf("counts %d declarations, %d edges, %d nodes; want %d, %d, %d",
			s.decls, s.edges, len(s.ids), decls, edges, len(known))
	}
	if len(s.keys) != len(s.ids)+len(s.free) {
		t.Fatalf("%d ids in use and %d free of %d", len(s.ids), len(s.free), len(s.keys))
	}
	for id, b := range s.blocks {
		if b.index != nil && len(b.index) != len(b.decls) {
			t.Fatalf("node %d: index of %d for %d declarations", id, len(b.index), len(b.decls))
		}
		for i := range b.decls {
			d := &b.decls[i]
			if got := b.find(d.peer); got != uint32(i) {
				t.Fatalf("node %d: declaration %d is found at %d", id, i, got)
			}
			if d.twin != none && (s.twin(d).peer != ID(id) || s.twin(d).twin != uint32(i)) {
				t.Fatalf("node %d: declaration %d and its twin do not point at each other", id, i)
			}
		}
	}
}

// Readers see whole changes beside a writer: both words of a friendship are
// replaced in one Apply of one node at a time, so each edge is of some moment.
func TestReadersBesideAWriter(t *testing.T) {
	g := New()
	g.Apply(declare(0, say(1, 1, 1, 1, 0)), declare(1, say(0, 1, 1, 1, 0)))
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				g.Read(eur, func(v View) {
					for i := range 20 {
						id, ok := v.Lookup(node(i))
						if !ok {
							continue
						}
						for _, e := range v.Out(id, nil) {
							if e.Transit != e.Capacity {
								t.Error("an edge mixes two pages")
							}
							if back, ok := v.Edge(e.Peer, id); !ok || v.Key(back.Peer) != node(i) {
								t.Error("an edge has no way back")
							}
						}
					}
				})
				g.Stats()
			}
		})
	}
	m := model{0: {1: say(1, 1, 1, 1, 0)}, 1: {0: say(0, 1, 1, 1, 0)}}
	for round := range uint64(300) {
		n := int(round % 20)
		after := map[int]capacity.Entry{}
		for f := range 20 {
			if f != n && (round+uint64(f))%3 > 0 {
				after[f] = say(f, round, 1000, round, 0)
			}
		}
		g.Apply(m.change(n, after))
	}
	close(stop)
	wg.Wait()
}

func BenchmarkApply(b *testing.B) {
	const nodes, friends = 10_000, 8
	g := New()
	var changes [2][]capacity.Change
	for n := range nodes {
		var pages [2][]capacity.Entry
		for side := range pages {
			for k := range friends / 2 {
				step := 1 + k*37
				for _, f := range []int{(n + step) % nodes, (n - step + nodes) % nodes} {
					pages[side] = append(pages[side], say(f, uint64(side), 1, 0, 0))
				}
			}
			slices.SortFunc(pages[side], func(a, b capacity.Entry) int { return slices.Compare(a.Friend[:], b.Friend[:]) })
		}
		for side := range pages {
			changes[side] = append(changes[side], capacity.Change{
				Node: node(n), Currency: eur, Before: pages[1-side], After: pages[side],
			})
		}
	}
	i := 0
	for b.Loop() {
		g.Apply(changes[i/nodes%2][i%nodes])
		i++
	}
	b.ReportMetric(float64(i*friends)/b.Elapsed().Seconds(), "edges/s")
}
