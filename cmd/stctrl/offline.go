package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
)

// shownInvoice is what an invoice's text says.
type shownInvoice struct {
	ID          ledger.InvoiceID `json:"id"`
	Currency    ledger.Currency  `json:"currency"`
	Amount      ledger.Amount    `json:"amount"`
	Seller      ledger.NodeID    `json:"seller"`
	Description string           `json:"description,omitempty"`
	Created     time.Time        `json:"created"`
	Expires     time.Time        `json:"expires"`
	Expired     bool             `json:"expired"`
	Lock        ledger.Lock      `json:"lock"`
	Addresses   []string         `json:"addresses,omitempty"`
}

func shownOf(v *ledger.Invoice) shownInvoice {
	return shownInvoice{
		ID: v.ID, Currency: v.Currency, Amount: v.Amount, Seller: v.Seller, Description: v.Description,
		Created: time.Unix(v.Created, 0).UTC(), Expires: time.Unix(v.Expires, 0).UTC(), Expired: v.ExpiredAt(time.Now()),
		Lock: v.Lock, Addresses: v.Addresses,
	}
}

func (s shownInvoice) rows(t *table) {
	t.row("amount", s.Currency.Format(s.Amount))
	t.row("seller", s.Seller.String())
	t.row("description", dash(s.Description))
	t.row("created", when(s.Created))
	expires := when(s.Expires)
	if s.Expired {
		expires += " (over)"
	}
	t.row("expires", expires)
	t.row("id", s.ID.String())
	for _, a := range s.Addresses {
		t.row("reached at", a)
	}
}

func (c *cli) invoice() *cobra.Command {
	g := group("invoice", "Read an invoice, without any node", "")
	g.AddCommand(&cobra.Command{
		Use: "show INVOICE", Short: "Verify an invoice and show what it says", Args: exactly(1),
		Example: "  stctrl invoice show @invoice.txt",
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := c.invoiceText(args[0])
			if err != nil {
				return err
			}
			shown := shownOf(v)
			return c.show(shown, func(t *table) {
				t.line("signed by the seller")
				shown.rows(t)
			})
		},
	})
	return g
}

func (c *cli) receipt() *cobra.Command {
	g := group("receipt", "Verify receipts, without any node", "")
	g.AddCommand(&cobra.Command{
		Use: "verify RECEIPT", Short: "Verify that an invoice was paid", Args: exactly(1),
		Long: "Verify a receipt: the seller signed the invoice, and whoever holds the receipt has the key\n" +
			"that the seller's node gives away only when it is paid. It proves that the invoice was paid,\n" +
			"not by whom.",
		Example: "  stctrl receipt verify @receipt.txt",
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := c.text(args[0])
			if err != nil {
				return err
			}
			r, err := ledger.ParseReceipt(text)
			if err != nil {
				return badInput("%w", err)
			}
			shown := shownOf(r.Invoice)
			return c.show(map[string]any{"valid": true, "invoice": shown}, func(t *table) {
				t.line("valid: this invoice was paid")
				shown.rows(t)
			})
		},
	})
	return g
}
