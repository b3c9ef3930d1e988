package frame_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/frame"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

const testProtocol = "/test/frame/1"

// oneShot is a protocol with a lifetime.
func oneShot() frame.Protocol {
	p := frame.NewProtocol(testProtocol, 1<<10)
	p.Lifetime = 30 * time.Second
	return p
}

// echo answers the first message and ends.
func echo(_ context.Context, s *frame.Stream, first []byte) error {
	return s.Write(first)
}

// serve starts a server on the second of two connected hosts.
func serve(t *testing.T, n *p2ptest.Net, p frame.Protocol, h frame.Handler) (client, server *p2p.Host, srv *frame.Server) {
	t.Helper()
	hosts := n.New(2)
	srv, err := frame.Serve(hosts[1], p, h)
	if err != nil {
		t.Fatal(err)
	}
	return hosts[0], hosts[1], srv
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestExchange(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b, srv := serve(t, n, oneShot(), echo)
		defer srv.Close()
		for i := range 20 {
			want := fmt.Sprint("request ", i)
			got, err := frame.Exchange(within(t, time.Minute), a, b.ID(), oneShot(), []byte(want))
			if err != nil || string(got) != want {
				t.Fatalf("answer %q, %v", got, err)
			}
		}
		synctest.Wait()
		if st := srv.Stats(); st.Served != 20 || st != (frame.Stats{Served: 20}) {
			t.Errorf("stats %+v", st)
		}
	})
}

// The largest messages any protocol may declare pass, also with the memory that
// a node's limits leave to one stream.
func TestLargestMessage(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		p := frame.NewProtocol(testProtocol, frame.MessageBytesCeiling)
		p.Lifetime, p.FirstMessage = 10*time.Minute, 5*time.Minute
		a, b, srv := serve(t, n, p, echo)
		defer srv.Close()
		want := bytes.Repeat([]byte("0123456789abcdef"), frame.MessageBytesCeiling/16)
		got, err := frame.Exchange(within(t, 5*time.Minute), a, b.ID(), p, want)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if _, err := frame.Exchange(t.Context(), a, b.ID(), p, append(want, 'x')); err == nil {
			t.Error("a longer message was sent")
		}
	})
}

func TestExchangeThroughLimitedRelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.RelayWith(relay.DefaultResources())
		a, b := n.Hidden(r.AddrInfo()), n.Hidden(r.AddrInfo())
		srv, err := frame.Serve(b, oneShot(), echo)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		a.Learn(b.AddrInfo())
		if _, err := frame.Exchange(within(t, 5*time.Second), a, b.ID(), oneShot(), []byte("hello")); err != nil {
			t.Error(err)
		}
	})
}

func TestExchangeEndsWithItsContext(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b, srv := serve(t, n, oneShot(), func(ctx context.Context, _ *frame.Stream, _ []byte) error {
			<-ctx.Done()
			return ctx.Err()
		})
		defer srv.Close()
		start := time.Now()
		_, err := frame.Exchange(within(t, 5*time.Second), a, b.ID(), oneShot(), nil)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took > 6*time.Second {
			t.Errorf("took %v", took)
		}
		time.Sleep(time.Minute)
		if st := srv.Stats(); st.Failed != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// abuses are what a stranger may do with a stream instead of sending a message.
var abuses = map[string]func(s network.Stream) error{
	"nothing": func(network.Stream) error { return nil },
	"4 GiB prefix": func(s network.Stream) error {
		_, err := s.Write([]byte{0xff, 0xff, 0xff, 0xff})
		return err
	},
	"prefix of the bound, then nothing": func(s network.Stream) error {
		_, err := s.Write([]byte{0, 0, 4, 0})
		return err
	},
	"half a prefix": func(s network.Stream) error {
		_, err := s.Write([]byte{0})
		return err
	},
	"random bytes": func(s network.Stream) error {
		junk := make([]byte, 512)
		for i := range junk {
			junk[i] = byte(128 + rand.IntN(128)) // The first four are a length over any bound.
		}
		_, err := s.Write(junk)
		return err
	},
}

// A thousand bad streams of each kind at once end within the deadline, reach no
// handler, and leave no memory behind.
func TestThousandBadStreams(t *testing.T) {
	const streams = 1000
	for name, abuse := range abuses {
		t.Run(name, func(t *testing.T) {
			p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
				p := frame.NewProtocol(testProtocol, 1<<10)
				p.PerPeer, p.Total = 32, 100
				var called atomic.Int64
				a, b, srv := serve(t, n, p, func(context.Context, *frame.Stream, []byte) error {
					called.Add(1)
					return nil
				})
				defer srv.Close()
				before := heap()
				ended := make(chan error, streams)
				for range streams {
					go func() { ended <- misbehave(a, b, abuse) }()
				}
				start := time.Now()
				for range streams {
					if err := <-ended; err == nil {
						t.Error("a bad stream was answered")
					}
				}
				if took := time.Since(start); took > 2*frame.DefaultFirstMessage {
					t.Errorf("the last stream ended after %v", took)
				}
				synctest.Wait()
				if called.Load() != 0 {
					t.Errorf("the handler was called %d times", called.Load())
				}
				if st := srv.Stats(); st.Silent+st.Refused == 0 || st.Served+st.Failed+st.Panics != 0 {
					t.Errorf("stats %+v", st)
				}
				if grown := heap() - before; grown > 8<<20 {
					t.Errorf("the heap grew by %d bytes", grown)
				}
				if _, err := frame.Exchange(within(t, time.Minute), a, b.ID(), p, []byte("hello")); !errors.Is(err, io.EOF) {
					t.Errorf("an honest stream afterwards: %v", err)
				}
				if called.Load() != 1 {
					t.Error("the honest stream did not reach the handler")
				}
			})
		})
	}
}

// misbehave opens a stream, does its worst, and returns how it ended.
func misbehave(a, b *p2p.Host, abuse func(network.Stream) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := a.NewStream(ctx, b.ID(), testProtocol)
	if err != nil {
		return err
	}
	defer s.Reset()
	if err := abuse(s); err != nil {
		return err
	}
	_, err = s.Read(make([]byte, 1))
	return err
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestCaps(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		p := frame.NewProtocol(testProtocol, 100)
		p.PerPeer, p.Total = 2, 3
		release := make(chan struct{})
		a, b, srv := serve(t, n, p, func(_ context.Context, s *frame.Stream, first []byte) error {
			<-release
			return s.Write(first)
		})
		defer srv.Close()
		c := n.Host()
		n.Connect(c, b)
		results := make(chan error, 10)
		ask := func(from *p2p.Host) {
			_, err := frame.Exchange(t.Context(), from, b.ID(), p, []byte("x"))
			results <- err
		}
		for range 5 {
			go ask(a)
		}
		time.Sleep(time.Second)
		for range 5 {
			go ask(c)
		}
		time.Sleep(time.Second)
		if st := srv.Stats(); st.Refused != 7 {
			t.Errorf("refused %d, want 3 of one peer and 4 of the other", st.Refused)
		}
		close(release)
		served := 0
		for range 10 {
			if err := <-results; err == nil {
				served++
			}
		}
		if served != 3 {
			t.Errorf("served %d, want 3", served)
		}
		if _, err := frame.Exchange(t.Context(), a, b.ID(), p, nil); err != nil {
			t.Errorf("places were not given back: %v", err)
		}
	})
}

// What a stream sets aside does not have to be its largest message.
func TestReservedMemory(t *testing.T) {
	for reserve, want := range map[int]int64{0: 1 << 20, 4 << 10: 4 << 10} {
		p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
			p := frame.NewProtocol(testProtocol, 1<<20)
			p.ReserveBytes = reserve
			reserved := make(chan int64, 1)
			long := bytes.Repeat([]byte("x"), p.MessageBytes)
			a, b, srv := serve(t, n, p, func(_ context.Context, s *frame.Stream, first []byte) error {
				reserved <- s.Raw().Scope().Stat().Memory
				return s.Write(first)
			})
			defer srv.Close()
			answer, err := frame.Exchange(within(t, time.Minute), a, b.ID(), p, long)
			if err != nil || !bytes.Equal(answer, long) {
				t.Errorf("reserving %d: the largest message was answered with %d bytes, %v", reserve, len(answer), err)
			}
			if got := <-reserved; got != want {
				t.Errorf("%d bytes reserved, want %d", got, want)
			}
		})
	}
}

func TestAllow(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		p := oneShot()
		var friend peer.ID
		p.Allow = func(id peer.ID) bool { return id == friend }
		a, b, srv := serve(t, n, p, echo)
		defer srv.Close()
		if _, err := frame.Exchange(t.Context(), a, b.ID(), p, nil); err == nil {
			t.Error("a stranger was served")
		}
		friend = a.ID()
		if _, err := frame.Exchange(t.Context(), a, b.ID(), p, nil); err != nil {
			t.Errorf("a friend was refused: %v", err)
		}
	})
}

func TestLongLivedStreamHasNoDeadlineAfterTheFirstMessage(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b, srv := serve(t, n, frame.NewProtocol(testProtocol, 100), func(_ context.Context, s *frame.Stream, first []byte) error {
			for msg := first; ; {
				if err := s.Write(msg); err != nil {
					return err
				}
				var err error
				if msg, err = s.Read(); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
		})
		defer srv.Close()
		s, err := frame.Dial(within(t, time.Minute), a, b.ID(), testProtocol, 100)
		if err != nil {
			t.Fatal(err)
		}
		if s.Peer() != b.ID() {
			t.Error("the stream names another peer")
		}
		for range 3 {
			if err := s.Write([]byte("beat")); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Read(); err != nil || string(got) != "beat" {
				t.Fatalf("%q, %v", got, err)
			}
			time.Sleep(time.Hour)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if st := srv.Stats(); st.Served != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestLifetimeEndsTheExchange(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b, srv := serve(t, n, oneShot(), func(_ context.Context, s *frame.Stream, _ []byte) error {
			_, err := s.Read() // The peer sends no second message.
			return err
		})
		defer srv.Close()
		s, err := frame.Dial(t.Context(), a, b.ID(), testProtocol, 100)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Reset()
		if err := s.Write([]byte("first")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := s.Read(); err == nil {
			t.Error("answered")
		}
		if took := time.Since(start); took < 25*time.Second || took > 31*time.Second {
			t.Errorf("ended after %v, lifetime 30s", took)
		}
	})
}

func TestPanicIsCaught(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b, srv := serve(t, n, oneShot(), func(_ context.Context, s *frame.Stream, first []byte) error {
			if string(first) == "boom" {
				panic("boom")
			}
			return s.Write(first)
		})
		defer srv.Close()
		if _, err := frame.Exchange(t.Context(), a, b.ID(), oneShot(), []byte("boom")); err == nil {
			t.Error("answered")
		}
		if _, err := frame.Exchange(t.Context(), a, b.ID(), oneShot(), []byte("calm")); err != nil {
			t.Errorf("after a panic: %v", err)
		}
		if st := srv.Stats(); st.Panics != 1 || st.Failed != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestCloseWaitsForHandlers(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		var running atomic.Int64
		a, b, srv := serve(t, n, frame.NewProtocol(testProtocol, 100), func(_ context.Context, s *frame.Stream, _ []byte) error {
			running.Add(1)
			defer running.Add(-1)
			_, err := s.Read()
			time.Sleep(time.Second) // Tidying up.
			return err
		})
		s, err := frame.Dial(t.Context(), a, b.ID(), testProtocol, 100)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Write(nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if running.Load() != 1 {
			t.Fatal("no handler runs")
		}
		srv.Close()
		if running.Load() != 0 {
			t.Error("Close returned before the handler")
		}
		if _, err := s.Read(); err == nil {
			t.Error("the stream is still open")
		}
		srv.Close()
		ctx := within(t, 5*time.Second)
		if _, err := frame.Exchange(ctx, a, b.ID(), oneShot(), nil); err == nil {
			t.Error("served after Close")
		}
	})
}

func TestProtocolValidate(t *testing.T) {
	for name, change := range map[string]func(*frame.Protocol){
		"without ID":       func(p *frame.Protocol) { p.ID = "" },
		"MessageBytes":     func(p *frame.Protocol) { p.MessageBytes = 0 },
		"is outside":       func(p *frame.Protocol) { p.MessageBytes = frame.MessageBytesCeiling + 1 },
		"ReserveBytes":     func(p *frame.Protocol) { p.ReserveBytes = p.MessageBytes + 1 },
		"ReserveBytes -1":  func(p *frame.Protocol) { p.ReserveBytes = -1 },
		"FirstMessage":     func(p *frame.Protocol) { p.FirstMessage = 0 },
		"under":            func(p *frame.Protocol) { p.Lifetime = time.Second },
		"PerPeer":          func(p *frame.Protocol) { p.PerPeer = 0 },
		"Total must be":    func(p *frame.Protocol) { p.Total = 0 },
		testProtocol + ":": func(p *frame.Protocol) { p.Total = -1 },
	} {
		p := oneShot()
		change(&p)
		if _, err := frame.Serve(nil, p, echo); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := oneShot().Validate(); err != nil {
		t.Error(err)
	}
}
