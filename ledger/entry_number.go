package ledger

// EntryNumber is the place of an entry: who signs two entries with one number
// contradicts itself.
type EntryNumber struct {
	Epoch  Hash
	Author Author
	Seq    uint64
}

// PeekEntry reads only the number of an entry's body, at no cost that depends
// on what else is there. That the number is read says nothing of the rest: it
// may not decode. What DecodeEntry accepts, this accepts with the same number;
// its errors are ErrBytes.
func PeekEntry(body []byte) (EntryNumber, error) {
	d := NewDecoder(body)
	if len(body) > EntryBytesMax {
		d.Fail("entry over its bound")
	}
	return d.entryNumber(), d.Err()
}

// entryNumber reads the beginning of an entry.
func (d *Decoder) entryNumber() EntryNumber {
	var n EntryNumber
	if d.U8() != entryVersion {
		d.Fail("entry version is unknown")
	}
	d.Fixed(n.Epoch[:])
	if n.Author = Author(d.U8()); n.Author > 1 {
		d.Fail("author is neither 0 nor 1")
	}
	if n.Seq = d.U64(); n.Seq == 0 {
		d.Fail("seq is 0")
	}
	return n
}
