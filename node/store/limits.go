package store

const (
	// schemaVersion is the layout of doc.go. A database of a higher one is
	// refused, one of a lower one is migrated by the first program that has it.
	schemaVersion = 1

	// PageMax is the most records of one page of Payments or Invoices.
	PageMax = 500

	// cursorBytesMax bounds a cursor that an application hands back.
	cursorBytesMax = 128

	// dirMode keeps the database from other users of the machine: it names
	// friends and holds keys of invoices.
	dirMode = 0o700
)
