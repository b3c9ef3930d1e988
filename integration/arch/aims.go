package arch

import (
	"fmt"
	"go/ast"
	"strings"
)

// Hard limits and aims of size, in lines and parameters.
const (
	fileLinesMax     = 500  // of a production file; longer ones hold two things
	testLinesMax     = 1000 // of a test file
	functionLinesMax = 70   // what fits on a screen
	paramsMax        = 5    // then a struct
)

// Sizes returns the hand-written files over the hard limit.
func Sizes(tree *Tree) []Finding {
	var found []Finding
	check := func(f *File, most int) {
		if !f.Generated && f.Lines > most {
			found = append(found, Finding{f.Name, fmt.Sprintf("has %d lines, the limit is %d: split it by what it holds", f.Lines, most)})
		}
	}
	for _, pkg := range tree.Packages {
		for _, f := range pkg.Files {
			check(f, fileLinesMax)
		}
		for _, f := range pkg.Tests {
			check(f, testLinesMax)
		}
	}
	return found
}

// LongFunctions returns the hand-written production functions over the aims of
// length and of parameters.
func LongFunctions(tree *Tree) []Finding {
	var found []Finding
	for _, fn := range functions(tree) {
		if n := tree.lines(fn); n > functionLinesMax {
			found = append(found, Finding{tree.at(fn), fmt.Sprintf("%s has %d lines, the aim is %d", fn.Name.Name, n, functionLinesMax)})
		}
		if n := fn.Type.Params.NumFields(); n > paramsMax {
			found = append(found, Finding{tree.at(fn), fmt.Sprintf("%s has %d parameters, the aim is %d", fn.Name.Name, n, paramsMax)})
		}
	}
	return found
}

func functions(tree *Tree) []*ast.FuncDecl {
	var all []*ast.FuncDecl
	for _, pkg := range tree.Packages {
		for _, f := range pkg.Files {
			if f.Generated {
				continue
			}
			for _, decl := range f.AST.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					all = append(all, fn)
				}
			}
		}
	}
	return all
}

// A TestShare is how many lines of tests a package has.
type TestShare struct {
	Package     string
	Code, Tests int // lines of hand-written files
}

// TestShares returns the share of tests of each package with hand-written
// production code. Lines of a test kit count as tests of the package it
// lies under.
func TestShares(tree *Tree) []TestShare {
	var shares []TestShare
	index := map[string]int{}
	for _, pkg := range tree.Packages {
		s := TestShare{Package: pkg.Path, Code: handWritten(pkg.Files), Tests: handWritten(pkg.Tests)}
		if s.Code == 0 || isTestKit(pkg.Path) || inPB(pkg.Path) {
			continue
		}
		index[pkg.Path] = len(shares)
		shares = append(shares, s)
	}
	for _, pkg := range tree.Packages {
		parent := pkg.Path[:max(0, strings.LastIndexByte(pkg.Path, '/'))]
		if i, ok := index[parent]; ok && isTestKit(pkg.Path) {
			shares[i].Tests += handWritten(pkg.Files) + handWritten(pkg.Tests)
		}
	}
	return shares
}

func handWritten(files []*File) int {
	lines := 0
	for _, f := range files {
		if !f.Generated {
			lines += f.Lines
		}
	}
	return lines
}
