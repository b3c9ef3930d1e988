package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// Load reads what the engine starts from: everything but the history, as
// engine.Stored says, with now as the time. A damaged row is an error that
// names it, and nothing is returned.
func (s *Store) Load(ctx context.Context, now time.Time) (engine.Stored, error) {
	var out engine.Stored
	var err error
	steps := []func() error{
		func() error { out.Settings, err = s.settings(ctx); return err },
		func() error { out.Apps, err = load(ctx, s, appTable, checkApp); return err },
		func() error { out.Forwards, err = load(ctx, s, forwardTable, checkForward); return err },
		func() error { out.Marks, err = load(ctx, s, markTable, checkMark); return err },
		func() error { out.Income, err = load(ctx, s, incomeTable, checkIncome); return err },
		func() error { out.Friends, err = s.friends(ctx); return err },
		func() error { out.Invoices, err = s.liveInvoices(ctx, now); return err },
		func() error { out.Payments, err = s.openPayments(ctx); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return engine.Stored{}, err
		}
	}
	return out, nil
}

// load reads all records of a table. Check gets the names of the row's key.
func load[T any](ctx context.Context, s *Store, table string, check func(*T, []string) error) ([]T, error) {
	var out []T
	err := s.scan(ctx, table, func(r string, value []byte) error {
		record, err := decode(r, value, names(table, r), check)
		if err == nil {
			out = append(out, *record)
		}
		return err
	})
	return out, err
}

// decode reads one record and checks it.
func decode[T any](r string, value []byte, names []string, check func(*T, []string) error) (*T, error) {
	record := new(T)
	if err := json.Unmarshal(value, record); err != nil {
		return nil, damaged(r, err)
	}
	if err := check(record, names); err != nil {
		return nil, damaged(r, err)
	}
	return record, nil
}

func (s *Store) settings(ctx context.Context) (engine.Settings, error) {
	var out engine.Settings
	value, err := s.get(ctx, settingsRow)
	if err != nil || value == nil {
		return out, err
	}
	if err := json.Unmarshal(value, &out); err != nil {
		return out, damaged(settingsRow, err)
	}
	return out, nil
}

// friends reads the friends with their ledgers.
func (s *Store) friends(ctx context.Context) ([]engine.StoredFriend, error) {
	records, err := load(ctx, s, friendTable, s.checkFriend)
	if err != nil {
		return nil, err
	}
	ledgers, err := s.ledgers(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]engine.StoredFriend, len(records))
	for i, record := range records {
		out[i].Record = record
		if l := ledgers[record.Friend]; l != nil {
			out[i].Ledger = *l
		}
	}
	return out, nil
}

func (s *Store) ledgers(ctx context.Context) (map[ledger.NodeID]*friendship.Stored, error) {
	out := map[ledger.NodeID]*friendship.Stored{}
	of := func(friend ledger.NodeID) *friendship.Stored {
		if out[friend] == nil {
			out[friend] = &friendship.Stored{}
		}
		return out[friend]
	}
	each := func(table string, read func(l *friendship.Stored, value []byte) error) error {
		return s.scan(ctx, table, func(r string, value []byte) error {
			friend, err := ledger.ParseNodeID(names(table, r)[0])
			if err == nil {
				err = read(of(friend), value)
			}
			if err != nil {
				return damaged(r, err)
			}
			return nil
		})
	}
	err := errors.Join(
		each(highestTable, func(l *friendship.Stored, value []byte) (err error) {
			l.Highest, err = strconv.ParseUint(string(value), 10, 64)
			return err
		}),
		each(acceptanceTable, func(l *friendship.Stored, value []byte) (err error) {
			l.Acceptance, err = friendship.DecodeAcceptance(value)
			return err
		}),
		each(keptTable, func(l *friendship.Stored, value []byte) (err error) {
			l.Kept, err = friendship.DecodeKept(value)
			return err
		}),
		each(boundTable, func(l *friendship.Stored, value []byte) (err error) {
			l.Bound, err = friendship.DecodeBound(value)
			return err
		}),
		each(evidenceTable, func(l *friendship.Stored, value []byte) (err error) {
			l.Inconsistent, err = friendship.DecodeEvidence(value)
			return err
		}),
		s.scan(ctx, openingTable, func(r string, value []byte) error {
			friend, opening, err := s.opening(r, value)
			if err == nil {
				of(friend).Opening = opening
			}
			return err
		}),
	)
	if err != nil {
		return nil, err
	}
	if err := s.snapshots(ctx, out); err != nil {
		return nil, err
	}
	return out, s.logs(ctx, out)
}

// snapshots reads what stands in place of entries that were dropped.
func (s *Store) snapshots(ctx context.Context, ledgers map[ledger.NodeID]*friendship.Stored) error {
	return s.scan(ctx, snapshotTable, func(r string, value []byte) error {
		friend, err := ledger.ParseNodeID(names(snapshotTable, r)[0])
		if err != nil {
			return damaged(r, err)
		}
		l := ledgers[friend]
		if l == nil || l.Opening == nil {
			return damaged(r, errors.New("it belongs to no opening"))
		}
		if l.Snapshot, err = readSnapshot(friend, l.Opening, value); err != nil {
			return damaged(r, err)
		}
		return nil
	})
}

// logs reads the entries of all ledgers and checks that each log is a chain.
func (s *Store) logs(ctx context.Context, ledgers map[ledger.NodeID]*friendship.Stored) error {
	var at *chain
	err := s.scan(ctx, entryTable, func(r string, value []byte) error {
		id, err := parseEntryRow(r)
		if err != nil {
			return damaged(r, err)
		}
		l := ledgers[id.friend]
		if l == nil || l.Opening == nil {
			return damaged(r, errors.New("it belongs to no opening"))
		}
		if at == nil || at.friend != id.friend || at.author != id.author {
			if err := at.close(); err != nil {
				return err
			}
			if at, err = newChain(s.self, id, l); err != nil {
				return damaged(r, err)
			}
		}
		if err := at.add(r, id, value); err != nil {
			return damaged(r, err)
		}
		signed := at.newest
		if id.author == ledger.AuthorOf(s.self, id.friend) {
			l.Mine = append(l.Mine, signed.Body)
		} else {
			l.Theirs = append(l.Theirs, signed)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return at.close()
}

// liveInvoices reads the open invoices, and of the others that have not expired
// as many as the engine keeps, those that expire last, and all that are expired
// nevertheless: a clock was ahead.
func (s *Store) liveInvoices(ctx context.Context, now time.Time) ([]engine.InvoiceRecord, error) {
	var out []engine.InvoiceRecord
	add := func(table, r string, get func(context.Context, string) (*engine.InvoiceRecord, error)) error {
		n := names(table, r)
		record, err := get(ctx, n[len(n)-1])
		if err == nil && record == nil {
			err = damaged(r, errors.New("its invoice is missing"))
		}
		if err == nil {
			out = append(out, *record)
		}
		return err
	}
	err := s.scan(ctx, invoiceOpenTable, func(r string, _ []byte) error { return add(invoiceOpenTable, r, s.invoiceRow) })
	if err != nil {
		return nil, err
	}
	var last []string // a ring
	read := 0
	// Expiry is at the beginning of the second, as in Invoice.ExpiredAt.
	after := row(invoiceDoneTable, number(uint64(max(now.Unix(), 0))), endName)
	err = s.scanAfter(ctx, invoiceDoneTable, after, func(r string, value []byte) error {
		if string(value) == expiredMark {
			return add(invoiceDoneTable, r, s.invoiceRow)
		}
		if len(last) < engine.DoneInvoicesMax {
			last = append(last, r)
		} else {
			last[read%len(last)] = r
		}
		read++
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range last {
		r := last[(read+i)%len(last)] // the oldest first
		// What is done is shown to nobody any more: no check of its signature.
		if err := add(invoiceDoneTable, r, s.listedInvoice); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) openPayments(ctx context.Context) ([]engine.PaymentRecord, error) {
	var out []engine.PaymentRecord
	err := s.scan(ctx, paymentOpenTable, func(r string, _ []byte) error {
		record, err := s.paymentRow(ctx, names(paymentOpenTable, r)[0])
		if err == nil && record == nil {
			err = damaged(r, errors.New("its payment is missing"))
		}
		if err == nil {
			out = append(out, *record)
		}
		return err
	})
	return out, err
}

// invoiceRow reads an invoice, nil when there is none, and checks its
// signature.
func (s *Store) invoiceRow(ctx context.Context, id string) (*engine.InvoiceRecord, error) {
	record, err := s.listedInvoice(ctx, id)
	if err != nil || record == nil {
		return nil, err
	}
	return record, verified(row(invoiceTable, id), record.Invoice)
}

// listedInvoice is invoiceRow without the check of the signature, which costs a
// hundred times the rest.
func (s *Store) listedInvoice(ctx context.Context, id string) (*engine.InvoiceRecord, error) {
	r := row(invoiceTable, id)
	value, err := s.get(ctx, r)
	if err != nil || value == nil {
		return nil, err
	}
	return decode(r, value, []string{id}, s.checkInvoice)
}

// paymentRow reads a payment, nil when there is none, and checks the signature
// of its invoice.
func (s *Store) paymentRow(ctx context.Context, id string) (*engine.PaymentRecord, error) {
	record, err := s.listedPayment(ctx, id)
	if err != nil || record == nil {
		return nil, err
	}
	return record, verified(row(paymentTable, id), record.Invoice)
}

// listedPayment is to paymentRow what listedInvoice is to invoiceRow.
func (s *Store) listedPayment(ctx context.Context, id string) (*engine.PaymentRecord, error) {
	r := row(paymentTable, id)
	value, err := s.get(ctx, r)
	if err != nil || value == nil {
		return nil, err
	}
	return decode(r, value, []string{id}, checkPayment)
}

func verified(r string, v *ledger.Invoice) error {
	if err := v.Verify(); err != nil {
		return damaged(r, err)
	}
	return nil
}

// opening reads an opening of this node and the friend that its row names.
func (s *Store) opening(r string, value []byte) (ledger.NodeID, *ledger.Opening, error) {
	friend, err := ledger.ParseNodeID(names(openingTable, r)[0])
	if err != nil {
		return ledger.NodeID{}, nil, damaged(r, err)
	}
	opening, err := ledger.DecodeOpening(value)
	if err != nil {
		return ledger.NodeID{}, nil, damaged(r, err)
	}
	theirs := opening.SignatureOf(friend)
	if opening.SignatureOf(s.self) == nil || theirs == nil {
		return ledger.NodeID{}, nil, damaged(r, errors.New("it is of other nodes"))
	}
	if !ledger.VerifyHash(friend, opening.ID(), *theirs) {
		return ledger.NodeID{}, nil, damaged(r, fmt.Errorf("the friend's %w", friendship.ErrSignature))
	}
	return friend, opening, nil
}
