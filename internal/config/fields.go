package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// field is one setting of a Config.
type field struct {
	name   string
	value  reflect.Value
	tag    reflect.StructTag
	secret bool
}

// fields lists the settings in the order of the struct, embedded ones first.
func (c *Config) fields() []field { return fieldsOf(reflect.ValueOf(c).Elem()) }

func fieldsOf(v reflect.Value) []field {
	var all []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			all = append(all, fieldsOf(v.Field(i))...)
			continue
		}
		_, secret := f.Tag.Lookup("secret")
		all = append(all, field{name: f.Tag.Get("name"), value: v.Field(i), tag: f.Tag, secret: secret})
	}
	return all
}

// set reads text into the setting. An empty text is the zero value.
func (f field) set(text string) error {
	if text == "" {
		f.value.SetZero()
		return nil
	}
	if u, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch f.value.Kind() {
	case reflect.String:
		f.value.SetString(text)
	case reflect.Slice:
		f.value.Set(reflect.ValueOf(strings.Split(text, ",")))
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		f.value.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		f.value.SetInt(int64(n))
	default:
		return fmt.Errorf("setting %s has a type that cannot be read", f.name)
	}
	return nil
}

// Default returns the settings of a server to which nothing was said.
func Default() Config {
	var c Config
	for _, f := range c.fields() {
		if err := f.set(f.tag.Get("default")); err != nil {
			panic("default of " + f.name + ": " + err.Error())
		}
	}
	return c
}
