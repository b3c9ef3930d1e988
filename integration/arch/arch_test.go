package arch

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// root is the top level of the repository, seen from this package.
const root = "../.."

// repository parses the repository once for all tests.
var repository = sync.OnceValues(func() (*Tree, error) { return Load(os.DirFS(root)) })

func loadRepository(t *testing.T) *Tree {
	t.Helper()
	tree, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func report(t *testing.T, found []Finding) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}

func TestImports(t *testing.T) { report(t, Imports(loadRepository(t), Table)) }

func TestPurity(t *testing.T) { report(t, Purity(loadRepository(t), Table)) }

func TestPackageComments(t *testing.T) { report(t, PackageComments(loadRepository(t))) }

func TestTags(t *testing.T) { report(t, Tags(loadRepository(t))) }

func TestSizes(t *testing.T) { report(t, Sizes(loadRepository(t))) }

func TestLayout(t *testing.T) {
	found, err := Layout(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
}

func TestNoReplace(t *testing.T) {
	for _, name := range []string{"go.mod", ".ci/tools/go.mod"} {
		found, err := Replacements(os.DirFS(root), name)
		if err != nil {
			t.Fatal(err)
		}
		report(t, found)
	}
}

// TestTreeIsWhole guards the other tests against passing because nothing was
// read.
func TestTreeIsWhole(t *testing.T) {
	tree := loadRepository(t)
	for _, want := range []string{"ledger", "integration/arch"} {
		if _, err := fs.Stat(os.DirFS(root), want); err != nil {
			t.Fatal(err)
		}
		if !contains(tree, want) {
			t.Errorf("package %s was not parsed", want)
		}
	}
}

func contains(tree *Tree, path string) bool {
	for _, pkg := range tree.Packages {
		if pkg.Path == path && len(pkg.Files) > 0 {
			return true
		}
	}
	return false
}

// TestLinked asks the go command what the programs really link, through the
// packages of others too.
func TestLinked(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Name,Imports", "./cmd/...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	all, err := ReadListed(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	report(t, Linked(all))
}

// TestAims prints how far the repository is from the aims that are no gates.
func TestAims(t *testing.T) {
	tree := loadRepository(t)
	for _, f := range LongFunctions(tree) {
		t.Log(f)
	}
	exported, bare := Documented(tree)
	for _, f := range bare {
		t.Log(f)
	}
	if exported > 0 {
		t.Logf("exported names documented: %d of %d (%.1f %%, the aim is 100 %%)",
			exported-len(bare), exported, 100*float64(exported-len(bare))/float64(exported))
	}
	for _, s := range TestShares(tree) {
		aim := 0.7
		if row, _ := rowOf(Table, s.Package); row.Pure {
			aim = 1.3
		}
		share := float64(s.Tests) / float64(s.Code)
		mark := ""
		if share < aim {
			mark = "  below the aim"
		}
		t.Logf("%-22s %5d lines, %5d of tests: %.2f (aim %.1f)%s", s.Package, s.Code, s.Tests, share, aim, mark)
	}
}
