package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/p2ptest"
	"github.com/offset-p2p/offset/p2p/rpc"
)

const testProtocol = "/test/app/1"

func everybody(peer.ID) bool { return true }

// whoami answers with the caller and the protocol version.
func whoami(w http.ResponseWriter, r *http.Request) {
	c, ok := rpc.CallerFrom(r.Context())
	if !ok {
		http.Error(w, "nobody", http.StatusForbidden)
		return
	}
	fmt.Fprintf(w, "%s %v %s", c.Peer, c.Local, r.Proto)
}

// serve serves on the host until the test stops it.
func serve(t *testing.T, h *p2p.Host, handler http.HandlerFunc, allow func(peer.ID) bool) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ln := rpc.ListenPeers(h, testProtocol, allow)
	go func() { done <- rpc.Serve(ctx, rpc.DefaultConfig(handler), ln) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// get does one request and returns the body.
func get(ctx context.Context, c *http.Client) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rpc.BaseURL+"/", nil)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return string(body), err
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestCallerIsThePeerID(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(2)
		a, b := hosts[0], hosts[1]
		defer serve(t, b, whoami, everybody)()
		client := rpc.HTTPClient(a, b.ID(), testProtocol)
		defer client.CloseIdleConnections()
		for range 10 {
			got, err := get(within(t, time.Minute), client)
			if want := a.ID().String() + " false HTTP/2.0"; err != nil || got != want {
				t.Fatalf("%q, %v; want %q", got, err, want)
			}
		}
		if got := streams(a, b.ID()); got != 1 {
			t.Errorf("ten requests use %d streams, want one", got)
		}
	})
}

// streams counts the open streams of the test protocol.
func streams(h *p2p.Host, to peer.ID) int {
	count := 0
	for _, c := range h.Network().ConnsToPeer(to) {
		for _, s := range c.GetStreams() {
			if s.Protocol() == testProtocol {
				count++
			}
		}
	}
	return count
}

func TestThroughLimitedRelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.RelayWith(relay.DefaultResources())
		a, b := n.Hidden(r.AddrInfo()), n.Hidden(r.AddrInfo())
		defer serve(t, b, whoami, everybody)()
		a.Learn(b.AddrInfo())
		client := rpc.HTTPClient(a, b.ID(), testProtocol)
		defer client.CloseIdleConnections()
		if got, err := get(within(t, 5*time.Second), client); err != nil || !strings.HasPrefix(got, a.ID().String()) {
			t.Fatalf("%q, %v", got, err)
		}
		time.Sleep(5 * time.Minute) // The relay cuts the circuit after two.
		if _, err := get(within(t, 30*time.Second), client); err != nil {
			t.Errorf("after the circuit was cut: %v", err)
		}
	})
}

func TestUnlistedPeersGetNothing(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(3)
		server, friend, stranger := hosts[0], hosts[1], hosts[2]
		var requests atomic.Int64
		defer serve(t, server, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			whoami(w, r)
		}, func(id peer.ID) bool { return id == friend.ID() })()

		// The reset may come while the protocol is still negotiated.
		if s, err := stranger.NewStream(within(t, time.Minute), server.ID(), testProtocol); err == nil {
			_, _ = s.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			if got, err := io.ReadAll(s); err == nil || len(got) != 0 {
				t.Errorf("a stranger read %q, %v; want a reset without a byte", got, err)
			}
		}
		if requests.Load() != 0 {
			t.Error("a stranger's request reached the handler")
		}
		client := rpc.HTTPClient(friend, server.ID(), testProtocol)
		defer client.CloseIdleConnections()
		if _, err := get(within(t, time.Minute), client); err != nil {
			t.Errorf("the friend was refused: %v", err)
		}
	})
}

func TestConnectionsPerPeerAreBounded(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(2)
		a, b := hosts[0], hosts[1]
		defer serve(t, b, whoami, everybody)()
		clients := make([]*http.Client, rpc.ConnsPerPeerMax)
		for i := range clients {
			clients[i] = rpc.HTTPClient(a, b.ID(), testProtocol)
			defer clients[i].CloseIdleConnections()
			if _, err := get(within(t, time.Minute), clients[i]); err != nil {
				t.Fatalf("client %d: %v", i, err)
			}
		}
		extra := rpc.HTTPClient(a, b.ID(), testProtocol)
		defer extra.CloseIdleConnections()
		if _, err := get(within(t, time.Minute), extra); err == nil {
			t.Error("one connection too many was served")
		}
		clients[0].CloseIdleConnections()
		time.Sleep(time.Second)
		if _, err := get(within(t, time.Minute), extra); err != nil {
			t.Errorf("the place was not given back: %v", err)
		}
	})
}

// Streams that say nothing end with the header timeout and give their places
// back.
func TestSilentStreamsEnd(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(2)
		a, b := hosts[0], hosts[1]
		defer serve(t, b, whoami, everybody)()
		start := time.Now()
		ended := make(chan error, rpc.ConnsPerPeerMax)
		for range rpc.ConnsPerPeerMax {
			go func() {
				s, err := a.NewStream(context.Background(), b.ID(), testProtocol)
				if err == nil {
					_, _ = s.Write([]byte("G"))
					_, err = io.ReadAll(s)
					_ = s.Reset()
				}
				ended <- err
			}()
		}
		for range rpc.ConnsPerPeerMax {
			<-ended
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("silent streams ended after %v", took)
		}
		client := rpc.HTTPClient(a, b.ID(), testProtocol)
		defer client.CloseIdleConnections()
		if _, err := get(within(t, time.Minute), client); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// A server stream delivers as it goes, and ends when the server stops.
func TestStreamingEndsWithTheServer(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(2)
		a, b := hosts[0], hosts[1]
		stop := serve(t, b, func(w http.ResponseWriter, r *http.Request) {
			for i := 0; ; i++ {
				fmt.Fprintf(w, "event %d\n", i)
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(time.Minute):
				}
			}
		}, everybody)
		client := rpc.HTTPClient(a, b.ID(), testProtocol)
		defer client.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, rpc.BaseURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		buf := make([]byte, 100)
		for i := range 60 {
			got, err := resp.Body.Read(buf)
			if want := fmt.Sprintf("event %d\n", i); err != nil || string(buf[:got]) != want {
				t.Fatalf("%q, %v; want %q", buf[:got], err, want)
			}
		}
		start := time.Now()
		stop()
		if took := time.Since(start); took > rpc.ShutdownTimeout+time.Second {
			t.Errorf("stopping took %v", took)
		}
		if _, err := io.ReadAll(resp.Body); err != nil {
			t.Logf("the stream ended with: %v", err)
		}
	})
}

// A handler that ignores its context is cut.
func TestStubbornHandlerIsCut(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(2)
		a, b := hosts[0], hosts[1]
		release := make(chan struct{})
		stop := serve(t, b, func(http.ResponseWriter, *http.Request) { <-release }, everybody)
		client := rpc.HTTPClient(a, b.ID(), testProtocol)
		result := make(chan error, 1)
		go func() {
			_, err := get(context.Background(), client)
			result <- err
		}()
		time.Sleep(time.Second)
		start := time.Now()
		stop()
		if took := time.Since(start); took < rpc.ShutdownTimeout || took > rpc.ShutdownTimeout+time.Second {
			t.Errorf("Serve returned after %v", took)
		}
		if err := <-result; err == nil {
			t.Error("the request succeeded")
		}
		close(release)
	})
}

func TestServeFailsWithItsListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		err := rpc.Serve(t.Context(), rpc.DefaultConfig(http.NotFoundHandler()), brokenListener{broken})
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	})
}

type brokenListener struct{ err error }

func (l brokenListener) Accept() (net.Conn, error) { return nil, l.err }
func (l brokenListener) Close() error              { return nil }
func (l brokenListener) Addr() net.Addr            { return &net.UnixAddr{Name: "broken"} }

func TestWithCaller(t *testing.T) {
	if _, ok := rpc.CallerFrom(t.Context()); ok {
		t.Error("a context without caller has one")
	}
	want := rpc.Caller{Local: true}
	if got, ok := rpc.CallerFrom(rpc.WithCaller(t.Context(), want)); !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
}
