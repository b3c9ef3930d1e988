package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// tagForm is "offset/<what>/<version>", where <what> may have several parts.
var tagForm = regexp.MustCompile(`^offset(/[a-z0-9][a-z0-9-]*)+/[0-9]+$`)

// A tag is one domain tag of signed bytes and the place that builds it.
type tag struct{ name, where string }

// Tags returns what is wrong with the domain tags of signed bytes: those built
// from something else than a string literal, those of another form than
// "offset/<what>/<version>", and pairs of which one is a prefix of the other,
// equal ones included. Tags are the calls of ledger.NewTag in production code.
func Tags(tree *Tree) []Finding {
	tags, found := collectTags(tree)
	for i, a := range tags {
		if !tagForm.MatchString(a.name) {
			found = append(found, Finding{a.where, fmt.Sprintf("domain tag %q is not of the form \"offset/<what>/<version>\"", a.name)})
		}
		for _, b := range tags[i+1:] {
			if strings.HasPrefix(a.name, b.name) || strings.HasPrefix(b.name, a.name) {
				found = append(found, Finding{b.where, fmt.Sprintf("domain tags %q and %q (%s): one is a prefix of the other", b.name, a.name, a.where)})
			}
		}
	}
	return found
}

func collectTags(tree *Tree) (tags []tag, found []Finding) {
	for _, pkg := range tree.Packages {
		for _, f := range pkg.Files {
			names := importNames(f)
			ast.Inspect(f.AST, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !isNewTag(call.Fun, pkg.Path, names) {
					return true
				}
				name, ok := literal(call)
				if !ok {
					found = append(found, Finding{tree.at(call), "domain tag is not a string literal, so it cannot be compared with the others"})
					return true
				}
				tags = append(tags, tag{name, tree.at(call)})
				return true
			})
		}
	}
	return tags, found
}

// isNewTag reports whether fun, written in the package at pkgPath, is
// ledger.NewTag.
func isNewTag(fun ast.Expr, pkgPath string, names map[string]string) bool {
	switch fun := fun.(type) {
	case *ast.Ident:
		return pkgPath == "ledger" && fun.Name == "NewTag"
	case *ast.SelectorExpr:
		x, ok := fun.X.(*ast.Ident)
		return ok && fun.Sel.Name == "NewTag" && names[x.Name] == Module+"/ledger"
	}
	return false
}

// literal returns the value of call's only argument if it is a string literal.
func literal(call *ast.CallExpr) (string, bool) {
	if len(call.Args) != 1 {
		return "", false
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(lit.Value)
	return value, err == nil
}
