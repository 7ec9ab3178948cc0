package config

import (
	"encoding"
	"io"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"
)

// masked stands for a secret that is set.
const masked = "********"

// Print writes the settings as a YAML file that means the same, except that
// secrets are masked.
func (c Config) Print(w io.Writer) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	gathered := make(map[string]*yaml.Node)
	for _, f := range c.fields() {
		into, name := root, f.name
		if section, rest, ok := strings.Cut(f.name, "-"); ok && isSection(section) {
			if gathered[section] == nil {
				gathered[section] = &yaml.Node{Kind: yaml.MappingNode}
				root.Content = append(root.Content, plain(section), gathered[section])
			}
			into, name = gathered[section], rest
		}
		value, err := f.node()
		if err != nil {
			return err
		}
		into.Content = append(into.Content, plain(name), value)
	}
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return err
	}
	return enc.Close()
}

func plain(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// node is the setting's value.
func (f field) node() (*yaml.Node, error) {
	var node yaml.Node
	var value any = f.value.Interface()
	switch v := value.(type) {
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err != nil {
			return nil, err
		}
		value = string(text)
	case string:
		if f.secret && v != "" {
			value = masked
		} else if strings.HasSuffix(f.name, "-url") {
			value = maskURL(v)
		}
	case []string:
		if v == nil {
			value = []string{}
		}
	}
	err := node.Encode(value)
	return &node, err
}

// maskURL hides a password in an address.
func maskURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return masked
	}
	if _, ok := u.User.Password(); !ok {
		return s
	}
	u.User = url.User(u.User.Username())
	return strings.Replace(u.String(), "@", ":"+masked+"@", 1)
}
