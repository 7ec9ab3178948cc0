package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File holds the settings of a YAML file by name, as text.
type File map[string]string

// maxFile is the largest configuration file, in bytes.
const maxFile = 1 << 20

// ReadFile reads a YAML file. Unknown keys, keys given twice and values that do
// not fit their setting are errors that name the key and its line.
func ReadFile(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("configuration file %s is larger than %d bytes", path, maxFile)
	}
	values, err := parseFile(text)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	return values, nil
}

func parseFile(text []byte) (File, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	p := fileParser{known: make(map[string]field), values: File{}}
	var scratch Config
	for _, f := range scratch.fields() {
		p.known[f.name] = f
	}
	if len(root.Content) == 0 {
		return p.values, nil
	}
	if err := p.mapping(root.Content[0], ""); err != nil {
		return nil, err
	}
	return p.values, nil
}

type fileParser struct {
	known  map[string]field
	values File
}

// mapping reads the keys of the file or of one section.
func (p *fileParser) mapping(node *yaml.Node, section string) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: expected settings as \"name: value\"", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		name := section + key.Value
		if section == "" && value.Kind == yaml.MappingNode && isSection(key.Value) {
			if err := p.mapping(value, key.Value+"-"); err != nil {
				return err
			}
			continue
		}
		f, ok := p.known[name]
		if !ok {
			return fmt.Errorf("line %d: unknown setting %q", key.Line, strings.Replace(section, "-", ".", 1)+key.Value)
		}
		if _, twice := p.values[name]; twice {
			return fmt.Errorf("line %d: setting %q is given twice", key.Line, name)
		}
		text, err := scalar(value)
		if err == nil {
			err = f.set(text)
		}
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", value.Line, name, err)
		}
		p.values[name] = text
	}
	return nil
}

func isSection(name string) bool {
	for _, s := range sections() {
		if s == name {
			return true
		}
	}
	return false
}

// scalar returns a value as text; the items of a list are joined by commas.
func scalar(node *yaml.Node) (string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag == "!!null" {
			return "", nil
		}
		return node.Value, nil
	case yaml.SequenceNode:
		var items []string
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
				return "", errors.New("the items of a list must be plain values without commas")
			}
			items = append(items, item.Value)
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("expected a value or a list of values")
}
