package client

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// A server that keeps its session but answers no query costs little time, and
// nothing when it is not the first.
func TestSilentServerIsFollowedByTheNext(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		var fakes [3]*fakeServer
		for i := range fakes {
			fakes[i] = serveFake(t, n.Host())
			defer fakes[i].server.Close()
		}
		c, stop := start(t, n.Host(), Config{}, fakes[0].host, fakes[1].host, fakes[2].host)
		defer stop()
		time.Sleep(time.Second)
		ask := func(want time.Duration) error {
			t.Helper()
			began := time.Now()
			_, err := c.Routes(context.Background(), askFor(5))
			if took := time.Since(began); (took - want).Abs() > 100*time.Millisecond {
				t.Errorf("took %v, want %v", took, want)
			}
			return err
		}
		for silent := range fakes {
			for i, f := range fakes {
				f.set(func() { f.deaf, f.answer = i < silent, direct })
			}
			if err := ask(time.Duration(silent) * askNextAfter); err != nil {
				t.Errorf("with %d silent servers: %v", silent, err)
			}
		}
		// The last one looks in vain, and the others may still answer.
		fakes[2].set(func() { fakes[2].answer = nil })
		var none *route.NoRouteError
		if err := ask(askNextAfter + protocol.QueryTimeout); !errors.As(err, &none) {
			t.Errorf("one knows no way, two are silent: %v", err)
		}
		fakes[2].set(func() { fakes[2].deaf = true })
		if err := ask(2*askNextAfter + protocol.QueryTimeout); !errors.Is(err, ErrUnreachable) {
			t.Errorf("all are silent: %v", err)
		}
	})
}
