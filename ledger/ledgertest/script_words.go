package ledgertest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// splitWords splits a line at its spaces. What is quoted as in Go is one word,
// with its quotes. A line that begins with ">" and what follows a lone "#" or
// one at the line's start is no part of the scenario.
func splitWords(line string) ([]string, error) {
	var words []string
	if line = strings.TrimSpace(line); strings.HasPrefix(line, ">") {
		return nil, nil
	}
	for line != "" {
		word, rest, _ := strings.Cut(line, " ")
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, errors.New("quoted text has no end")
			}
			word, rest = quoted, line[len(quoted):]
		}
		if word == "#" {
			break
		}
		words = append(words, word)
		line = strings.TrimSpace(rest)
	}
	return words, nil
}

// parser is what the lines of a scenario share.
type parser struct {
	names [2]string      // of the sides
	keys  map[string]int // number of the keys of a request, by name
}

// number returns the number of the keys of a request with this name: "#7" has 7,
// all others are numbered as they come.
func (ps *parser) number(name string) int {
	if digits, is := strings.CutPrefix(name, "#"); is {
		if n, err := strconv.Atoi(digits); err == nil {
			return n
		}
	}
	n, ok := ps.keys[name]
	if !ok {
		n = len(ps.keys) + 1
		ps.keys[name] = n
	}
	return n
}

// args reads the words of one line. The first thing that is wrong stands.
type args struct {
	ps   *parser
	rest []string
	err  error
}

func (a *args) fail(format string, v ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, v...)
	}
}

// done reports whether no word is left.
func (a *args) done() bool { return len(a.rest) == 0 }

// word takes the next word, which means what.
func (a *args) word(what string) string {
	if a.done() {
		a.fail("want %s", what)
		return ""
	}
	w := a.rest[0]
	a.rest = a.rest[1:]
	return w
}

// skip takes the next word if it is w.
func (a *args) skip(w string) bool {
	if a.done() || a.rest[0] != w {
		return false
	}
	a.rest = a.rest[1:]
	return true
}

// want takes the next word, which must be w.
func (a *args) want(w string) {
	if !a.skip(w) {
		a.fail("want %q", w)
	}
}

func take[T any](a *args, what string, parse func(string) (T, error)) T {
	w := a.word(what)
	var zero T
	if a.err != nil {
		return zero
	}
	v, err := parse(w)
	if err != nil {
		a.fail("want %s, not %q", what, w)
		return zero
	}
	return v
}

func (a *args) side() int {
	return take(a, "a side", func(w string) (int, error) {
		if i, ok := a.ps.side(w); ok {
			return i, nil
		}
		return 0, errors.New("unknown")
	})
}

func (ps *parser) side(name string) (int, bool) {
	for i := range 2 {
		if name == ps.names[i] || name == sideNames[i] {
			return i, true
		}
	}
	return 0, false
}

func (a *args) currency() ledger.Currency {
	return take(a, "a currency", func(w string) (ledger.Currency, error) {
		if !strings.Contains(w, "/") {
			w += "/2"
		}
		return ledger.ParseCurrency(w)
	})
}

func (a *args) amount() ledger.Amount   { return take(a, "an amount", ledger.ParseAmount) }
func (a *args) balance() ledger.Balance { return take(a, "a balance", ledger.ParseBalance) }
func (a *args) duration() time.Duration { return take(a, "a duration", time.ParseDuration) }
func (a *args) quoted() string          { return take(a, "a quoted text", strconv.Unquote) }
func (a *args) request() int            { return a.ps.number(a.word("the name of a request")) }
func (a *args) hex(what string) []byte  { return take(a, what+" in hexadecimal", unhex) }
func (a *args) count(what string) uint64 {
	return take(a, what, func(w string) (uint64, error) { return strconv.ParseUint(w, 10, 64) })
}
