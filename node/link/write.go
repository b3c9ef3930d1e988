package link

import (
	"context"
	"errors"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
)

// errFull reports a friend that does not take what is sent.
var errFull = errors.New("too much waits to be sent to the friend")

// Send queues frames on a link, in order; those that carry this node's
// signature and have none yet are signed first (Sign does that ahead of time).
// Frames for a link that is not the friend's present one are dropped, as is a
// link whose friend does not take what waits for it: both come to light as
// Down. Send does not block.
func (m *Manager) Send(friend ledger.NodeID, link uint64, frames ...ledger.Frame) {
	l := m.present(friend, link)
	if l == nil {
		return
	}
	encoded := make([][]byte, len(frames))
	for i, f := range frames {
		if h, ok := f.(*ledger.Hello); ok {
			l.entries.say(h.Epoch)
		}
		encoded[i] = wire.Encode(Sign(m.cfg.Identity, f))
	}
	_ = l.send(encoded...)
}

// Drop ends a link, if it is the friend's present one. Why is for the log.
func (m *Manager) Drop(friend ledger.NodeID, link uint64, why string) {
	if l := m.present(friend, link); l != nil {
		l.stop(why)
	}
}

func (m *Manager) present(friend ledger.NodeID, number uint64) *link {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.friends[friend]; f != nil && f.link != nil && f.link.number == number {
		return f.link
	}
	return nil
}

func (l *link) send(frames ...[]byte) error {
	if !l.out.put(frames...) {
		if l.stop(errFull.Error()) {
			l.m.counts.overflows.Add(1)
		}
		return errFull
	}
	return nil
}

// write sends what is queued until the link is stopped or a write fails.
func (l *link) write() {
	for {
		select {
		case <-l.stopped:
			return
		case <-l.out.ready:
		}
		for {
			frames := l.out.take()
			if len(frames) == 0 {
				break
			}
			// A transport without deadlines is caught by the heartbeat.
			_ = l.stream.Raw().SetWriteDeadline(time.Now().Add(writeTimeout))
			if err := l.stream.Write(frames...); err != nil {
				l.stop("writing to friend failed")
				return
			}
		}
	}
}

// beat pings a silent friend and ends the link when it stays silent; cancel
// then frees a handler that waits.
func (l *link) beat(cancel context.CancelFunc) {
	ping := pingAfter
	if l.f.id.Less(l.m.self) {
		ping = pingAfterHigher
	}
	timer := time.NewTimer(ping)
	defer timer.Stop()
	defer cancel()
	for {
		select {
		case <-l.stopped:
			return
		case <-timer.C:
		}
		now := time.Since(l.start)
		silence := now - time.Duration(l.heard.Load())
		switch {
		case !l.greeted() && now >= helloTimeout:
			l.stop("no Hello")
			return
		case l.busy.Load():
			silence = 0
		case silence >= deadAfter:
			l.m.counts.dead.Add(1)
			l.stop("silent")
			// The connection is as dead as the stream, and the next one must
			// not be opened on it.
			_ = l.stream.Raw().Conn().Close()
			return
		case silence >= ping:
			l.ping(now)
		}
		timer.Reset(nextBeat(silence, ping))
	}
}

// nextBeat returns when to look again after this much silence: when a ping is
// due, or the friend counts as gone.
func nextBeat(silence, ping time.Duration) time.Duration {
	if silence < ping {
		return ping - silence
	}
	return min(ping, deadAfter-silence)
}

// ping asks for a sign of life; the nonce is the time.
func (l *link) ping(now time.Duration) {
	l.pinged.Store(int64(now))
	_ = l.send(wire.Encode(&ledger.Ping{Nonce: uint64(now)}))
}
