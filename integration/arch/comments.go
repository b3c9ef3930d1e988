package arch

import (
	"fmt"
	"go/ast"
	"strings"
)

// PackageComments returns the packages that have no package comment, several,
// or one that does not begin as go doc expects. A package that is generated
// altogether needs none. One that holds only tests has it in a test file.
func PackageComments(tree *Tree) []Finding {
	var found []Finding
	for _, pkg := range tree.Packages {
		files := pkg.Files
		if len(files) == 0 {
			files = pkg.Tests
		}
		var commented []*File
		generated := true
		for _, f := range files {
			generated = generated && f.Generated
			if text(f.AST.Doc) != "" {
				commented = append(commented, f)
			}
		}
		switch {
		case len(commented) == 0 && !generated:
			found = append(found, Finding{pkg.Path, "has no package comment"})
		case len(commented) > 1:
			found = append(found, Finding{pkg.Path, fmt.Sprintf(
				"has %d package comments, in %s and %s: keep one",
				len(commented), commented[0].Name, commented[1].Name)})
		case len(commented) == 1:
			found = append(found, commentForm(tree, commented[0])...)
		}
	}
	return found
}

// commentForm checks the first words of the package comment of f. A main
// package is described as a program, under the program's name.
func commentForm(tree *Tree, f *File) []Finding {
	name := f.AST.Name.Name
	doc := text(f.AST.Doc)
	if f.Generated || name == "main" && !strings.HasPrefix(doc, "Package ") {
		return nil
	}
	if name != "main" && strings.HasPrefix(doc, "Package "+strings.TrimSuffix(name, "_test")+" ") {
		return nil
	}
	return []Finding{{tree.at(f.AST.Doc), fmt.Sprintf("package comment of %s should begin \"Package %s …\", that of a program with the program's name", name, name)}}
}

// text is what doc says, directives aside; empty for a missing comment.
func text(doc *ast.CommentGroup) string { return strings.TrimSpace(doc.Text()) }
