package ledgertest

import (
	"bufio"
	"fmt"
	"strings"
)

// Scenario is a parsed text; the package comment has its grammar. It may be run
// on several pairs.
type Scenario struct{ steps []scriptStep }

type scriptStep struct {
	line int
	text string
	do   action
}

// action is one step of a scenario on the pair of a run.
type action func(r *run) error

// run is a scenario under way.
type run struct {
	p    *Pair
	lied [2]bool // the side has said what its own machine does not know
}

// ScenarioError is a line that cannot be read, a step that failed, or an
// expectation that was not met.
type ScenarioError struct {
	Line int    // from 1
	Text string // of the line
	Err  error  // what is wrong
}

// Error names the line, its text and what is wrong.
func (e *ScenarioError) Error() string { return fmt.Sprintf("line %d: %s: %v", e.Line, e.Text, e.Err) }

// Unwrap returns what is wrong.
func (e *ScenarioError) Unwrap() error { return e.Err }

// ParseScenario reads a scenario. The error is a *ScenarioError of the first line
// that cannot be read.
func ParseScenario(text string) (*Scenario, error) {
	ps := &parser{names: sideNames, keys: map[string]int{}}
	s := &Scenario{}
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, scriptLineMax)
	n := 0
	for lines.Scan() {
		n++
		words, err := splitWords(lines.Text())
		if err == nil && len(words) > 0 {
			var do action
			if do, err = ps.step(words); err == nil {
				s.steps = append(s.steps, scriptStep{line: n, text: strings.Join(words, " "), do: do})
			}
		}
		if err != nil {
			return nil, &ScenarioError{Line: n, Text: strings.TrimSpace(lines.Text()), Err: err}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, &ScenarioError{Line: n + 1, Text: "", Err: err}
	}
	return s, nil
}

// scriptLineMax bounds a line: a frame in hexadecimal, and the words before it.
const scriptLineMax = 2 << 20

// Run performs the steps on p, in order, and compares each side with the
// reference model after each. The error is a *ScenarioError of the first step
// that failed.
func (s *Scenario) Run(p *Pair) error {
	r := &run{p: p}
	for i := range s.steps {
		st := &s.steps[i]
		p.Note(st.text)
		err := st.do(r)
		if err == nil {
			err = r.check()
		}
		if err != nil {
			return &ScenarioError{Line: st.line, Text: st.text, Err: err}
		}
	}
	return nil
}

// Steps returns the number of steps and expectations.
func (s *Scenario) Steps() int { return len(s.steps) }

// check compares what the honest sides hold with the reference.
func (r *run) check() error {
	if r.lied == [2]bool{} {
		return r.p.Check()
	}
	for i, lied := range r.lied {
		if !lied {
			if err := r.p.CheckSide(i); err != nil {
				return err
			}
		}
	}
	return nil
}
