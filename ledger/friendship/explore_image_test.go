package friendship

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/offset-p2p/offset/ledger"
)

// The explorer needs to copy a machine and to know whether two are equal. Both
// walk over the fields by reflection, so that a field added tomorrow is neither
// shared by two copies nor forgotten when states are compared.

// vocabulary is the package whose values nobody changes once they are made:
// pointers to them are shared by copies and compared by content.
var vocabulary = reflect.TypeFor[ledger.Terms]().PkgPath()

// unseen are fields that hold nothing between two calls: buffers for reuse.
var unseen = map[string]bool{"epoch.scratch": true, "epoch.staged": true}

// imageHorizon is how far in the past one moment is as good as another: more
// than every delay of the machine.
const imageHorizon = 10 * time.Minute

// field returns field i of an addressable struct so that it can be read and set
// although it is not exported.
func field(v reflect.Value, i int) reflect.Value {
	f := v.Field(i)
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

// copied makes dst, a zero value, a deep copy of src. Both are addressable.
// Pointers that were equal stay equal.
func copied(dst, src reflect.Value, seen map[unsafe.Pointer]reflect.Value) {
	switch src.Kind() {
	case reflect.Pointer:
		if src.IsNil() || src.Type().Elem().PkgPath() == vocabulary {
			dst.Set(src)
			return
		}
		c, ok := seen[src.UnsafePointer()]
		if !ok {
			c = reflect.New(src.Type().Elem())
			seen[src.UnsafePointer()] = c
			copied(c.Elem(), src.Elem(), seen)
		}
		dst.Set(c)
	case reflect.Slice:
		if src.IsNil() {
			return
		}
		c := reflect.MakeSlice(src.Type(), src.Len(), src.Len())
		if plain(src.Type().Elem()) {
			reflect.Copy(c, src)
		} else {
			for i := range src.Len() {
				copied(c.Index(i), src.Index(i), seen)
			}
		}
		dst.Set(c)
	case reflect.Map:
		if src.IsNil() {
			return
		}
		c := reflect.MakeMapWithSize(src.Type(), src.Len())
		for it := src.MapRange(); it.Next(); {
			from, to := reflect.New(src.Type().Elem()).Elem(), reflect.New(src.Type().Elem()).Elem()
			from.Set(it.Value())
			copied(to, from, seen)
			c.SetMapIndex(it.Key(), to)
		}
		dst.Set(c)
	case reflect.Struct:
		if plain(src.Type()) {
			dst.Set(src)
			return
		}
		for i := range src.NumField() {
			copied(field(dst, i), field(src, i), seen)
		}
	case reflect.Array:
		for i := range src.Len() {
			copied(dst.Index(i), src.Index(i), seen)
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		panic(fmt.Sprintf("friendship: a machine with a %s cannot be copied", src.Type()))
	default: // values, and interfaces: they hold pointers to the vocabulary
		dst.Set(src)
	}
}

var plainTypes sync.Map // of bool by reflect.Type

// plain reports whether a plain assignment copies a type.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		if p, known := plainTypes.Load(t); known {
			return p.(bool)
		}
		p := true
		for i := range t.NumField() {
			p = p && plain(t.Field(i).Type)
		}
		plainTypes.Store(t, p)
		return p
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return false
	default:
		return true
	}
}

// imager writes what distinguishes a state from others.
type imager struct {
	out  []byte
	now  time.Duration
	seen map[unsafe.Pointer]uint64
}

func (m *imager) number(n uint64) { m.out = binary.AppendUvarint(m.out, n) }

func (m *imager) text(s string) {
	m.number(uint64(len(s)))
	m.out = append(m.out, s...)
}

// write adds an addressable value. name is of the field that holds it.
func (m *imager) write(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		m.pointer(v)
	case reflect.Interface:
		if v.IsNil() {
			m.number(0)
			return
		}
		m.text(v.Elem().Type().String())
		c := reflect.New(v.Elem().Type()).Elem()
		c.Set(v.Elem())
		m.write(c, "")
	case reflect.Slice, reflect.Array:
		m.list(v)
	case reflect.Map:
		m.table(v)
	case reflect.Struct:
		m.fields(v)
	case reflect.String:
		m.text(v.String())
	case reflect.Bool:
		n := uint64(0)
		if v.Bool() {
			n = 1
		}
		m.number(n)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := v.Int()
		if v.Type() == reflect.TypeFor[time.Duration]() && name != "bucket.every" {
			n = int64(max(time.Duration(n)-m.now, -imageHorizon)) // a moment
		}
		m.out = binary.AppendVarint(m.out, n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		m.number(v.Uint())
	default:
		panic(fmt.Sprintf("friendship: no image of a %s", v.Type()))
	}
}

func (m *imager) pointer(v reflect.Value) {
	if v.IsNil() {
		m.number(0)
		return
	}
	if v.Type().Elem().PkgPath() != vocabulary {
		if n, ok := m.seen[v.UnsafePointer()]; ok {
			m.number(n + 2)
			return
		}
		m.seen[v.UnsafePointer()] = uint64(len(m.seen))
	}
	m.number(1)
	m.write(v.Elem(), "")
}

func (m *imager) list(v reflect.Value) {
	m.number(uint64(v.Len()))
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if v.Kind() == reflect.Array {
			v = v.Slice(0, v.Len())
		}
		m.out = append(m.out, v.Bytes()...)
		return
	}
	for i := range v.Len() {
		m.write(v.Index(i), "")
	}
}

// table writes a map in the order of its keys' images.
func (m *imager) table(v reflect.Value) {
	type row struct {
		key   string
		value reflect.Value
	}
	rows := make([]row, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		k.Set(it.Key())
		e.Set(it.Value())
		km := imager{now: m.now, seen: m.seen}
		km.write(k, "")
		rows = append(rows, row{string(km.out), e})
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.key, b.key) })
	m.number(uint64(len(rows)))
	for _, r := range rows {
		m.out = append(m.out, r.key...)
		m.write(r.value, "")
	}
}

func (m *imager) fields(v reflect.Value) {
	t := v.Type()
	if b, ok := v.Addr().Interface().(*bucket); ok && b.every == 0 {
		return // allows everything, always
	}
	if d, ok := v.Addr().Interface().(*deltaQueue); ok {
		q := d.q[d.from:]
		m.write(reflect.ValueOf(&q).Elem(), "")
		return
	}
	names, known := fieldNames.Load(t)
	if !known {
		list := make([]string, t.NumField())
		for i := range list {
			list[i] = t.Name() + "." + t.Field(i).Name
		}
		names, _ = fieldNames.LoadOrStore(t, list)
	}
	for i, name := range names.([]string) {
		if !unseen[name] {
			m.write(field(v, i), name)
		}
	}
}

var fieldNames sync.Map // of []string by reflect.Type
