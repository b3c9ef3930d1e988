package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is a kind of trouble that a run has.
type Fault string

// The faults.
const (
	// Crash ends processes at every boundary of a step and starts them again from
	// their disks.
	Crash Fault = "crash"
	// Cut breaks single links.
	Cut Fault = "cut"
	// Partition breaks all links between two halves of the network.
	Partition Fault = "partition"
	// Relay breaks all links of a group of nodes, as when its relay is gone.
	Relay Fault = "relay"
	// Disable lets people disable and enable friends.
	Disable Fault = "disable"
	// Remove lets two friends remove each other, with what that may lose, and add
	// each other again: their ledger begins anew.
	Remove Fault = "remove"
	// Reset lets one of two friends remove the other and add it again; the other
	// side's people accept what that costs. People also accept the terms of those
	// who have spoilt a ledger.
	Reset Fault = "reset"
	// WriteOff lets people stop waiting for a request that was passed on, and in the
	// end for all that villains hold.
	WriteOff Fault = "writeoff"
	// Skew sets wall clocks wrong, by up to five minutes.
	Skew Fault = "skew"
	// Twice lets invoices be paid by several buyers.
	Twice Fault = "twice"
	// Adversary makes villains of some nodes, alone and together: they never answer,
	// drop, delay, lie about amounts and keys, sign what is illegal, collect after
	// they told upstream otherwise, replay, and attack honest nodes from both sides.
	Adversary Fault = "adversary"
)

// Faults returns all kinds, in the order of their names in help texts.
func Faults() []Fault {
	return []Fault{Crash, Cut, Partition, Relay, Disable, Remove, Reset, WriteOff, Skew, Twice, Adversary}
}

// ParseFaults reads "all", "none", or a comma list of kinds.
func ParseFaults(s string) ([]Fault, error) {
	switch s {
	case "all":
		return Faults(), nil
	case "none", "":
		return nil, nil
	}
	var out []Fault
	for name := range strings.SplitSeq(s, ",") {
		f := Fault(strings.TrimSpace(name))
		if !slices.Contains(Faults(), f) {
			return nil, fmt.Errorf("fault %q is unknown: name all, none, or some of %s, with commas", f, FaultNames())
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out, nil
}

// FaultNames lists all kinds, for help texts.
func FaultNames() string {
	var out []string
	for _, f := range Faults() {
		out = append(out, string(f))
	}
	return strings.Join(out, ", ")
}

// Config is a run. Equal values give equal runs, event for event.
type Config struct {
	Nodes    int // 3 or more
	Payments int // that honest nodes begin
	Seed     uint64
	Faults   []Fault
}

func (c Config) has(f Fault) bool { return slices.Contains(c.Faults, f) }

func (c Config) validate() error {
	switch {
	case c.Nodes < 3 || c.Nodes > 10_000:
		return fmt.Errorf("%d nodes: choose 3 to 10000", c.Nodes)
	case c.Payments < 0 || c.Payments > 100_000_000:
		return fmt.Errorf("%d payments: choose 0 to 100000000", c.Payments)
	default:
		return nil
	}
}
