package store

const (
	// schemaVersion is the layout of doc.go. A database of a higher one is
	// refused, one of a lower one is migrated by the first program that has it.
	schemaVersion = 1

	// PageMax is the most records of one page of Payments or Invoices.
	PageMax = 500

	// cursorBytesMax bounds a cursor that an application hands back.
	cursorBytesMax = 128

	// memTableBytes is how much is kept in memory before it is written to tables,
	// beside the log: what is deleted before that is written once only.
	memTableBytes = 16 << 20
	// cacheBytes is the memory for tables that are read. What a step needs is not
	// read at all, so it is for listings.
	cacheBytes = 32 << 20
	// filterBits is the size for each key of the filters that spare reading
	// tables for a key that is not there, as for the invoice of every new
	// payment: at 10 one look in a hundred is in vain.
	filterBits = 10

	// dirMode keeps the database from other users of the machine: it names
	// friends and holds keys of invoices.
	dirMode = 0o700
)
