package app

import (
	"net/http"
	"testing"
)

func TestMemoryLimitFollowsConnections(t *testing.T) {
	var limits []int64
	m := &memory{set: func(limit int64) { limits = append(limits, limit) }}
	for range 1000 {
		m.follow(nil, http.StateNew)
		m.follow(nil, http.StateActive)
		m.follow(nil, http.StateIdle)
	}
	if n := len(limits); n != 7 {
		t.Fatalf("1000 connections moved the limit %d times, want 7", n)
	}
	if got, want := limits[6], int64(memoryLimit+7*128*connectionMemory); got != want {
		t.Errorf("limit with 1000 connections %d, want %d", got, want)
	}
	for range 1000 {
		m.follow(nil, http.StateClosed)
	}
	if got := limits[len(limits)-1]; got != memoryLimit {
		t.Errorf("limit without connections %d, want %d", got, memoryLimit)
	}
}
