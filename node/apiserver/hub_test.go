package apiserver

import (
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// Readers at any pace see all events in order, or are told that some are lost;
// never a gap, a repetition, or something else.
func TestHub(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, 20).Draw(t, "length")
		h := newHub(length)
		published := uint64(0)
		places := make([]uint64, 3)
		t.Repeat(map[string]func(*rapid.T){
			"publish": func(t *rapid.T) {
				n := rapid.IntRange(0, 30).Draw(t, "n")
				events := make([]engine.Event, n)
				for i := range events {
					events[i].Seq = 77 // The hub numbers by itself.
				}
				_, waiting, _ := h.after(published)
				h.publish(events)
				published += uint64(n)
				if woken := isClosed(waiting); woken != (n > 0) {
					t.Fatalf("after %d events a reader that waits is woken: %v", n, woken)
				}
			},
			"read": func(t *rapid.T) {
				reader := rapid.IntRange(0, len(places)-1).Draw(t, "reader")
				events, _, ok := h.after(places[reader])
				if lost := published-places[reader] > uint64(length); lost == ok {
					t.Fatalf("at %d of %d with room for %d: ok is %v", places[reader], published, length, ok)
				}
				if !ok {
					places[reader] = h.head()
				}
				for _, ev := range events {
					if places[reader]++; ev.Seq != places[reader] {
						t.Fatalf("event %d, want %d", ev.Seq, places[reader])
					}
				}
			},
			"": func(t *rapid.T) {
				if h.head() != published {
					t.Fatalf("head is %d, want %d", h.head(), published)
				}
				if _, _, ok := h.after(published + 1); ok {
					t.Fatal("a place in the future is good")
				}
			},
		})
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestStreamsCount(t *testing.T) {
	var s streams
	callers := callersOf(20)
	opened := 0
	for _, c := range callers {
		for range streamsPerCaller + 5 {
			if s.open(c) {
				opened++
			}
		}
	}
	if opened != streamsMax {
		t.Errorf("%d streams are open, want %d", opened, streamsMax)
	}
	for _, c := range callers[:streamsMax/streamsPerCaller] {
		for range streamsPerCaller {
			s.close(c)
		}
	}
	if s.all != 0 || len(s.of) != 0 {
		t.Errorf("after all were closed, %d are counted for %d callers", s.all, len(s.of))
	}
}

func callersOf(n int) []rpc.Caller {
	var out []rpc.Caller
	for i := range n {
		out = append(out, rpc.Caller{Peer: peer.ID(rune('a' + i))})
	}
	return out
}
