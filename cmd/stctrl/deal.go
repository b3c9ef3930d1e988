package main

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// The kinds of a deal.
const (
	kindPayment = "payment"
	kindSale    = "sale"
)

// deal is one line of the history: a payment made or an invoice paid.
type deal struct {
	Time        time.Time       `json:"time"` // of a payment: when it began; of a sale: when it was paid
	Kind        string          `json:"kind"` // kindPayment or kindSale
	State       string          `json:"state"`
	Currency    ledger.Currency `json:"currency"`
	Amount      ledger.Amount   `json:"amount"` // without fees; of a sale: received
	Fee         ledger.Amount   `json:"fee"`    // of a payment
	Description string          `json:"description,omitempty"`
	Note        string          `json:"note,omitempty"`
	Seller      string          `json:"seller,omitempty"` // of a payment
	ID          string          `json:"id"`               // of the payment or the invoice
	Failure     string          `json:"failure,omitempty"`
	Receipt     string          `json:"receipt,omitempty"`
}

func dealOfPayment(p *apiclient.Payment) deal {
	return deal{
		Time: p.Created, Kind: kindPayment, State: string(p.State), Currency: p.Currency, Amount: p.Amount, Fee: p.Fee,
		Description: p.Description, Note: p.Note, Seller: p.Seller.String(), ID: p.ID.String(), Failure: p.Failure, Receipt: p.Receipt,
	}
}

func dealOfSale(v *apiclient.Invoice) deal {
	return deal{
		Time: v.PaidAt, Kind: kindSale, State: string(v.State), Currency: v.Currency, Amount: v.Paid,
		Description: v.Description, Note: v.Note, ID: v.ID.String(),
	}
}

// wanted says which deals a history shows.
type wanted struct {
	apiclient.Query        // without its cursor
	payments, sales bool   // the kinds
	state           string // "": any
	seller          ledger.NodeID
}

// deals yields what is wanted, the newest first, page by page: of a long history
// only a page of each kind is in memory. An error ends it. What the application
// may not see is left out, unless that is all.
func (w wanted) deals(ctx context.Context, client *apiclient.Client, patience time.Duration) iter.Seq2[deal, error] {
	return func(yield func(deal, error) bool) {
		var sides [2]side
		for i, pages := range [2]iter.Seq2[deal, error]{
			items(ctx, patience, w.paymentPage(client)), items(ctx, patience, w.salePage(client)),
		} {
			if [2]bool{w.payments, w.sales}[i] {
				next, stop := iter.Pull2(pages)
				defer stop()
				sides[i].next = next
				sides[i].step()
			}
		}
		if err := closed(&sides); err != nil {
			yield(deal{}, err)
			return
		}
		for sides[0].ok || sides[1].ok {
			newer, other := &sides[0], &sides[1]
			if !newer.ok || other.ok && newer.err == nil && (other.err != nil || other.head.Time.After(newer.head.Time)) {
				newer = other
			}
			if !yield(newer.head, newer.err) || newer.err != nil {
				return
			}
			newer.step()
		}
	}
}

// side is one kind of deals, with its newest that was not shown yet.
type side struct {
	next func() (deal, error, bool)
	head deal
	err  error
	ok   bool // head or err is there
}

func (s *side) step() { s.head, s.err, s.ok = s.next() }

// closed takes away the side that this application may not see. It is an error
// when it may see neither.
func closed(sides *[2]side) error {
	open := 0
	var refusal error
	for i := range sides {
		s := &sides[i]
		switch {
		case s.next == nil:
		case denied(s.err):
			refusal, s.ok = s.err, false
		default:
			open++
		}
	}
	if open == 0 {
		return refusal
	}
	return nil
}

// denied reports whether the application lacks a permission.
func denied(err error) bool {
	e, ok := errors.AsType[*apiclient.Error](err)
	return ok && e.Code == apiclient.Denied
}

// dealPage fetches one page of deals of one kind.
type dealPage func(ctx context.Context, cursor string) (page []deal, next string, err error)

// items yields the deals of all pages, waiting for none of them longer than
// patience.
func items(ctx context.Context, patience time.Duration, fetch dealPage) iter.Seq2[deal, error] {
	return func(yield func(deal, error) bool) {
		for cursor := ""; ; {
			once, cancel := context.WithTimeout(ctx, patience)
			page, next, err := fetch(once, cursor)
			cancel()
			if err != nil {
				yield(deal{}, err)
				return
			}
			for _, d := range page {
				if !yield(d, nil) {
					return
				}
			}
			if cursor = next; next == "" {
				return
			}
		}
	}
}

func (w wanted) paymentPage(client *apiclient.Client) dealPage {
	return func(ctx context.Context, cursor string) ([]deal, string, error) {
		q := apiclient.PaymentQuery{Query: w.Query, State: apiclient.PaymentState(w.state), Seller: w.seller}
		q.Cursor = cursor
		list, next, err := client.Payments(ctx, q)
		var out []deal
		for i := range list {
			out = append(out, dealOfPayment(&list[i]))
		}
		return out, next, err
	}
}

// salePage asks for invoices by when they were made, which can be long before
// they were paid.
func (w wanted) salePage(client *apiclient.Client) dealPage {
	return func(ctx context.Context, cursor string) ([]deal, string, error) {
		q := apiclient.InvoiceQuery{Query: w.Query, State: apiclient.InvoicePaid}
		q.Cursor = cursor
		if !q.Since.IsZero() {
			q.Since = q.Since.Add(-invoiceLifeMax)
		}
		list, next, err := client.Invoices(ctx, q)
		var out []deal
		for i := range list {
			if d := dealOfSale(&list[i]); !d.Time.Before(w.Since) && (w.Until.IsZero() || d.Time.Before(w.Until)) {
				out = append(out, d)
			}
		}
		return out, next, err
	}
}
