//go:build !linux

package box

import "errors"

// Apply raises nothing: only Linux has the walls that this package uses.
func Apply(Limits) Level { return Supported() }

// Supported says that nothing can be raised here.
func Supported() Level {
	var level Level
	level.miss("box", errors.New("only Linux is supported"))
	return level
}

// Processor bounds nothing here.
type Processor struct{}

// NewProcessor returns a Processor without a limit.
func NewProcessor(uint64) *Processor { return &Processor{} }

// Arm does nothing.
func (p *Processor) Arm() error { return nil }
