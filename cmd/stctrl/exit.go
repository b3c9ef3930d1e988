package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/node/apiclient"
)

// The exit codes, explained in rootHelp.
const (
	exitDone        = 0
	exitTrouble     = 1
	exitBadInput    = 2
	exitRefused     = 3
	exitPayment     = 4
	exitUnreachable = 5
)

// failure is an error with the exit code it stands for.
type failure struct {
	code   int
	reason string // for programs
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// badInput says that what the user wrote can never work.
func badInput(format string, args ...any) error {
	return &failure{code: exitBadInput, reason: "bad_input", err: fmt.Errorf(format, args...)}
}

// exitCode is the code of an error; nil is done.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	e, ok := errors.AsType[*apiclient.Error](err)
	if !ok {
		return exitTrouble
	}
	switch e.Code {
	case apiclient.Invalid, apiclient.NotFound:
		return exitBadInput
	case apiclient.Exists, apiclient.Precondition, apiclient.Exhausted, apiclient.Denied:
		return exitRefused
	case apiclient.Unreachable, apiclient.Timeout:
		return exitUnreachable
	default:
		return exitTrouble
	}
}

// hints say what to do next about reasons whose text, which comes from the
// node, cannot know the commands of this program.
var hints = map[string]string{
	"no_node":              "start the node with stnode, or name its data directory with --dir",
	"unknown_friend":       "see: stctrl friends list",
	"ambiguous":            "see: stctrl friends list",
	"no_statement":         "see whether the friend is connected: stctrl friends list",
	"nothing_to_accept":    "see: stctrl friends list",
	"nothing_to_withdraw":  "see: stctrl friends terms FRIEND",
	"terms_cost_more":      "see what it costs now: stctrl friends terms FRIEND; then accept that, or allow more with --at-most",
	"terms_unknown":        "see: stctrl friends terms FRIEND",
	"no_evidence":          "see: stctrl friends terms FRIEND",
	"may_lose":             "stctrl friends write-off --may-lose FRIEND PART",
	"not_pending":          "see: stctrl friends pending FRIEND",
	"friend_may_lose":      "stctrl friends remove --may-lose FRIEND",
	"unknown_relay":        "see: stctrl relays list",
	"unknown_index_server": "see: stctrl index list",
	"unknown_app":          "see: stctrl apps list",
	"unknown_invoice":      "see: stctrl sell list",
	"unknown_payment":      "see: stctrl history",
	"unknown_currency":     "see: stctrl credit list",
	"currency_decimals":    "see: stctrl credit list",
	"currency_unknown":     "see: stctrl credit list",
	"currency_inactive":    "see: stctrl credit list",
	"timeout":              "see what has become of it before trying again; --timeout waits longer",
	"capacity_near_source": "see what your friends let you owe, and who is connected: stctrl credit list",
	"no_route":             "see who is connected: stctrl friends list; and the limits: stctrl credit list",
	"no_index_server":      "add one: stctrl index add TICKET",
	"invoice_expired":      "ask the seller for a new invoice",
	"fee_cap":              "allow more: stctrl buy pay --max-fee AMOUNT",
}

// complain prints an error to people, or as one JSON object with --json.
func (c *cli) complain(err error) {
	reason := ""
	if f, ok := errors.AsType[*failure](err); ok {
		reason = f.reason
	} else if reason = apiclient.ReasonOf(err); reason == "" {
		reason = "trouble"
	}
	hint := hints[reason]
	if c.json {
		_ = json.NewEncoder(c.err).Encode(map[string]any{"error": map[string]any{
			"exit": exitCode(err), "reason": reason, "text": err.Error(), "hint": hint,
		}})
		return
	}
	_, _ = fmt.Fprintf(c.err, "stctrl: %v\n", err)
	if hint != "" {
		_, _ = fmt.Fprintf(c.err, "hint: %s\n", hint)
	}
}
