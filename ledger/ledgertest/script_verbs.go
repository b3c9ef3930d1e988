package ledgertest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// verb is what a line may say.
type verb struct {
	usage string // after the side, if it is a side's
	// parse reads the words after the verb. side is -1 for a line without one.
	parse func(a *args, side int) action
	// yesNo marks an expectation that "not" may turn round.
	yesNo bool
}

// worldVerbs begin a line; sideVerbs follow the name of a side.
var worldVerbs, sideVerbs map[string]verb

func init() {
	worldVerbs = merged(worldSteps(), worldExpectations())
	sideVerbs = merged(opVerbs(), sideSteps(), lieVerbs(), sideExpectations(), requestExpectations(), termsVerbs())
}

func merged(tables ...map[string]verb) map[string]verb {
	out := map[string]verb{}
	for _, t := range tables {
		for name, v := range t {
			if _, twice := out[name]; twice {
				panic("ledgertest: verb " + name + " has two meanings")
			}
			out[name] = v
		}
	}
	return out
}

// step reads one line.
func (ps *parser) step(words []string) (action, error) {
	switch words[0] {
	case "names":
		if len(words) != 3 || words[1] == words[2] || worldVerbs[words[1]].parse != nil || worldVerbs[words[2]].parse != nil {
			return nil, fmt.Errorf("want two names: the lower side's, the higher's")
		}
		ps.names = [2]string{words[1], words[2]}
		return func(*run) error { return nil }, nil
	case "fails":
		return ps.failing(words[1:])
	}
	side, isSide := ps.side(words[0])
	if !isSide {
		return ps.verb(worldVerbs, words, -1)
	}
	if len(words) == 1 {
		return nil, fmt.Errorf("want what %s does: %s", words[0], list(sideVerbs))
	}
	if words[1] == "not" && len(words) > 2 {
		return ps.not(words[2:], side)
	}
	return ps.verb(sideVerbs, words[1:], side)
}

func (ps *parser) verb(verbs map[string]verb, words []string, side int) (action, error) {
	v, ok := verbs[words[0]]
	if !ok {
		return nil, fmt.Errorf("%q is unknown; want one of %s", words[0], list(verbs))
	}
	a := &args{ps: ps, rest: words[1:]}
	do := v.parse(a, side)
	if a.err == nil && !a.done() {
		a.fail("%q is too much", strings.Join(a.rest, " "))
	}
	if a.err != nil {
		return nil, fmt.Errorf("%w; usage: %s %s", a.err, words[0], v.usage)
	}
	return do, nil
}

func list(verbs map[string]verb) string {
	names := make([]string, 0, len(verbs))
	for name := range verbs {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// not is an expectation that must not be met.
func (ps *parser) not(words []string, side int) (action, error) {
	if !sideVerbs[words[0]].yesNo {
		return nil, fmt.Errorf("%q has no opposite", words[0])
	}
	do, err := ps.verb(sideVerbs, words, side)
	if err != nil {
		return nil, err
	}
	return func(r *run) error {
		if do(r) == nil {
			return fmt.Errorf("it is so, and should not be")
		}
		return nil
	}, nil
}

// failing is a step that must fail, with a text in its error.
func (ps *parser) failing(words []string) (action, error) {
	a := &args{ps: ps, rest: words}
	text := a.quoted()
	if a.err == nil && a.done() {
		a.fail("want the step that fails")
	}
	if a.err != nil {
		return nil, a.err
	}
	do, err := ps.step(a.rest)
	if err != nil {
		return nil, err
	}
	return func(r *run) error {
		switch err := do(r); {
		case err == nil:
			return fmt.Errorf("it succeeds, and should fail with %q", text)
		case !strings.Contains(err.Error(), text):
			return fmt.Errorf("it should fail with %q: %w", text, err)
		default:
			return nil
		}
	}, nil
}

func unhex(s string) ([]byte, error) { return hex.DecodeString(s) }
