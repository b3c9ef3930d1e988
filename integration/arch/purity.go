package arch

import (
	"fmt"
	"go/ast"
	"go/token"
)

// impureImports are the standard packages that a pure package may not import,
// those below them included, with the reason that is printed.
var impureImports = map[string]string{
	"context":      "ties values to goroutines and deadlines",
	"crypto/hpke":  "reads randomness itself",
	"crypto/rand":  "is randomness",
	"database/sql": "does I/O",
	"io/fs":        "reads files",
	"io/ioutil":    "reads files",
	"log":          "does I/O and reads the clock",
	"math/rand":    "is randomness",
	"net":          "opens sockets",
	"os":           "reaches the operating system",
	"plugin":       "loads code",
	"runtime":      "depends on the process",
	"sync":         "is for goroutines, which pure packages do not have",
	"syscall":      "reaches the operating system",
	"testing":      "belongs to tests",
	"unsafe":       "leaves the language",
}

// impureNames are single names of packages that are otherwise pure values.
var impureNames = map[string]string{
	"time.Now":                   "reads the clock",
	"time.Since":                 "reads the clock",
	"time.Until":                 "reads the clock",
	"time.Sleep":                 "waits",
	"time.After":                 "waits",
	"time.AfterFunc":             "waits",
	"time.Tick":                  "waits",
	"time.NewTimer":              "waits",
	"time.NewTicker":             "waits",
	"time.Local":                 "depends on the machine",
	"time.LoadLocation":          "reads files",
	"crypto/ed25519.GenerateKey": "reads randomness",
	"fmt.Print":                  "does I/O",
	"fmt.Printf":                 "does I/O",
	"fmt.Println":                "does I/O",
}

// Purity returns what makes a package of table that is marked pure impure:
// imports and names that reach clock, randomness, files or sockets, goroutines
// and channels. It reads the syntax only, so what an imported package does is
// not seen; the import table and depguard bound that.
func Purity(tree *Tree, table []Row) []Finding {
	var found []Finding
	for _, pkg := range tree.Packages {
		row, _ := rowOf(table, pkg.Path)
		if !row.Pure {
			continue
		}
		for _, f := range pkg.Files {
			found = append(found, impureImportsOf(tree, f, row)...)
			found = append(found, impureSyntaxOf(tree, f)...)
		}
	}
	return found
}

func impureImportsOf(tree *Tree, f *File, row Row) []Finding {
	var found []Finding
	for _, spec := range f.AST.Imports {
		p := importPath(spec)
		if spec.Name != nil && spec.Name.Name == "." {
			found = append(found, Finding{tree.at(spec), "pure package hides where names come from by a dot import"})
		}
		if p == "context" && row.NamesContext {
			continue
		}
		for bad, why := range impureImports {
			if p == bad || below(bad, p) {
				found = append(found, Finding{tree.at(spec), fmt.Sprintf("pure package imports %s, which %s", p, why)})
				break
			}
		}
	}
	return found
}

func impureSyntaxOf(tree *Tree, f *File) []Finding {
	names := importNames(f)
	var found []Finding
	add := func(n ast.Node, text string) { found = append(found, Finding{tree.at(n), "pure package " + text}) }
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			add(n, "starts a goroutine")
		case *ast.SelectStmt:
			add(n, "selects on channels")
		case *ast.ChanType:
			add(n, "uses a channel")
		case *ast.SendStmt:
			add(n, "sends on a channel")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				add(n, "receives from a channel")
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok || names[x.Name] == "" {
				return true
			}
			name := names[x.Name] + "." + n.Sel.Name
			if why, bad := impureNames[name]; bad {
				add(n, fmt.Sprintf("uses %s, which %s", name, why))
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") {
				add(n, "prints")
			}
		}
		return true
	})
	return found
}
