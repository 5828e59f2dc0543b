package rotation

import (
	"context"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// domain is this package as the compiler sees it, with a file added.
type domain struct {
	*types.Package
	info  types.Info
	files map[string]*ast.File
	fset  *token.FileSet
}

// others imports what the domain imports, each package once.
var others = sync.OnceValue(func() types.Importer { return importer.ForCompiler(token.NewFileSet(), "source", nil) })

func compile(t *testing.T, added string) (*domain, error) {
	t.Helper()
	d := &domain{fset: token.NewFileSet(), files: map[string]*ast.File{},
		info: types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{}}}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, source any) {
		file, err := parser.ParseFile(d.fset, name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		d.files[name] = file
	}
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			read(path, nil)
		}
	}
	if added != "" {
		read("added.go", added)
	}
	config := types.Config{Importer: others()}
	d.Package, err = config.Check("rotation", d.fset, slices.Collect(maps.Values(d.files)), &d.info)
	return d, err
}

func (d *domain) named(t *testing.T, name string) types.Type {
	t.Helper()
	object := d.Scope().Lookup(name)
	if object == nil {
		t.Fatalf("there is no %s", name)
	}
	return object.Type()
}

// writes are the methods of the ports with which something is changed.
func (d *domain) writes(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, writer := range []string{"KeyWriter", "StagingWriter", "JournalWriter", "OrganizationWriter"} {
		methods := d.named(t, writer).Underlying().(*types.Interface)
		for i := range methods.NumMethods() {
			names[methods.Method(i).Name()] = true
		}
	}
	return names
}

// steps are the types that are steps, and Release, which a person runs.
func (d *domain) steps(t *testing.T) (list []*types.Named) {
	t.Helper()
	step := d.named(t, "Step").Underlying().(*types.Interface)
	for _, name := range d.Scope().Names() {
		named, isNamed := d.Scope().Lookup(name).Type().(*types.Named)
		if _, isStruct := d.Scope().Lookup(name).Type().Underlying().(*types.Struct); isNamed && isStruct &&
			(types.Implements(types.NewPointer(named), step) || name == "Release") {
			list = append(list, named)
		}
	}
	return list
}

// opened are the fields that the walk does not go through: the guard's two, which
// TestOnlyTheGuardOpensItself watches, and what a secret is shown with.
func (d *domain) opened(t *testing.T) map[types.Object]bool {
	t.Helper()
	fields := map[types.Object]bool{}
	for field, of := range map[string]string{"journal": "Guard", "writers": "Guard", "reveal": "Secret",
		"NewID": "Preflight"} {
		object, _, _ := types.LookupFieldOrMethod(d.named(t, of), true, d.Package, field)
		if object == nil {
			t.Fatalf("%s has no %s", of, field)
		}
		fields[object] = true
	}
	return fields
}

// waysToWrite are the paths of fields, of what methods of theirs return and of what
// that has, which lead to a method that changes something, or to what may be one in
// disguise: a function in a field, or a value of any type.
func (d *domain) waysToWrite(t *testing.T, of types.Type) (ways []string) {
	writes, opened, seen := d.writes(t), d.opened(t), map[types.Type]bool{}
	var walk func(path string, of types.Type)
	walk = func(path string, of types.Type) {
		if seen[of] {
			return
		}
		seen[of] = true
		methods := types.NewMethodSet(types.NewPointer(of))
		if types.IsInterface(of) {
			methods = types.NewMethodSet(of)
		}
		for m := range methods.Methods() {
			if types.IsInterface(of) && writes[m.Obj().Name()] {
				ways = append(ways, path+"."+m.Obj().Name())
			}
			if m.Obj().Exported() {
				walk(path+"."+m.Obj().Name(), m.Type())
			}
		}
		switch of := of.Underlying().(type) {
		case *types.Struct:
			for field := range of.Fields() {
				_, isFunction := field.Type().Underlying().(*types.Signature)
				anything, isInterface := field.Type().Underlying().(*types.Interface)
				switch path := path + "." + field.Name(); {
				case opened[field], field.Pkg() != d.Package && !field.Exported():
				case isFunction, isInterface && anything.Empty():
					ways = append(ways, path)
				default:
					walk(path, field.Type())
				}
			}
		case *types.Signature:
			for result := range of.Results().Variables() {
				walk(path+"()", result.Type())
			}
		case *types.Map:
			walk(path+"[]", of.Elem())
		case interface{ Elem() types.Type }: // pointers, slices, channels
			walk(path, of.Elem())
		}
	}
	walk(of.(*types.Named).Obj().Name(), of)
	return ways
}

// TestStepsHoldNothingThatWrites: all that a step has can read only. What writes is
// in its guard, behind two fields.
func TestStepsHoldNothingThatWrites(t *testing.T) {
	d, err := compile(t, "")
	if err != nil {
		t.Fatal(err)
	}
	steps := d.steps(t)
	if len(steps) < 12 {
		t.Errorf("only %d steps were found: %v", len(steps), steps)
	}
	for _, step := range steps {
		for _, way := range d.waysToWrite(t, step) {
			t.Errorf("%s writes", way)
		}
	}
}

// TestAStepThatCouldWriteIsFound: the walk sees each way there could be.
func TestAStepThatCouldWriteIsFound(t *testing.T) {
	for field, way := range map[string]string{
		"W KeyWriter":                        ".W.Create",
		"Keys Keys":                          ".Keys.Delete",
		"Staging Staging":                    ".Staging.Put",
		"Qovery Qovery":                      ".Qovery.Open().PutKey",
		"Journal Journal":                    ".Journal.Close",
		"Writers":                            ".Writers.Keys.Create",
		"inner struct{ w *KeyWriter }":       ".inner.w.Create",
		"many map[string][]JournalWriter":    ".many[].Save",
		"later chan OrganizationWriter":      ".later.Deploy",
		"delete func(context.Context) error": ".delete",
		"whatever any":                       ".whatever",
		"opener interface{ open() }":         "",
		"reader KeyReader":                   "",
	} {
		d, err := compile(t, "package rotation\n\nimport \"context\"\n\ntype hasty struct {\n\tGuard\n\t"+field+"\n}\n\n"+
			"func (s *hasty) Run(context.Context, Call) (doc Document, err error) { return doc, err }\n")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(d.steps(t), func(n *types.Named) bool { return n.Obj().Name() == "hasty" }) {
			t.Fatal("the step is not found")
		}
		ways := d.waysToWrite(t, d.named(t, "hasty"))
		if way == "" && len(ways) > 0 || way != "" && !slices.Contains(ways, "hasty"+way) {
			t.Errorf("%s: found %v, want %q", field, ways, way)
		}
	}
}

// TestOnlyTheGuardOpensItself: the two fields are used in the guard's own files, the
// journal's writes by the claim, by Preflight, which takes the record, and by who names a
// key that leaked. Nobody else
// makes a guard, a claim or its effects, and what only reads is never asked whether it
// can do more.
func TestOnlyTheGuardOpensItself(t *testing.T) {
	d, err := compile(t, "")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[types.Object][]string{}
	only := func(of, member string, files ...string) {
		object, _, _ := types.LookupFieldOrMethod(d.named(t, of), true, d.Package, member)
		if object == nil {
			t.Fatalf("%s has no %s", of, member)
		}
		allowed[object] = files
	}
	only("Guard", "journal", "guard.go", "claim.go", "clock.go", "leaked.go")
	only("Guard", "writers", "claim.go", "effects.go")
	only("Guard", "store", "claim.go", "preflight.go")
	only("Guard", "lease", "guard.go")
	only("claim", "organization", "claim.go", "effects.go")
	only("claim", "save", "claim.go", "guard.go")
	found := map[types.Object]bool{}
	for name, file := range d.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				selection := d.info.Selections[n]
				if selection == nil {
					return true
				}
				if files, watched := allowed[selection.Obj()]; watched {
					if found[selection.Obj()] = true; !slices.Contains(files, name) {
						t.Errorf("%s uses %s", d.fset.Position(n.Pos()), n.Sel.Name)
					}
				}
			case *ast.CompositeLit:
				made := types.TypeString(d.info.TypeOf(n), types.RelativeTo(d.Package))
				if home := map[string]string{"Guard": "guard.go", "claim": "guard.go", "effects": "effects.go"}[made]; home != "" &&
					home != name {
					t.Errorf("%s makes a %s", d.fset.Position(n.Pos()), made)
				}
			case *ast.TypeAssertExpr:
				if of := d.info.TypeOf(n.X).String(); strings.HasPrefix(of, "rotation.") {
					t.Errorf("%s asks what else a %s is", d.fset.Position(n.Pos()), of)
				}
			}
			return true
		})
	}
	if len(found) != len(allowed) {
		t.Errorf("only %v are used", found)
	}
}

// TestAStepThatWritesWithoutAClaimDoesNotCompile, in each of the ways in which it
// could want to; with a claim it does.
func TestAStepThatWritesWithoutAClaimDoesNotCompile(t *testing.T) {
	const step = `package rotation

import "context"

type hasty struct {
	Guard
	Keys    KeyReader
	Staging StagingReader
	Qovery  QoveryReader
}

func (s hasty) Run(ctx context.Context, call Call) (doc Document, err error) {
	organization, _ := s.Qovery.Open(ctx, call.Document.Settings)
	_ = organization
	%s
	return doc, err
}
`
	for write, refused := range map[string]string{
		`err = s.hold(ctx, call, &doc, func(c *claim) error {
			do, err := c.begin(ctx, Delete, Inactive)
			if err != nil {
				return err
			}
			how, err := do.deleteKey(ctx, c.OldKey)
			if err != nil {
				return err
			}
			return do.done(ctx, observed{how: how})
		})`: "",
		`_, err = s.Keys.Delete(ctx, "qovery", "")`: "s.Keys.Delete undefined",
		`_, err = s.Keys.Create(ctx, "qovery")`:     "s.Keys.Create undefined",
		`err = s.Keys.SetStatus(ctx, "qovery", "", Inactive)`: "s.Keys.SetStatus " +
			"undefined",
		`_, err = s.Staging.Put(ctx, "", Secret{})`: "s.Staging.Put undefined",
		`err = s.Staging.Delete(ctx, "")`: "s.Staging.Delete " +
			"undefined",
		`err = organization.PutKey(ctx, LocationRef{}, "", Secret{})`: "organization.PutKey " +
			"undefined",
		`err = organization.Deploy(ctx, "")`:  "organization.Deploy undefined",
		`err = s.Journal.Save(ctx, Record{})`: "s.Journal undefined",
		`err = s.deleteKey(ctx, "")`:          "s.deleteKey undefined",
		`_, err = s.begin(ctx, Delete, "")`:   "s.begin undefined",
		`err = s.hold(ctx, call, &doc, func(c *claim) error { return c.deleteKey(ctx, c.OldKey) })`: "c.deleteKey undefined",
	} {
		_, err := compile(t, fmt.Sprintf(step, write))
		if refused == "" && err != nil || refused != "" && (err == nil || !strings.Contains(err.Error(), refused)) {
			t.Errorf("%s\ncompiles with %v, want %q", write, err, refused)
		}
	}
}

// A claim that is over hands out nothing, and what it has handed out does nothing.
func TestAClaimThatIsOverWritesNothing(t *testing.T) {
	journal := &memory{record: *record(made(day))}
	g := NewGuard(&stoppedClock{noon}, slog.New(slog.DiscardHandler), journal, Writers{}) // there is nothing to write with
	call := Call{Deadline: noon.Add(day), InvocationID: "this"}
	c, err := g.lease(t.Context(), journal.record, call)
	if err != nil {
		t.Fatal(err)
	}
	do := c.effects()
	c.release(t.Context())
	written := journal.record.Revision
	_, begun := c.begin(t.Context(), Delete, "")
	_, created := do.createKey(t.Context())
	_, deleted := do.deleteKey(t.Context(), keyO)
	_, staged := do.stage(t.Context(), keyO, Secret{})
	for what, err := range map[string]error{"begin": begun, "createKey": created, "deleteKey": deleted,
		"stage": staged, "unstage": do.unstage(t.Context(), keyO), "setStatus": do.setStatus(t.Context(), Active),
		"putKey": do.putKey(t.Context(), LocationRef{}, Secret{}), "deploy": do.deploy(t.Context(), "")} {
		if err == nil {
			t.Errorf("%s works", what)
		}
	}
	if journal.record.Lease.Holder != "" || journal.record.Revision != written {
		t.Errorf("the journal has %+v", journal.record)
	}
}

// memory is a journal of one record.
type memory struct {
	Journal
	record Record
}

func (m *memory) Load(context.Context, string) (*Record, error) { return &m.record, nil }

func (m *memory) Save(_ context.Context, record Record) error {
	m.record = record
	return nil
}
