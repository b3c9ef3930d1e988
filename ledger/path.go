package ledger

import (
	"bytes"
	"errors"
	"fmt"
)

// PathPlain is the only path version so far: the remaining hops in clear.
const PathPlain = 1

// pathOpaqueMax bounds the bytes of a path of any version: 20 hops of 44 bytes
// need 881, an onion of the same length about twice that.
const pathOpaqueMax = 2 << 10

// Hop is one step of a route: a node, and the amount that is frozen towards it.
type Hop struct {
	Node   NodeID
	Amount Amount
}

// Path is what a request says of the route that remains after its receiver, in
// order; the last hop is the seller. It is empty at the seller. A path of an
// unknown Version is carried as it is: the ledger does not read it, a mediator
// that cannot read it cancels the request.
type Path struct {
	Version uint8
	Hops    []Hop  // of PathPlain
	Opaque  []byte // of any other version
}

// NewPath returns a plain path.
func NewPath(hops ...Hop) Path { return Path{Version: PathPlain, Hops: hops} }

// Equal reports whether p and q have the same bytes.
func (p Path) Equal(q Path) bool {
	if p.Version != q.Version || len(p.Hops) != len(q.Hops) || !bytes.Equal(p.Opaque, q.Opaque) {
		return false
	}
	for i := range p.Hops {
		if p.Hops[i] != q.Hops[i] {
			return false
		}
	}
	return true
}

// Validate checks a plain path as its receiver self sees it after from sent
// it: at most PathNodesMax nodes with both of them, none twice (a cycle ends at
// its payer, whom no mediator can tell from a mediator, so only the first node
// may be the last), every amount requestable and none above the one before.
func (p Path) Validate(from, self NodeID) error {
	if p.Version != PathPlain {
		return fmt.Errorf("path version %d is unknown", p.Version)
	}
	if len(p.Hops) > PathNodesMax-2 {
		return fmt.Errorf("path has %d more nodes, at most %d are allowed", len(p.Hops), PathNodesMax-2)
	}
	seen := make(map[NodeID]bool, len(p.Hops)+1)
	seen[self] = true
	for i, h := range p.Hops {
		if seen[h.Node] || (h.Node == from && i != len(p.Hops)-1) {
			return errors.New("path visits a node twice")
		}
		seen[h.Node] = true
		if !h.Amount.IsRequestable() {
			return errors.New("path has an amount out of bounds")
		}
		if i > 0 && p.Hops[i-1].Amount.Less(h.Amount) {
			return errors.New("path forwards more than arrives")
		}
	}
	return nil
}

func (e *Encoder) path(p Path) {
	e.U8(p.Version)
	if p.Version != PathPlain {
		e.Var16(p.Opaque)
		return
	}
	e.U8(uint8(len(p.Hops)))
	for _, h := range p.Hops {
		e.Raw(h.Node[:])
		e.Amount(h.Amount)
	}
}

func (p Path) encodedLen() int {
	if p.Version != PathPlain {
		return 1 + 2 + len(p.Opaque)
	}
	return 1 + 1 + len(p.Hops)*(len(NodeID{})+12)
}

func (d *Decoder) path() Path {
	p := Path{Version: d.U8()}
	if p.Version == 0 {
		d.Fail("path version is 0")
		return Path{}
	}
	if p.Version != PathPlain {
		p.Opaque = bytes.Clone(d.Var16(pathOpaqueMax))
		return p
	}
	if n := d.Count8(PathNodesMax); n > 0 && d.Err() == nil {
		p.Hops = make([]Hop, n)
		for i := range p.Hops {
			d.Fixed(p.Hops[i].Node[:])
			p.Hops[i].Amount = d.Amount()
		}
	}
	return p
}
