package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// exporter writes deals in one form.
type exporter interface {
	begin() error
	deal(d *deal) error
	end() error
}

var exporters = map[string]func(w io.Writer) exporter{
	"csv":       func(w io.Writer) exporter { return csvExport{csv.NewWriter(w)} },
	"json":      func(w io.Writer) exporter { return &jsonExport{w: w} },
	"ledger":    func(w io.Writer) exporter { return &plainText{w: w, form: ledgerForm} },
	"beancount": func(w io.Writer) exporter { return &plainText{w: w, form: beancountForm} },
}

func exportNames() []string { return slices.Sorted(maps.Keys(exporters)) }

// export writes deals to standard output as they arrive; limit 0: all.
func (c *cli) export(cmd *cobra.Command, w wanted, form string, limit int) error {
	start, ok := exporters[form]
	switch {
	case !ok:
		return badInput("--export %.40q is unknown: choose from %s", form, strings.Join(exportNames(), ", "))
	case c.json && form != "json":
		return badInput("give either --json or --export %s", form)
	case c.timeout <= 0:
		return badInput("--timeout must be over 0")
	}
	dial, cancel := context.WithTimeout(cmd.Context(), c.timeout)
	defer cancel()
	client, err := c.dial(dial)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	out := bufio.NewWriter(c.out)
	err = exportTo(start(out), first(limit, w.deals(cmd.Context(), client, c.timeout)))
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

// exportTo writes nothing before there is a first deal or none: a refusal leaves
// standard output empty.
func exportTo(e exporter, deals iter.Seq2[deal, error]) error {
	begun := false
	begin := func() error {
		if begun {
			return nil
		}
		begun = true
		return e.begin()
	}
	for d, err := range deals {
		if err != nil {
			return err
		}
		if err := begin(); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
		if err := e.deal(&d); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
	}
	if err := begin(); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	if err := e.end(); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

// first yields the first n; 0: all.
func first(n int, seq iter.Seq2[deal, error]) iter.Seq2[deal, error] {
	if n == 0 {
		return seq
	}
	return func(yield func(deal, error) bool) {
		left := n
		for d, err := range seq {
			if left--; !yield(d, err) || left == 0 {
				return
			}
		}
	}
}

// csvExport writes one line for each deal, amounts as decimal numbers.
type csvExport struct{ w *csv.Writer }

func (e csvExport) begin() error {
	return e.w.Write([]string{"time", "kind", "state", "amount", "fee", "currency", "seller", "description", "note", "id", "failure"})
}

func (e csvExport) deal(d *deal) error {
	return e.w.Write([]string{
		d.Time.UTC().Format(time.RFC3339), d.Kind, d.State, decimal(d.Currency, d.Amount), decimal(d.Currency, d.Fee), d.Currency.Name,
		d.Seller, cell(d.Description), cell(d.Note), d.ID, d.Failure,
	})
}

func (e csvExport) end() error {
	e.w.Flush()
	return e.w.Error()
}

// cell makes text of strangers harmless to a spreadsheet, which would take some
// beginnings for a formula to run.
func cell(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// decimal renders an amount without the currency's name.
func decimal(c ledger.Currency, a ledger.Amount) string {
	return strings.TrimSuffix(c.Format(a), " "+c.Name)
}

// jsonExport writes an array with one deal in each line.
type jsonExport struct {
	w     io.Writer
	after bool // a deal was written
}

func (e *jsonExport) begin() error { return e.write("[") }

func (e *jsonExport) deal(d *deal) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	separator := "\n"
	if e.after {
		separator = ",\n"
	}
	e.after = true
	return e.write(separator + string(b))
}

func (e *jsonExport) end() error { return e.write("\n]\n") }

func (e *jsonExport) write(s string) error {
	_, err := io.WriteString(e.w, s)
	return err
}

// moved reports whether a deal moved credit, so that it belongs into accounts.
func (d *deal) moved() bool {
	return d.Kind == kindSale || d.State == string(apiclient.PaymentSettled)
}
