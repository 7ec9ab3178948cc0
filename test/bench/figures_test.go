package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{
		"1": 1, "64KiB": 65536, "2 GiB": 2 << 30, "128MiB": 128 << 20, "5MB": 5e6, "3kB": 3000, "1GB": 1e9,
	} {
		var s byteSize
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%q: %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "1.5GiB", "9999999999GiB", "KiB"} {
		var s byteSize
		if err := s.Set(text); err == nil {
			t.Errorf("%q was taken for %d", text, s)
		}
	}
	for size, want := range map[byteSize]string{0: "0 B", 1000: "1000 B", 65536: "64 KiB", 2 << 30: "2 GiB", 1536 << 20: "1536 MiB"} {
		if size.String() != want {
			t.Errorf("%d prints as %q, want %q", size, size, want)
		}
	}
}

func TestSummarise(t *testing.T) {
	tests := []struct {
		values []float64
		want   summary
		text   string
	}{
		{nil, summary{}, "–"},
		{[]float64{4}, summary{4, 4, 4, 1}, "4.0"},
		{[]float64{3, 1, 2}, summary{2, 1, 3, 3}, "2.0 (1.0–3.0)"},
		{[]float64{4, 1, 3, 2}, summary{2.5, 1, 4, 4}, "2.5 (1.0–4.0)"},
	}
	for _, test := range tests {
		got := summarise(test.values)
		if got != test.want || got.text(1) != test.text {
			t.Errorf("%v: %v %q", test.values, got, got.text(1))
		}
	}
}

func TestQuantile(t *testing.T) {
	values := make([]float64, 100)
	for i := range values {
		values[i] = float64(100 - i)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100, 0.001: 1} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v = %v, want %v", q, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 || quantile([]float64{7}, 0.99) != 7 {
		t.Error("quantile of none or one value")
	}
}

func TestSetRates(t *testing.T) {
	var r run
	r.setRates(workload{Files: 2, Size: 1e6}, time.Second, 2*time.Second)
	if r.AckedRate != 2 || r.DurableRate != 1 {
		t.Errorf("MB/s: %v acked, %v durable", r.AckedRate, r.DurableRate)
	}
	r.setRates(workload{Files: 20, Size: 1e6, PerFile: true}, time.Second/2, time.Second)
	if r.AckedRate != 40 || r.DurableRate != 20 {
		t.Errorf("files/s: %v acked, %v durable", r.AckedRate, r.DurableRate)
	}
}

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		count, n int
		want     []int
	}{
		{3, 2000, []int{0, 999, 1999}}, {3, 1, []int{0}}, {1, 9, []int{0}}, {0, 9, []int{}}, {2, 2, []int{0, 1}},
	} {
		if diff := cmp.Diff(test.want, spread(test.count, test.n)); diff != "" {
			t.Errorf("spread(%d, %d): %s", test.count, test.n, diff)
		}
	}
}

func TestAnotherPeerGoesFirstInEachRepetition(t *testing.T) {
	for peers := 1; peers < 12; peers++ {
		reps := min(3, peers)
		seen := map[int]bool{}
		for rep := range reps {
			first := firstPeer(rep, reps, peers)
			if first < 0 || first >= peers || seen[first] {
				t.Errorf("%d peers, repetition %d: %d goes first", peers, rep, first)
			}
			seen[first] = true
		}
	}
}
