//go:build !linux

package box

import "errors"

// Exec refuses: only Linux has the walls that this package uses.
func Exec(_ Limits, _ Tool, ready func(Level) error) error {
	if err := ready(Supported()); err != nil {
		return err
	}
	return errors.New("tools are run on Linux only")
}
