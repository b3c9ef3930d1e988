package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// show prints a result: with --json as v, else what human writes.
func (c *cli) show(v any, human func(*table)) error {
	if c.json {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	t := newTable(c.out)
	human(t)
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// done prints that something was done. With --json nothing but an empty object
// is printed, so that stdout always holds exactly one value.
func (c *cli) done(format string, args ...any) error {
	return c.show(struct{}{}, func(t *table) { t.line(format, args...) })
}

// progress tells a person who waits what goes on; programs are not told.
func (c *cli) progress(format string, args ...any) {
	if !c.json {
		_, _ = fmt.Fprintf(c.err, format+"\n", args...)
	}
}

// table writes columns for people. Errors show at the Flush of its writer.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) *table { return &table{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

// row writes cells side by side.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = clean(cell)
	}
	_, _ = fmt.Fprintln(t.w, strings.Join(cells, "\t"))
}

// line writes text outside of columns.
func (t *table) line(format string, args ...any) {
	_, _ = fmt.Fprintln(t.w, clean(fmt.Sprintf(format, args...)))
}

// clean makes text of strangers, such as a note or a description, harmless to a
// terminal: what is not printable is quoted.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' ' // A cell is one line.
		}
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�' // Control characters and those that turn the direction of text.
		}
		return r
	}, s)
}

// dash stands for nothing.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// percent renders a rate: "1% + 0.05 EUR".
func percent(r ledger.Rate, c ledger.Currency) string {
	var parts []string
	if r.Mul != 0 {
		parts = append(parts, fmt.Sprintf("%.4g%%", float64(r.Mul)*100/(1<<32)))
	}
	if r.Add != 0 {
		parts = append(parts, c.Format(ledger.NewAmount(r.Add)))
	}
	if len(parts) == 0 {
		return "free"
	}
	return strings.Join(parts, " + ")
}
