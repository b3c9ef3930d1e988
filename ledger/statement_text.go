package ledger

// StatementPrefix begins the text of a statement of balance, which package
// friendship makes and verifies. The digit is the version.
const StatementPrefix = "offset:b1"

// statementTextMax bounds the text of a statement before it is decoded: base32
// needs 8 characters for 5 bytes.
const statementTextMax = 2 * StatementBytesMax

// EncodeStatementText returns the text of an encoded statement: prefix, base32,
// checksum, as of invoices and receipts.
func EncodeStatementText(b []byte) string { return encodeText(StatementPrefix, b) }

// DecodeStatementText is the inverse of EncodeStatementText. It reads lower and
// upper case, checks the checksum and nothing of what the bytes mean. Its errors
// say what to do next.
func DecodeStatementText(text string) ([]byte, error) {
	return decodeTextWithin(statementTextMax, StatementPrefix, "statement", text)
}
