package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Imports returns every import between packages of the module that table does
// not allow, and every package without a row. Tests are held to one rule only:
// outside cmd and integration they do not reach up into those two.
func Imports(tree *Tree, table []Row) []Finding {
	var found []Finding
	for _, pkg := range tree.Packages {
		row, ok := rowOf(table, pkg.Path)
		if !ok && len(pkg.Files) > 0 && !inPB(pkg.Path) {
			found = append(found, Finding{pkg.Path, "has no row in the import table: add it to Table in integration/arch/table.go with a reason"})
			continue
		}
		for _, f := range pkg.Files {
			for _, spec := range f.AST.Imports {
				to, own := ours(importPath(spec))
				if !own {
					continue
				}
				if why := refuse(pkg.Path, row.May, to); why != "" {
					found = append(found, Finding{tree.at(spec), why})
				}
			}
		}
		found = append(found, testImports(tree, pkg)...)
	}
	return found
}

// rowOf returns the first row that matches the package at pkgPath.
func rowOf(table []Row, pkgPath string) (Row, bool) {
	for _, row := range table {
		if matches(row.Package, pkgPath) {
			return row, true
		}
	}
	return Row{}, false
}

// refuse says why a production file of package from may not import package to,
// or returns the empty string.
func refuse(from string, may []string, to string) string {
	allowed := slices.ContainsFunc(may, func(pattern string) bool { return matches(pattern, to) })
	switch {
	case from == to:
		return fmt.Sprintf("%s imports itself", from)
	case inPB(from):
		if pbRoot(from) != pbRoot(to) {
			return fmt.Sprintf("generated package %s may import only what is below %s, not %s", from, pbRoot(from), to)
		}
		return ""
	case isTestKit(to) && !isTestKit(from) && !below("integration", from):
		return fmt.Sprintf("%s must not import test kit %s: it would end up in a binary", from, to)
	case !allowed:
		return fmt.Sprintf("%s may not import %s: see the import table in integration/arch/table.go", from, to)
	}
	return ""
}

func testImports(tree *Tree, pkg *Package) []Finding {
	if below("integration", pkg.Path) || below("cmd", pkg.Path) {
		return nil
	}
	var found []Finding
	for _, f := range pkg.Tests {
		for _, spec := range f.AST.Imports {
			to, own := ours(importPath(spec))
			if own && (below("integration", to) || below("cmd", to)) {
				found = append(found, Finding{tree.at(spec), fmt.Sprintf("tests of %s reach up to %s: move them to integration", pkg.Path, to)})
			}
		}
	}
	return found
}

// matches reports whether pattern, as described at Row, covers pkgPath.
func matches(pattern, pkgPath string) bool {
	if pattern == "..." {
		return true
	}
	if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkgPath == parent || below(parent, pkgPath)
	}
	if parent, ok := strings.CutSuffix(pattern, "/*"); ok {
		return below(parent, pkgPath)
	}
	return pattern == pkgPath
}

// below reports whether pkgPath lies in a folder under parent.
func below(parent, pkgPath string) bool { return strings.HasPrefix(pkgPath, parent+"/") }

// isTestKit reports whether pkgPath is a package <pkg>test beside or below
// <pkg>, such as p2p/p2ptest.
func isTestKit(pkgPath string) bool {
	name, ok := strings.CutSuffix(path.Base(pkgPath), "test")
	return ok && name != ""
}

// inPB reports whether pkgPath is generated: a folder pb or below one.
func inPB(pkgPath string) bool { return pbRoot(pkgPath) != "" }

// pbRoot is the path up to and including the element pb, or empty.
func pbRoot(pkgPath string) string {
	elems := strings.Split(pkgPath, "/")
	i := slices.Index(elems, "pb")
	return strings.Join(elems[:i+1], "/")
}
