package store

import (
	"fmt"
	"strings"
	"time"

	ds "github.com/ipfs/go-datastore"

	"github.com/offset-p2p/offset/ledger"
)

// Single rows.
const (
	schemaRow   = "/schema"
	ownerRow    = "/owner"
	settingsRow = "/settings"
	epochRow    = "/index-epoch"
)

// Tables.
const (
	appTable            = "/app"
	friendTable         = "/friend"
	highestTable        = "/highest"
	openingTable        = "/opening"
	snapshotTable       = "/snapshot"
	keptTable           = "/kept"
	acceptanceTable     = "/acceptance"
	boundTable          = "/bound"
	evidenceTable       = "/evidence"
	closedTable         = "/closed"
	entryTable          = "/entry"
	forwardTable        = "/forward"
	markTable           = "/mark"
	incomeTable         = "/income"
	invoiceTable        = "/invoice"
	invoiceOpenTable    = "/invoice-open"
	invoiceDoneTable    = "/invoice-done"
	invoiceTimeTable    = "/invoice-time"
	paymentTable        = "/payment"
	paymentOpenTable    = "/payment-open"
	paymentTimeTable    = "/payment-time"
	paymentInvoiceTable = "/payment-invoice"
)

var tables = []string{
	appTable, friendTable, highestTable, openingTable, snapshotTable, keptTable, acceptanceTable, boundTable, evidenceTable, closedTable, entryTable,
	forwardTable, markTable, incomeTable, invoiceTable, invoiceOpenTable, invoiceDoneTable, invoiceTimeTable, paymentTable, paymentOpenTable,
	paymentTimeTable, paymentInvoiceTable,
}

// expiredMark is the value of a row among the invoices that are done when this
// one is only expired: a clock may have been wrong.
const expiredMark = "expired"

// endName is the last name of every table: it sorts after all letters and
// digits.
const endName = "~"

// row joins a table and names to a key.
func row(table string, names ...string) string {
	return table + "/" + strings.Join(names, "/")
}

func key(row string) ds.Key { return ds.RawKey(row) }

func number(n uint64) string { return fmt.Sprintf("%016x", n) }

// age sorts times in descending order, from the year 1678 to 2262.
func age(t time.Time) string { return number(^uint64(t.UnixNano()) ^ 1<<63) }

// names splits the names off a row of a table.
func names(table, row string) []string {
	return strings.Split(strings.TrimPrefix(row, table+"/"), "/")
}

func entryRow(friend ledger.NodeID, epoch uint64, author ledger.Author, seq uint64) string {
	return row(entryTable, friend.String(), number(epoch), fmt.Sprint(author), number(seq))
}

func invoiceTimeRow(v *ledger.Invoice) string {
	return row(invoiceTimeTable, age(time.Unix(v.Created, 0)), v.ID.String())
}

func invoiceDoneRow(v *ledger.Invoice) string {
	return row(invoiceDoneTable, number(uint64(v.Expires)), v.ID.String())
}
