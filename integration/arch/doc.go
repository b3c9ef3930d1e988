// Package arch holds the rules of the repository that a compiler does not
// check, and its tests apply them to every file of it:
//
//   - the import table (Table): which package may import which of ours;
//   - purity: pure packages read no clock and no randomness, open no file or
//     socket, start no goroutine;
//   - every package has exactly one package comment;
//   - the top level holds only what is allowed there, and no module is
//     replaced;
//   - no domain tag of signed bytes is a prefix of another;
//   - no binary links package testing or a test kit;
//   - no file outgrows its hard limit.
//
// A rule is a function from a Tree, the parsed repository, to the findings
// against it, so that each is tested on a few lines in memory with the fault
// it must find. Aims that are no gates (long functions, the share of
// documented names, test lines per code line) are printed by
// `go test -v -run TestAims ./integration/arch`.
//
// A new package fails until it has a row in table.go: that is the moment to
// think about what it may know.
package arch
