package node

import "time"

// pace decides how long a step waits for more inputs, from how many the last
// steps had.
type pace struct {
	usual float64       // inputs of a step, recent ones first
	last  time.Duration // when the newest step began
}

// paceShare is the weight of the newest step in the usual one.
const paceShare = 0.25

// wait returns how long the next step should wait, at a moment.
func (p *pace) wait(now time.Duration) time.Duration {
	if p.usual <= pauseFrom {
		return 0
	}
	pause := min(time.Duration((p.usual-pauseFrom)*float64(pauseEach)), pauseMax)
	return max(p.last+pause-now, 0)
}

// begin notes that a step with some inputs begins.
func (p *pace) begin(now time.Duration, inputs int) {
	p.last = now
	p.usual += (float64(inputs) - p.usual) * paceShare
}
