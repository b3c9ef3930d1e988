package identity

const (
	// seedBytes is the length of an Ed25519 seed (RFC 8032, 5.1.5).
	seedBytes = 32

	// wordCount is how many BIP-39 words encode a seed of seedBytes.
	wordCount = 24

	// wordsTextBytesMax bounds recovery words before they are parsed: 24
	// words of at most 8 letters need 215 bytes, the rest is generous room
	// for spaces and line ends.
	wordsTextBytesMax = 2048

	// fileBytesMax bounds a key file before it is parsed, in bytes. A plain
	// file has 68, a sealed one about 270; anything near the limit is not a
	// key file, and nothing larger is read into memory.
	fileBytesMax = 16 << 10

	// scryptWorkFactor is the log2 of age's scrypt work (about a second of
	// one core and 256 MiB), paid once per sealed load.
	scryptWorkFactor = 18

	// scryptWorkFactorMax is the hardest file accepted: a file made to be
	// slower would only stop its owner.
	scryptWorkFactorMax = 22

	// fileMode is the only permission a key file may grant: its owner's.
	fileMode = 0o600

	// fileModeForbidden are the permission bits that make Load refuse.
	fileModeForbidden = 0o077
)
