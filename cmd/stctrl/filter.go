package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

// filter is the flags that say what of a list is wanted.
type filter struct{ state, currency, since, until string }

// flags adds the flags to a command; states are the values of --state.
func (f *filter) flags(cmd *cobra.Command, states []string) {
	cmd.Flags().StringVar(&f.state, "state", "", "only those in this state: "+strings.Join(states, ", "))
	cmd.Flags().StringVar(&f.currency, "currency", "", "only those in this currency")
	cmd.Flags().StringVar(&f.since, "since", "", "only from this time on, such as 2026-11-22 or \"2026-11-22 18:30\"")
	cmd.Flags().StringVar(&f.until, "until", "", "only before this time")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(states, cobra.ShellCompDirectiveNoFileComp))
}

// query reads the flags; states are the values that --state may have.
func (f *filter) query(states []string) (apiclient.Query, error) {
	var q apiclient.Query
	if f.state != "" && !slices.Contains(states, f.state) {
		return q, badInput("--state %.40q is unknown: choose from %s", f.state, strings.Join(states, ", "))
	}
	if f.currency != "" {
		c, err := parseCurrency(f.currency)
		if err != nil {
			return q, err
		}
		q.Currency = &c
	}
	var err error
	if q.Since, err = parseTime("--since", f.since); err != nil {
		return q, err
	}
	if q.Until, err = parseTime("--until", f.until); err != nil {
		return q, err
	}
	if f.since != "" && f.until != "" && !q.Since.Before(q.Until) {
		return q, badInput("--since %s is not before --until %s: nothing can be between them", f.since, f.until)
	}
	return q, nil
}

// timeForms are how a person may write a point in time, where it is not in
// RFC 3339.
var timeForms = []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05"}

// parseTime reads a point in time in the local zone; "" is zero.
func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, s, time.Local); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, badInput("%s %.40q is not a time: write it like 2026-11-22 or \"2026-11-22 18:30\"", flag, s)
	}
	return t, nil
}
