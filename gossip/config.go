package gossip

import (
	"errors"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
)

// Verdict is what the intake decided about one page.
type Verdict uint8

const (
	// Ignored: known already, stale, or without room; nobody is to blame.
	Ignored Verdict = iota
	// Admitted: new and good; it travels on.
	Admitted
	// Faulty: wrong whatever the time and the state, so the sender is to
	// blame: it has not checked what it forwards.
	Faulty
)

// Intake takes one page that a trusted server sent over a shard's topic:
// decodes it, verifies its signature and that it belongs to the shard, and
// applies it to the replicated set. It is called from several goroutines and
// may keep the body.
type Intake func(from peer.ID, shard int, page capacity.SignedPage) Verdict

// Config says how a Federation behaves. Start from DefaultConfig.
type Config struct {
	// Intake takes the pages of other servers; required.
	Intake Intake

	// OnTrust hears of every change in the trust table, after it; it must not
	// block. nil hears nothing.
	OnTrust func(peer.ID, TrustState)

	// BatchDelay is how long a page waits for company before it is sent; over
	// 0, at most a second. Default 100 ms.
	BatchDelay time.Duration

	// OutboxPages is how many pages may wait to be sent; over 0. More are
	// counted and dropped, the catch-up repairs it. Default 65,536.
	OutboxPages int

	// LinkPagesPerSecond is the pace at which one trusted server may send
	// pages, and LinkPagesBurst how many at once; both over 0. What comes
	// faster is counted and dropped before it is marked as seen. Defaults
	// 20,000 and 40,000: what two cores verify in a second, and twice that.
	LinkPagesPerSecond int
	LinkPagesBurst     int

	// Log hears of cut links and of our own trouble; nil logs nothing.
	Log *slog.Logger
}

// DefaultConfig returns a Config with every default; Intake must be set.
func DefaultConfig() Config {
	return Config{
		BatchDelay:         100 * time.Millisecond,
		OutboxPages:        1 << 16,
		LinkPagesPerSecond: 20_000,
		LinkPagesBurst:     40_000,
	}
}

// Validate says what is wrong with a Config.
func (c Config) Validate() error {
	switch {
	case c.Intake == nil:
		return errors.New("federation without an intake of pages")
	case c.BatchDelay <= 0 || c.BatchDelay > time.Second:
		return errors.New("federation: BatchDelay must be over 0 and at most 1s")
	case c.OutboxPages <= 0:
		return errors.New("federation: OutboxPages must be over 0")
	case c.LinkPagesPerSecond <= 0 || c.LinkPagesBurst < BatchPagesMax:
		return errors.New("federation: a link must have a pace over 0 and a burst of at least one batch")
	}
	return nil
}
