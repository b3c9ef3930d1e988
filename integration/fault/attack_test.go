package fault

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/identity"
)

// malice is something that a stream can be made to carry instead of what the
// protocol says.
type malice struct {
	name  string
	bytes func() []byte
}

// malices are taken in turn. Nothing is closed by the attacker: he waits for
// the other side to do it.
var malices = []malice{
	{"noise", func() []byte { return noise(noiseBytes) }},
	{"a message of noise", func() []byte { return append(prefix(framedBytes), noise(framedBytes)...) }},
	{"the prefix of 4 GiB", func() []byte { return prefix(1<<32 - 1) }},
	{"half a message", func() []byte { return append(prefix(framedBytes), noise(framedBytes/2)...) }},
	{"nothing", func() []byte { return nil }},
}

// vanguard keeps a protocol waiting for the rest of a first message.
var vanguard = malice{"half a message, before the others", func() []byte {
	return append(prefix(framedBytes), noise(framedBytes/2)...)
}}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // Never fails.
	return b
}

func prefix(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// target is one protocol of one process. Without a protocol the streams are
// attacked before they have said what they are for.
type target struct {
	name     string
	peer     peer.ID
	protocol protocol.ID
	// patient: the protocol waits for a first message at least of some of the
	// attackers; else it resets all their streams at once.
	patient bool
}

// tally is what became of the streams to one target.
type tally struct {
	mu       sync.Mutex // guards the fields below
	ended    int        // all streams but those that are still open
	unopened int        // refused before the protocol was agreed on
	answered int        // closed after some bytes
	longest  time.Duration
	hung     []string // what was not closed in time
}

// count returns how many streams have ended.
func (a *tally) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ended
}

// add notes the end of one stream. It was the attacker who ended it if it took
// as long as his patience: transports have errors of their own for that.
func (a *tally) add(what string, answer int64, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended++
	a.longest = max(a.longest, took)
	if answer > 0 {
		a.answered++
	}
	if took >= firstMessage+slack {
		a.hung = append(a.hung, what)
	}
}

// newAttackers makes so many hosts that know the victims and listen nowhere. They end
// with close, or with the test.
func newAttackers(t *testing.T, count int, victims ...peer.AddrInfo) (hosts []*p2p.Host, closeAll func()) {
	t.Helper()
	closeAll = sync.OnceFunc(func() {
		for _, h := range hosts {
			_ = h.Close()
		}
	})
	t.Cleanup(closeAll)
	for range count {
		id, err := identity.Generate()
		if err != nil {
			t.Fatal(err)
		}
		cfg := p2p.DefaultConfig()
		cfg.Identity = id
		h, err := p2p.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		h.Learn(victims...)
		hosts = append(hosts, h)
	}
	return hosts, closeAll
}

// connectAll connects every host to every victim, so that the attack is on
// streams and not on connections.
func connectAll(t *testing.T, hosts []*p2p.Host, victims ...peer.AddrInfo) {
	t.Helper()
	var wg sync.WaitGroup
	for _, h := range hosts {
		wg.Go(func() {
			for _, v := range victims {
				ctx, cancel := context.WithTimeout(t.Context(), openTimeout)
				if err := h.Connect(p2p.AllowRelayed(ctx, "attack"), v); err != nil {
					t.Errorf("connecting to a victim: %v", err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
}

// attackAll attacks every target with streamsPerProtocol streams, shared by all
// hosts and all at once, and returns what became of them. A vanguard of one
// stream per target comes before the crowd: where strangers are let in at a
// pace, chance decides whom of the crowd the protocol waits for, if anybody.
func attackAll(t *testing.T, hosts []*p2p.Host, targets []target) []*tally {
	t.Helper()
	tallies := make([]*tally, len(targets))
	var wg sync.WaitGroup
	for i, to := range targets {
		tallies[i] = new(tally)
		wg.Go(func() { attack(t.Context(), hosts[0], to, vanguard, tallies[i]) })
	}
	time.Sleep(headStart)
	for i, to := range targets {
		for n := range streamsPerProtocol {
			how := malices[n/len(hosts)%len(malices)]
			wg.Go(func() { attack(t.Context(), hosts[n%len(hosts)], to, how, tallies[i]) })
		}
	}
	wg.Wait()
	return tallies
}

// attack opens one stream, sends, and waits until the other side ends it.
func attack(ctx context.Context, h *p2p.Host, to target, how malice, sum *tally) {
	begun := time.Now()
	ctx, cancel := context.WithDeadline(ctx, begun.Add(firstMessage+slack))
	defer cancel()
	s, err := open(p2p.AllowRelayed(ctx, "attack"), h, to)
	if err != nil {
		sum.add(how.name+" (opening)", 0, time.Since(begun))
		sum.mu.Lock()
		sum.unopened++
		sum.mu.Unlock()
		return
	}
	defer func() { _ = s.Reset() }()
	_ = s.SetDeadline(begun.Add(firstMessage + slack))
	if _, err := s.Write(how.bytes()); err != nil {
		sum.add(how.name+" (sending)", 0, time.Since(begun))
		return
	}
	n, _ := io.Copy(io.Discard, s) // Agrees on the protocol, if nothing was sent.
	sum.add(fmt.Sprintf("%s (after %d bytes of answer)", how.name, n), n, time.Since(begun))
}

func open(ctx context.Context, h *p2p.Host, to target) (network.Stream, error) {
	if to.protocol == "" {
		return h.Network().NewStream(ctx, to.peer)
	}
	return h.NewStream(ctx, to.peer, to.protocol)
}
