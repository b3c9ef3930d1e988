package node

import (
	"testing"
	"time"
)

// steps lets a pace see steps of some inputs each, a millisecond apart, and
// returns what the next one would wait right after the last.
func (p *pace) steps(count, inputs int) time.Duration {
	for range count {
		p.begin(p.last+time.Millisecond, inputs)
	}
	return p.wait(p.last)
}

func TestPace(t *testing.T) {
	var p pace
	if wait := p.wait(time.Hour); wait != 0 {
		t.Errorf("the first step waits %v", wait)
	}
	if wait := p.steps(100, 1); wait != 0 {
		t.Errorf("a payment that is alone waits %v", wait)
	}
	busy := p.steps(100, 50)
	if busy != pauseMax {
		t.Errorf("a busy node waits %v, want %v", busy, pauseMax)
	}
	if wait := p.wait(p.last + pauseMax/3); wait != pauseMax-pauseMax/3 {
		t.Errorf("after a third of the pause the step waits %v", wait)
	}
	if wait := p.wait(p.last + pauseMax); wait != 0 {
		t.Errorf("after the pause the step waits %v", wait)
	}
	if wait := p.steps(1, 1); wait > busy {
		t.Errorf("with less to do the wait grew to %v", wait)
	}
	if wait := p.steps(20, 1); wait != 0 {
		t.Errorf("a node that is idle again waits %v", wait)
	}
}

// Between idle and busy the pause grows with the load, never over its bound.
func TestPaceGrowsWithTheLoad(t *testing.T) {
	last := time.Duration(0)
	for inputs := 1; inputs < 20; inputs++ {
		var p pace
		wait := p.steps(100, inputs)
		if wait < last || wait > pauseMax {
			t.Errorf("steps of %d inputs wait %v, of one less %v", inputs, wait, last)
		}
		last = wait
	}
	if last != pauseMax {
		t.Errorf("the pause ends at %v", last)
	}
}
