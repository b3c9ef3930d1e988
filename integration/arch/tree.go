package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Module is the path of the module whose rules these are.
const Module = "github.com/offset-p2p/offset"

// A Finding is one breach of a rule: where, and what to do about it.
type Finding struct {
	Where string // file, file:line or package
	Text  string
}

// String is the finding on one line, its place first, as compilers print it.
func (f Finding) String() string { return f.Where + ": " + f.Text }

// A Tree is the parsed Go source of a repository.
type Tree struct {
	fset *token.FileSet
	// Packages by path relative to the module ("" is the top level), sorted.
	Packages []*Package
}

// A Package is one folder with Go files, whatever their build tags say.
type Package struct {
	Path  string
	Files []*File // production files, sorted by name
	Tests []*File // files that end in _test.go, sorted by name
}

// A File is one parsed Go file.
type File struct {
	Name      string // relative to the repository, with slashes
	AST       *ast.File
	Lines     int
	Generated bool // marked "Code generated … DO NOT EDIT."
}

// Load parses all Go files of the module whose top level is fsys. Folders that
// the go command skips (hidden, testdata, nested modules) are skipped. It fails
// on a file that cannot be read or parsed.
func Load(fsys fs.FS) (*Tree, error) {
	tree := &Tree{fset: token.NewFileSet()}
	byPath := map[string]*Package{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(fsys, name)
		case path.Ext(name) != ".go" || strings.HasPrefix(entry.Name(), "_") || strings.HasPrefix(entry.Name(), "."):
			return nil
		}
		file, err := tree.parse(fsys, name)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(path.Dir(name), ".")
		pkg := byPath[dir]
		if pkg == nil {
			pkg = &Package{Path: dir}
			byPath[dir] = pkg
			tree.Packages = append(tree.Packages, pkg)
		}
		if strings.HasSuffix(name, "_test.go") {
			pkg.Tests = append(pkg.Tests, file)
		} else {
			pkg.Files = append(pkg.Files, file)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("loading the repository: %w", err)
	}
	sort.Slice(tree.Packages, func(i, j int) bool { return tree.Packages[i].Path < tree.Packages[j].Path })
	return tree, nil
}

// skipFolder returns fs.SkipDir for folders the go command does not look into.
func skipFolder(fsys fs.FS, name string) error {
	base := path.Base(name)
	if name == "." {
		return nil
	}
	if base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func (t *Tree) parse(fsys fs.FS, name string) (*File, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &File{
		Name:      name,
		AST:       parsed,
		Lines:     bytes.Count(src, []byte{'\n'}),
		Generated: ast.IsGenerated(parsed),
	}, nil
}

// at names the place of node as file:line.
func (t *Tree) at(node ast.Node) string {
	pos := t.fset.Position(node.Pos())
	return pos.Filename + ":" + strconv.Itoa(pos.Line)
}

// lines is the number of lines from the first to the last of node.
func (t *Tree) lines(node ast.Node) int {
	return t.fset.Position(node.End()).Line - t.fset.Position(node.Pos()).Line + 1
}

// importPath is the path an import names.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic("arch: the parser let an unquotable import through: " + spec.Path.Value)
	}
	return p
}

// ours returns the path of an imported package relative to the module, and
// whether it belongs to the module.
func ours(imported string) (string, bool) {
	if imported == Module {
		return "", true
	}
	return strings.CutPrefix(imported, Module+"/")
}

// importNames maps the names under which f uses its imports to their paths.
// Where no name is written the last element of the path stands, or the one
// before a major version.
func importNames(f *File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.AST.Imports {
		p := importPath(spec)
		name := path.Base(p)
		if majorVersion(name) {
			name = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// majorVersion reports whether elem is a path element like v2.
func majorVersion(elem string) bool {
	digits, ok := strings.CutPrefix(elem, "v")
	if !ok {
		return false
	}
	_, err := strconv.Atoi(digits)
	return err == nil
}
