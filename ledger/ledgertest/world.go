package ledgertest

import (
	"errors"
	"time"
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
