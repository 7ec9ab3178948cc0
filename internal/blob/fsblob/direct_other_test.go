//go:build !linux

package fsblob

import (
	"os"
	"testing"
)

func isDirect(testing.TB, *os.File) bool { return false }
