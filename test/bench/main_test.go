package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary stand in for the programs that the driver
// starts: for itself with "handler", and for Sluice with "serve".
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "handler" || os.Args[1] == "serve") {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		serve := handlerCommand
		if os.Args[1] == "serve" {
			serve = serveFakeSluice
		}
		if err := serve(ctx, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func TestDispatchRefusesUnknownCommands(t *testing.T) {
	if err := dispatch(t.Context(), []string{"fly"}); err == nil {
		t.Error("an unknown command was accepted")
	}
}
