package apiserver

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// parseAmount reads an amount below 2^96; what names the field to people.
func parseAmount(what, s string) (ledger.Amount, error) {
	if strings.HasPrefix(s, "-") {
		return ledger.Amount{}, invalid(api.ReasonAmount, "%s %.50q is negative: write a whole number of the smallest unit, without a sign", what, s)
	}
	a, err := ledger.ParseAmount(s)
	if err != nil {
		return ledger.Amount{}, invalid(api.ReasonAmount, "%s: %v", what, err)
	}
	if !a.IsLimit() {
		return ledger.Amount{}, invalid(api.ReasonAmountRange, "%s %v is too large: it must be below 2^%d", what, a, ledger.AmountBits)
	}
	return a, nil
}

// parsePositive is parseAmount for what must not be 0.
func parsePositive(what, s string) (ledger.Amount, error) {
	a, err := parseAmount(what, s)
	if err == nil && a.IsZero() {
		return ledger.Amount{}, invalid(api.ReasonAmountZero, "%s is 0: write how much it is", what)
	}
	return a, err
}

func parseCurrency(m *appv1.Currency) (ledger.Currency, error) {
	if m.GetDecimals() > ledger.DecimalsMax {
		return ledger.Currency{}, invalid(api.ReasonCurrency, "currency %.20q has %d decimals, at most %d are allowed",
			m.GetName(), m.GetDecimals(), ledger.DecimalsMax)
	}
	c := ledger.Currency{Name: m.GetName(), Decimals: uint8(m.GetDecimals())}
	if err := c.Validate(); err != nil {
		return ledger.Currency{}, invalid(api.ReasonCurrency, "%v", err)
	}
	return c, nil
}

func parseRate(m *appv1.Rate) (ledger.Rate, error) {
	add, err := strconv.ParseUint(m.GetAdd(), 10, 64)
	if err != nil {
		return ledger.Rate{}, invalid(api.ReasonRate,
			"fixed part %.50q of the rate is not a whole number of the smallest unit below 2^64", m.GetAdd())
	}
	return ledger.Rate{Mul: m.GetMul(), Add: add}, nil
}

// checkName refuses a name that could not be typed, or that would be taken for
// a peer ID and so for another friend. The engine checks its length and whether
// it is free.
func checkName(what, name string) error {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return invalid(api.ReasonName, "%s %.80q has characters that cannot be printed", what, name)
	case strings.TrimSpace(name) != name:
		return invalid(api.ReasonName, "%s %.80q has blanks around it: leave them out", what, name)
	case strings.HasPrefix(name, peerIDStart):
		return invalid(api.ReasonName, "%s %.80q looks like a peer ID: choose another name", what, name)
	}
	return nil
}

// checkText refuses free text that is too long or not UTF-8.
func checkText(what, s string, bytesMax int) error {
	if len(s) > bytesMax {
		return invalid(api.ReasonText, "%s has %d bytes, at most %d are allowed", what, len(s), bytesMax)
	}
	if !utf8.ValidString(s) {
		return invalid(api.ReasonText, "%s is not UTF-8 text", what)
	}
	return nil
}

// bound says what a duration must be.
type bound struct{ least, most, absent time.Duration }

func (b bound) parse(what string, m *durationpb.Duration) (time.Duration, error) {
	if m == nil {
		return b.absent, nil
	}
	if err := m.CheckValid(); err != nil {
		return 0, invalid(api.ReasonTime, "%s is not a duration", what)
	}
	if d := m.AsDuration(); d >= b.least && d <= b.most {
		return d, nil
	}
	return 0, invalid(api.ReasonTime, "%s of %v is out of range: choose from %v to %v", what, m.AsDuration(), b.least, b.most)
}
