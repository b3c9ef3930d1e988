package arch

import "go/ast"

// Documented counts the exported names of hand-written production code outside
// main packages, and returns those among them that have no doc comment. A
// comment on a group of constants or variables counts for its members, one at
// the end of the line for its own.
func Documented(tree *Tree) (exported int, bare []Finding) {
	count := func(id *ast.Ident, docs ...*ast.CommentGroup) {
		if !id.IsExported() {
			return
		}
		exported++
		for _, doc := range docs {
			if text(doc) != "" {
				return
			}
		}
		bare = append(bare, Finding{tree.at(id), id.Name + " is exported and has no doc comment"})
	}
	for _, pkg := range tree.Packages {
		for _, f := range pkg.Files {
			if f.Generated || f.AST.Name.Name == "main" {
				continue
			}
			for _, decl := range f.AST.Decls {
				switch decl := decl.(type) {
				case *ast.FuncDecl:
					if receiverExported(decl) {
						count(decl.Name, decl.Doc)
					}
				case *ast.GenDecl:
					countSpecs(decl, count)
				}
			}
		}
	}
	return exported, bare
}

func countSpecs(decl *ast.GenDecl, count func(*ast.Ident, ...*ast.CommentGroup)) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			count(spec.Name, decl.Doc, spec.Doc, spec.Comment)
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				count(name, decl.Doc, spec.Doc, spec.Comment)
			}
		}
	}
}

// receiverExported reports whether fn is a function or a method of an exported
// type.
func receiverExported(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	t := fn.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	switch generic := t.(type) {
	case *ast.IndexExpr:
		t = generic.X
	case *ast.IndexListExpr:
		t = generic.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}
