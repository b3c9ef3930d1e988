package ledgertest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Remove lets the user of side i remove the friend: what is left is the
// tombstone. There is no stream until Add.
func (p *Pair) Remove(i int) error {
	defer p.step(words("remove", sideNames[i]))()
	s := p.Sides[i]
	s.Disk.Wipe(true)
	s.removed = true
	return p.Restart(i)
}

// Add lets the user of side i add the friend again that it has removed.
func (p *Pair) Add(i int) error {
	defer p.step(words("add", sideNames[i]))()
	if !p.Sides[i].removed {
		return errors.New("the friend was not removed")
	}
	p.Sides[i].removed = false
	return nil
}

// Lose lets side i's disk die: nothing of it is left.
func (p *Pair) Lose(i int) error {
	defer p.step(words("lose", sideNames[i]))()
	p.Sides[i].Disk.Wipe(false)
	return p.Restart(i)
}

// Sleep lets time pass without anybody waking: what is due becomes late.
func (p *Pair) Sleep(d time.Duration) { p.Mono += d }

// Discard loses what is on its way to side i: for a side that lies, and whose
// machine must not hear the answers.
func (p *Pair) Discard(i int) {
	defer p.step(words("discard", sideNames[i]))()
	p.Sides[i].inbox = nil
}

// Allow lets the user of side i decide what terms of the friend may cost.
func (p *Pair) Allow(i int, bound ...friendship.Cost) error {
	defer p.step(func() string { return sideNames[i] + " allows " + costsText(bound) })()
	return p.perform(i, p.Sides[i].F.Allow(p.Env(i), bound))
}

func costsText(costs []friendship.Cost) string {
	if len(costs) == 0 {
		return "nothing"
	}
	text := make([]string, len(costs))
	for i, c := range costs {
		text[i] = c.Currency.String() + " " + c.Amount.String()
	}
	return strings.Join(text, " ")
}

// Risk says which of the friend's requests side i would lose by, if they
// vanished: those with Keys of these numbers, and no others.
func (p *Pair) Risk(i int, keys ...int) {
	text := "nothing"
	locks := make(map[ledger.Lock]bool, len(keys))
	for k, n := range keys {
		if k == 0 {
			text = ""
		}
		text += fmt.Sprintf(" #%d", n)
		locks[partLock(n)] = true
	}
	defer p.step(words(sideNames[i], "risks", strings.TrimSpace(text)))()
	p.Sides[i].AtStake = func(q *friendship.Pending) bool { return locks[q.Request.PartLock] }
}

// RiskAll is Risk for all requests, which is how a Pair begins.
func (p *Pair) RiskAll(i int) {
	defer p.step(words(sideNames[i], "risks all"))()
	p.Sides[i].AtStake = nil
}
