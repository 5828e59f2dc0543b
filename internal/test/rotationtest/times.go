package rotationtest

import (
	"fmt"
	"reflect"
	"regexp"
	"time"
)

// ZeroTime is what gives away that a time was written that there is not: the year 1,
// or a span that begins there.
var ZeroTime = regexp.MustCompile(`\b0001-01-01|\b(7[34]\d{4}|10675\d) days|2562047h`)

// EachTime takes one time after the other away, in what the pointer leads to, and
// puts each back after the check. A time may be absent from every text that is read,
// and from every answer.
func EachTime(value any, check func(path string)) {
	eachTime("", reflect.ValueOf(value).Elem(), check)
}

func eachTime(path string, v reflect.Value, check func(path string)) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		before := v.Interface()
		v.SetZero()
		check(path)
		v.Set(reflect.ValueOf(before))
	case v.Kind() == reflect.Pointer && !v.IsNil():
		eachTime(path, v.Elem(), check)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				eachTime(path+"."+field.Name, v.Field(i), check)
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			eachTime(fmt.Sprintf("%s[%d]", path, i), v.Index(i), check)
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			before := v.MapIndex(key)
			element := reflect.New(before.Type()).Elem()
			element.Set(before)
			eachTime(fmt.Sprintf("%s[%v]", path, key), element, func(path string) {
				v.SetMapIndex(key, element)
				check(path)
			})
			v.SetMapIndex(key, before)
		}
	}
}
